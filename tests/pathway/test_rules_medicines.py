"""The medicines catalogue and what it warns of, each rule with its edge."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from activities.seed_lists import PRICES
from models.medicine_checks import (
    Contact,
    History,
    KnownAllergy,
    Patient,
    Therapy,
    Verdict,
    WarningKind,
    days_of,
    interchangeable,
    verdict,
)
from models.medicines import catalogue, catalogue_for
from models.rulepacks import packs
from tests.pathway.people import MORNING, NAMES

CATALOGUE = catalogue_for(date(2026, 11, 22))
TODAY = MORNING.date()
VISIT, EARLIER = UUID(int=11), UUID(int=12)


def patient(age_years: int | None = 30, said_pregnant: bool | None = None, **known: Any) -> Patient:
    history = History(**{"gender": "FEMALE", **known})
    return Patient(visit_id=VISIT, age_years=age_years, today=TODAY, history=history, said_pregnant=said_pregnant)


def look(code: str, whom: Patient) -> Verdict:
    return verdict(CATALOGUE, code, whom)


def kinds(code: str, whom: Patient) -> list[str]:
    return [str(one.kind) for one in look(code, whom).warnings]


def allergy(substance: str) -> KnownAllergy:
    return KnownAllergy(id=uuid5(NAMES, substance), code=CATALOGUE.substance(substance), substance=substance)


def therapy(name: str, visit_id: UUID = VISIT, **changed: Any) -> Therapy:
    form = {"status": "DISPENSED", "duration": "5 days", "recorded_at": MORNING, "dispensed_at": MORNING}
    return Therapy.model_validate(
        {"id": uuid5(NAMES, name), "visit_id": visit_id, "medication_name": name, **form, **changed}
    )


def test_every_version_is_read_whole_and_nobody_has_signed_it() -> None:
    for version in packs("medicines"):
        read = catalogue(version)
        assert read
        assert (read.signed_off_by, bool(read.needs), bool(read.source)) == ("", True, True)
        codes = [one.code for one in read.medicines]
        assert len(codes) == len(set(codes))
        assert {name for one in read.medicines for name in one.classes} <= {one.code for one in read.classes}
        assert {name for one in read.medicines for name in one.substitutes} <= set(codes)
        assert all(bool(one.substitutes) == bool(one.substitutes_source) for one in read.medicines)
        assert all(one.source for one in read.classes)
        rules = [rule for one in read.medicines for rule in (one.age, one.pregnancy) if rule]
        assert all(rule.source and rule.says for rule in rules)
        assert read.pregnancy.source
        assert read.owed.source


def test_it_knows_every_drug_of_the_development_clinic() -> None:
    named = [code for code, _, _ in PRICES]
    drugs = named[named.index("Paracetamol") : named.index("VARICELLA")]
    assert [code for code in drugs if CATALOGUE.medicine(code) is None] == []


@pytest.mark.parametrize(
    ("substance", "touches", "spares"),
    [
        ("Penicillin", "Amoxicillin", "Azithromycin"),
        ("amoxicillin", "Amoxicillin-Clavulanate", "Doxycycline"),
        ("clavulanic acid", "Amoxicillin-Clavulanate", "Amoxicillin"),
        ("Septrin", "Cotrimoxazole", "Hydrochlorothiazide"),
        ("Aspirin", "Diclofenac", "Paracetamol"),
        ("IBUPROFEN", "Diclofenac", "Paracetamol"),
        ("lumefantrine", "Artemether-Lumefantrine", "Albendazole"),
    ],
)
def test_an_allergy_goes_as_far_as_ingredient_and_class(substance: str, touches: str, spares: str) -> None:
    whom = patient(allergies=(allergy(substance),))
    assert kinds(touches, whom) == ["ALLERGY"]
    assert kinds(spares, whom) == []


def test_an_allergy_that_no_list_knows_is_to_be_compared_by_eye() -> None:
    found = look("Paracetamol", patient(allergies=(allergy("Groundnuts"),)))
    assert (found.warnings, len(found.not_checked)) == ((), 1)
    assert "by eye" in found.not_checked[0]


def test_an_allergy_to_a_drug_that_only_the_price_list_knows_warns_of_that_drug() -> None:
    whom = patient(allergies=(allergy("Dawa-ya-mti"),))
    assert kinds("dawa ya mti", whom) == ["ALLERGY"]


@pytest.mark.parametrize(
    ("one", "other", "is_two_of_a_kind"),
    [
        ("Paracetamol", "Paracetamol", True),
        ("Ibuprofen", "Diclofenac", True),
        ("Amoxicillin", "Amoxicillin-Clavulanate", True),
        ("Enalapril", "Losartan", True),
        ("Enalapril", "Amlodipine", False),
        ("Clotrimazole", "Clotrimazole", True),
        ("Dawa", "dawa", True),
        ("Dawa", "Paracetamol", False),
    ],
)
def test_two_of_a_kind(one: str, other: str, is_two_of_a_kind: bool) -> None:
    assert (kinds(one, patient(therapies=(therapy(other),))) == ["DUPLICATE_THERAPY"]) is is_two_of_a_kind


@pytest.mark.parametrize(
    ("changed", "is_taken"),
    [
        ({"dispensed_at": MORNING - timedelta(days=4)}, True),
        ({"dispensed_at": MORNING - timedelta(days=5)}, False),
        ({"dispensed_at": MORNING - timedelta(days=13), "duration": "2/52"}, True),
        ({"dispensed_at": MORNING - timedelta(days=1), "duration": "as needed"}, False),
        ({"status": "PENDING", "dispensed_at": None}, True),
        ({"status": "OWED", "dispensed_at": MORNING - timedelta(days=90)}, True),
        ({"status": "CANCELLED"}, False),
        ({"status": "CANCELLED", "quantity_dispensed": 12}, True),
        ({"status": "CANCELLED", "quantity_dispensed": 12, "dispensed_at": MORNING - timedelta(days=5)}, False),
    ],
)
def test_what_an_earlier_visit_prescribed_counts_as_long_as_it_is_taken(
    changed: dict[str, Any], is_taken: bool
) -> None:
    whom = patient(therapies=(therapy("Ibuprofen", EARLIER, **changed),))
    assert (kinds("Diclofenac", whom) == ["DUPLICATE_THERAPY"]) is is_taken


def test_of_two_it_is_the_later_one_that_warns_when_they_are_handed_out() -> None:
    whom = patient(therapies=(therapy("Ibuprofen", recorded_at=MORNING + timedelta(minutes=1)),))
    assert verdict(CATALOGUE, "Diclofenac", whom, before=MORNING).warnings == ()
    assert verdict(CATALOGUE, "Diclofenac", whom, before=MORNING + timedelta(minutes=2)).warnings


def test_what_was_handed_out_in_its_place_is_taken_too() -> None:
    whom = patient(therapies=(therapy("Paracetamol", substituted_by="Ibuprofen"),))
    assert kinds("Diclofenac", whom) == ["DUPLICATE_THERAPY"]


@pytest.mark.parametrize(
    ("words", "days"),
    [("5 days", 5), ("5/7", 5), ("2/52", 14), ("1/12", 30), ("3 weeks", 21), ("14d", 14), ("1 month", 30)],
)
def test_how_long_is_read_as_clinicians_write_it(words: str, days: int) -> None:
    assert days_of(words) == days


@pytest.mark.parametrize("words", ["as needed", "until finished", "10", "500 mg", ""])
def test_what_says_no_time_is_no_time(words: str) -> None:
    assert days_of(words) is None


@pytest.mark.parametrize(
    ("code", "years", "warns"),
    [
        ("Doxycycline", 7, True),
        ("Doxycycline", 8, False),
        ("Cetirizine", 5, True),
        ("Cetirizine", 6, False),
        ("Diclofenac", 0, True),
        ("Diclofenac", 1, False),
        ("Ibuprofen", 0, True),
        ("Paracetamol", 0, False),
    ],
)
def test_the_edge_of_each_age_in_years(code: str, years: int, warns: bool) -> None:
    assert ("AGE" in kinds(code, patient(years))) is warns


@pytest.mark.parametrize(("born", "warns"), [(date(2026, 8, 23), True), (date(2026, 8, 22), False)])
def test_the_edge_of_an_age_in_months(born: date, warns: bool) -> None:
    """Three months on 22 November 2026."""
    assert ("AGE" in kinds("Nitrofurantoin", patient(0, date_of_birth=born, gender="MALE"))) is warns


def test_an_age_that_nobody_knows_is_said_and_stops_nobody() -> None:
    found = look("Cetirizine", patient(None))
    assert found.warnings == ()
    assert "age is not known" in found.not_checked[0]


@pytest.mark.parametrize(
    ("known", "warns"),
    [
        ({"pregnant": True}, True),
        ({"pregnant": False}, False),
        ({"said_pregnant": True, "pregnant": False}, True),
        ({"contacts": (Contact(code="ANC_FIRST", on=TODAY - timedelta(days=287)),)}, True),
        ({"contacts": (Contact(code="ANC_FIRST", on=TODAY - timedelta(days=288)),)}, False),
        (
            {
                "contacts": (
                    Contact(code="ANC_FOLLOW_UP", on=TODAY - timedelta(days=40)),
                    Contact(code="PNC", on=TODAY - timedelta(days=3)),
                )
            },
            False,
        ),
        ({}, False),
        ({"gender": "MALE", "pregnant": True}, False),
    ],
)
def test_a_pregnancy_is_known_by_any_of_three_ways(known: dict[str, Any], warns: bool) -> None:
    assert (kinds("Enalapril", patient(**known)) == ["PREGNANCY"]) is warns


def test_whether_a_woman_is_pregnant_is_asked_for_where_it_matters() -> None:
    assert "nobody said" in look("Enalapril", patient()).not_checked[0]
    assert look("Enalapril", patient(said_pregnant=False)).not_checked == ()
    assert look("Enalapril", patient(gender="MALE")).not_checked == ()
    assert look("Paracetamol", patient()).not_checked == ()


def test_what_the_catalogue_does_not_know_is_not_checked_and_says_so() -> None:
    found = look("Dawa", patient(0))
    assert (found.warnings, found.catalogue) == ((), CATALOGUE.version)
    assert "does not know" in found.not_checked[0]


def test_every_warning_at_once() -> None:
    whom = patient(0, pregnant=True, allergies=(allergy("aspirin"),), therapies=(therapy("Ibuprofen"),))
    assert set(kinds("Diclofenac", whom)) == set(WarningKind) - {WarningKind.NOT_INTERCHANGEABLE}


def test_a_listed_substitute_needs_no_reason_of_its_own() -> None:
    assert interchangeable(CATALOGUE, "Diclofenac", "ibuprofen") is None
    unlisted = interchangeable(CATALOGUE, "Ibuprofen", "Diclofenac")
    assert unlisted
    assert unlisted.kind is WarningKind.NOT_INTERCHANGEABLE
