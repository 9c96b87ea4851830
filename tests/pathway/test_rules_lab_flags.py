"""The test catalogue: which value is normal, low, high or critical, for whom, and in which unit."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.lab_flags import Whose, judge, same_value, whose
from models.laboratory import PACK, LabCatalogue, catalogue, catalogue_for
from models.rulepacks import packs

TODAY = date(2026, 11, 22)
CATALOGUE = catalogue_for(TODAY)
ADULT_MONTHS = 30 * 12
WOMAN = Whose(youngest=ADULT_MONTHS, oldest=ADULT_MONTHS + 11, sex="FEMALE")
MAN = WOMAN.model_copy(update={"sex": "MALE"})
NOBODY_KNOWS = Whose()


def child(months: int, sex: str = "MALE") -> Whose:
    return Whose(youngest=months, oldest=months, sex=sex)


def flag(test: str, name: str, value: Any, patient: Whose = WOMAN) -> str | None:
    return judge(CATALOGUE, test, {name: value}, patient).flags.get(name)


@pytest.mark.parametrize(
    ("name", "critical", "harmless"),
    [
        ("potassium", ("2.9", "6.0"), ("3.0", "5.9")),
        ("sodium", ("126", "155"), ("127", "154")),
        ("calcium", ("1.75", "3.25"), ("1.76", "3.24")),
        ("glucose", ("2.8", "27.8"), ("2.9", "27.7")),
        ("hemoglobin", ("7", None), ("7.1", None)),
        ("white_blood_cells", ("1.0", "25"), ("1.1", "24.9")),
        ("platelets", ("20", None), ("21", None)),
    ],
)
def test_each_critical_limit_counts_itself(name: str, critical: Any, harmless: Any) -> None:
    """The limits of clinical-rules 4.6, at the edge and one step inside."""
    tests = {"glucose": "BLOOD_GLUCOSE", "potassium": "CREATININE", "sodium": "CREATININE", "calcium": "CREATININE"}
    test = tests.get(name, "BLOOD_TEST")
    for value, wanted in zip(critical, ("LL", "HH"), strict=True):
        assert value is None or flag(test, name, value, NOBODY_KNOWS) == wanted
    for value in harmless:
        assert value is None or flag(test, name, value, NOBODY_KNOWS) not in ("LL", "HH")


@pytest.mark.parametrize(
    ("patient", "value", "wanted"),
    [
        (WOMAN, "11.9", "L"),
        (WOMAN, "12.0", "N"),
        (WOMAN, "16.5", "N"),
        (WOMAN, "16.6", "H"),
        (MAN, "12.9", "L"),
        (MAN, "13.0", "N"),
        (MAN, "18.7", "N"),
        (MAN, "18.8", "H"),
        (child(5), "10.0", None),
        (child(6), "10.4", "L"),
        (child(23), "10.5", "N"),
        (child(24), "10.9", "L"),
        (child(59), "11.0", "N"),
        (child(60), "11.4", "L"),
        (child(143), "11.5", "N"),
        (child(144), "11.9", "L"),
        (child(179), "12.0", "N"),
        (child(180), "12.9", "L"),
        (child(155), "5.0", "L"),
        (child(155), "4.9", "LL"),
        (child(156), "5.0", "LL"),
        (child(156), "7.0", "LL"),
        (NOBODY_KNOWS, "6.9", "LL"),
        (NOBODY_KNOWS, "10.4", "L"),
        (NOBODY_KNOWS, "12.5", None),
        (Whose(youngest=ADULT_MONTHS, oldest=ADULT_MONTHS, sex=None), "14.0", "N"),
        (Whose(youngest=ADULT_MONTHS, oldest=ADULT_MONTHS, sex=None), "12.5", None),
    ],
)
def test_haemoglobin_by_age_and_sex(patient: Whose, value: str, wanted: str | None) -> None:
    """Who is not known to be a child is warned of as an adult; what ranges do not agree upon is left open."""
    assert flag("HB", "hemoglobin", value, patient) == wanted


@pytest.mark.parametrize(
    ("test", "name", "value", "wanted"),
    [
        ("BLOOD_TEST", "platelets", "250000", "N"),
        ("BLOOD_TEST", "platelets", "250", "N"),
        ("BLOOD_TEST", "platelets", "18000 /uL", "LL"),
        ("BLOOD_TEST", "white_blood_cells", "7500", None),
        ("BLOOD_TEST", "white_blood_cells", "26000", "HH"),
        ("BLOOD_TEST", "WBC", "0.9 10*9/L", "LL"),
        ("BLOOD_TEST", "Hb", 6.9, "LL"),
        ("BLOOD_TEST", "hb", "69 g/L", "LL"),
        ("BLOOD_TEST", "hb", "142", "N"),
        ("BLOOD_TEST", "hb", "14.2 stones", None),
        ("BLOOD_TEST", "hb", "low", None),
        ("BLOOD_TEST", "hb", True, None),
        ("BLOOD_TEST", "hb", None, None),
        ("BLOOD_TEST", "hb", "<7", "LL"),
        ("BLOOD_TEST", "hb", "<12", "L"),
        ("BLOOD_TEST", "hb", ">16.5", "H"),
        ("BLOOD_TEST", "hb", ">6", None),
        ("BLOOD_GLUCOSE", "result", "2.1", "LL"),
        ("BLOOD_GLUCOSE", "glucose", "95", None),
        ("BLOOD_GLUCOSE", "glucose", "95 mg/dL", "N"),
        ("BLOOD_GLUCOSE", "glucose", "45 mg/dL", "LL"),
        ("BLOOD_GLUCOSE", "glucose", ">27.8", "HH"),
        ("BLOOD_TEST", "result", "2.1", None),
        ("CREATININE", "K+", "6.2", "HH"),
        ("CREATININE", "creatinine_umol_l", "84", "N"),
        ("BLOOD_TEST", "potassium", "6.2", "HH"),
        ("URINALYSIS", "glucose", "2.1", None),
        ("SOMETHING_NEW", "hemoglobin", "2.1", None),
    ],
)
def test_units_and_names(test: str, name: str, value: Any, wanted: str | None) -> None:
    """Where it is not certain in which unit a value was written, or of which specimen, it is not judged."""
    assert flag(test, name, value) == wanted


def test_what_was_not_judged_says_so_and_what_was_keeps_its_limits() -> None:
    judged = judge(CATALOGUE, "BLOOD_GLUCOSE", {"glucose": "95", "remark": "haemolysed"}, WOMAN)
    assert judged.interpretation == {
        "glucose": {
            "analyte": "glucose",
            "unit": "mmol/L",
            "not_judged": "neither a number nor a unit of the catalogue",
        }
    }
    judged = judge(CATALOGUE, "HB", {"hb": "14.2"}, WOMAN)
    (limits,) = judged.interpretation["hb"]["ranges"]
    assert (limits["low"], limits["high"], limits["sex"]) == ("12.0", "16.5", "FEMALE")


@pytest.mark.parametrize(
    ("patient", "age_years", "wanted"),
    [
        ({"gender": "MALE", "date_of_birth": date(2024, 11, 22)}, 1, Whose(youngest=24, oldest=24, sex="MALE")),
        ({"gender": "MALE", "date_of_birth": date(2024, 11, 23)}, 1, Whose(youngest=23, oldest=23, sex="MALE")),
        ({"gender": "OTHER", "date_of_birth": None}, 30, Whose(youngest=360, oldest=371)),
        ({"gender": "UNKNOWN"}, None, Whose()),
        (None, None, Whose()),
    ],
)
def test_whose_values_they_are(patient: Any, age_years: int | None, wanted: Whose) -> None:
    assert whose(patient, age_years, TODAY) == wanted


@pytest.mark.parametrize(
    ("said", "stored", "is_same"),
    [
        ("2.9", "2.9", True),
        (2.9, "2.90", True),
        (" 2.9 ", 2.9, True),
        ("2.9 mmol/L", "2.9", True),
        ("2.9 mg/dL", "2.9", False),
        ("2.9", "2.9 mg/dL", True),
        ("2.9 mmol/L", "2.9 mg/dL", False),
        ("29", "2.9", False),
        ("<2.9", "2.9", False),
        ("<2.9", "<2.9", True),
        ("Positive", "positive", True),
        (True, "1", False),
        ("1", True, False),
        ("", "2.9", False),
    ],
)
def test_a_value_that_is_read_back(said: Any, stored: Any, is_same: bool) -> None:
    assert same_value(said, stored, "mmol/L") is is_same


def test_every_number_of_the_catalogue_has_its_source_and_nobody_has_signed_it_yet() -> None:
    for version in packs(PACK):
        pack = catalogue(version)
        assert isinstance(pack, LabCatalogue)
        assert (pack.signed_off_by, bool(pack.needs)) == ("", True)
        assert pack.loop.source
        assert pack.late.critical_source
        assert pack.late.other_source
        for analyte in pack.analytes:
            assert all(limits.source for limits in analyte.ranges)
            assert all(limits.source for limits in analyte.criticals)
            assert bool(analyte.also) == bool(analyte.also_source), analyte.code
            assert bool(analyte.readable) == bool(analyte.readable_source), analyte.code


def test_the_catalogue_is_consistent() -> None:
    """Every analyte of a test is there, no name means two things, and no critical value is called normal."""
    codes = {analyte.code for analyte in CATALOGUE.analytes}
    for test in CATALOGUE.tests:
        assert set(test.analytes) <= codes
    names = [(analyte.specimen, name) for analyte in CATALOGUE.analytes for name in analyte.names]
    assert len(names) == len(set(names))
    for analyte in CATALOGUE.analytes:
        for limits in analyte.ranges:
            assert None in (limits.low, limits.high) or Decimal(limits.low or 0) < Decimal(limits.high or 0)


def test_the_ladder_of_a_critical_value_is_the_catalogue_s() -> None:
    minutes = [(rung.after.total_seconds() / 60, str(rung.to)) for rung in CATALOGUE.loop.ladder]
    assert minutes == [(0, "CLINICAL_OFFICER"), (15, "CLINICAL_OFFICER"), (30, "SUPERVISOR")]
