"""The golden tables of triage: every edge of the charts, written here by hand and not read from the rules."""

from typing import Any

import pytest

from models.rulepacks import pack_for, packs
from models.triage_pack import rules
from models.triage_rules import Assessment, assess, doubtful
from models.urgency import CATEGORY_OF, TriageCategory, TriageColour
from models.vitals import VitalSigns

SATS = rules("sats-2012")
WELL: dict[str, dict[str, Any]] = {
    "ADULT": {"temperature_c": 36.8, "pulse_bpm": 70, "respiratory_rate": 12, "systolic_bp": 120},
    "OLDER_CHILD": {"temperature_c": 36.8, "pulse_bpm": 90, "respiratory_rate": 20},
    "YOUNGER_CHILD": {"temperature_c": 36.8, "pulse_bpm": 100, "respiratory_rate": 30},
}
"""What gives no point in each band."""

ALL_WELL = {"avpu": "ALERT", "mobility": "WALKING", "trauma": False}
AGE = {"ADULT": 30, "OLDER_CHILD": 8, "YOUNGER_CHILD": 1}


def assessed(age: int | None, band: str, *danger: str, **changed: Any) -> Assessment:
    given = {**WELL[band], **ALL_WELL, **changed}
    signs = VitalSigns.model_validate({name: value for name, value in given.items() if value is not None})
    return assess(SATS, signs, danger, age)


TEMPERATURE = [(25, 2), (34.9, 2), (34.99, 2), (35, 0), (38.4, 0), ("38.4", 0), (38.41, 2), (38.45, 2), (38.49, 2)]
HOT = [(38.5, 2), (45, 2)]
AVPU = [("ALERT", 0), ("CONFUSED", 2), ("VOICE", 1), ("PAIN", 2), ("UNRESPONSIVE", 3)]
TRAUMA = [(False, 0), (True, 1)]
CHARTS: dict[tuple[str, str], list[tuple[Any, int]]] = {
    ("ADULT", "respiratory_rate"): [(0, 2), (8, 2), (9, 0), (14, 0), (15, 1), (20, 1), (21, 2), (29, 2), (30, 3)],
    ("ADULT", "pulse_bpm"): [(0, 2), (40, 2), (41, 1), (50, 1), (51, 0), (100, 0), (101, 1), (110, 1), (111, 2)],
    ("ADULT", "fast pulse_bpm"): [(129, 2), (130, 3), (300, 3)],
    ("ADULT", "systolic_bp"): [(30, 3), (70, 3), (71, 2), (80, 2), (81, 1), (100, 1), (101, 0), (199, 0), (200, 2)],
    ("ADULT", "mobility"): [("WALKING", 0), ("WITH_HELP", 1), ("IMMOBILE", 2)],
    ("OLDER_CHILD", "respiratory_rate"): [
        (0, 3),
        (14, 3),
        (15, 2),
        (16, 2),
        (17, 0),
        (21, 0),
        (22, 1),
        (26, 1),
        (27, 2),
    ],
    ("OLDER_CHILD", "pulse_bpm"): [(0, 3), (59, 3), (60, 2), (79, 2), (80, 0), (99, 0), (100, 1), (129, 1), (130, 2)],
    ("OLDER_CHILD", "mobility"): [("WALKING", 0), ("WITH_HELP", 2), ("IMMOBILE", 2)],
    ("YOUNGER_CHILD", "respiratory_rate"): [(0, 3), (19, 3), (20, 2), (25, 2), (26, 0), (39, 0), (40, 2), (49, 2)],
    ("YOUNGER_CHILD", "fast respiratory_rate"): [(50, 3), (120, 3)],
    ("YOUNGER_CHILD", "pulse_bpm"): [
        (0, 3),
        (69, 3),
        (70, 2),
        (79, 2),
        (80, 0),
        (130, 0),
        (131, 2),
        (159, 2),
        (160, 3),
    ],
    ("YOUNGER_CHILD", "mobility"): [("WALKING", 0), ("WITH_HELP", 2), ("IMMOBILE", 2)],
    **{(band, "temperature_c"): TEMPERATURE + HOT for band in WELL},
    **{(band, "avpu"): AVPU for band in WELL},
    **{(band, "trauma"): TRAUMA for band in WELL},
}
"""Every edge of the charts: value and points."""

EDGES = [(band, item.split()[-1], *edge) for (band, item), edges in CHARTS.items() for edge in edges]


@pytest.mark.parametrize(("band", "item", "value", "points"), EDGES)
def test_every_edge_of_the_charts(band: str, item: str, value: Any, points: int) -> None:
    found = assessed(AGE[band], band, **{item: value})
    assert (found.band, found.points[item], found.score, found.missing) == (band, points, points, ())


@pytest.mark.parametrize("band", WELL)
def test_no_chart_has_a_gap(band: str) -> None:
    """Whatever a body can show, to a hundredth of a degree, has its points."""
    for tenths in range(2500, 4501):
        assert assessed(AGE[band], band, temperature_c=tenths / 100).points["temperature_c"] in (0, 2)
    for value in range(301):
        assert assessed(AGE[band], band, pulse_bpm=value).points["pulse_bpm"] in range(4)
    for value in range(121):
        assert assessed(AGE[band], band, respiratory_rate=value).points["respiratory_rate"] in range(4)


BANDS: list[tuple[int | None, float | None, str | None]] = [
    (0, None, "YOUNGER_CHILD"),
    (2, None, "YOUNGER_CHILD"),
    (3, None, "OLDER_CHILD"),
    (11, None, "OLDER_CHILD"),
    (12, None, "OLDER_CHILD"),
    (13, None, "ADULT"),
    (80, None, "ADULT"),
    (2, 94.9, "YOUNGER_CHILD"),
    (2, 95, "OLDER_CHILD"),
    (4, 94.9, "YOUNGER_CHILD"),
    (4, 95, "OLDER_CHILD"),
    (12, 150, "OLDER_CHILD"),
    (12, 150.1, "ADULT"),
    (10, 151, "ADULT"),
    (13, 150, "ADULT"),
    (40, 148, "ADULT"),
    (None, 94.9, "YOUNGER_CHILD"),
    (None, 95, "OLDER_CHILD"),
    (None, 150, "OLDER_CHILD"),
    (None, 150.1, "ADULT"),
    (None, None, None),
]


@pytest.mark.parametrize(("age", "height", "band"), BANDS)
def test_the_band_goes_by_height_up_to_twelve_years_and_else_by_age(
    age: int | None, height: float | None, band: str | None
) -> None:
    assert SATS.bands.band(age, height) == band
    assert assessed(age, "ADULT", height_cm=height).band == band


@pytest.mark.parametrize(
    ("score", "colour"),
    [(0, "GREEN"), (2, "GREEN"), (3, "YELLOW"), (4, "YELLOW"), (5, "ORANGE"), (6, "ORANGE"), (7, "RED"), (19, "RED")],
)
def test_every_edge_of_the_colours(score: int, colour: str) -> None:
    assert SATS.colour_of(score) == colour


SCORES: list[tuple[int, dict[str, Any]]] = [
    (2, {"temperature_c": 38.5}),
    (3, {"temperature_c": 38.5, "respiratory_rate": 15}),
    (4, {"temperature_c": 38.5, "respiratory_rate": 21}),
    (5, {"temperature_c": 38.5, "pulse_bpm": 130}),
    (6, {"temperature_c": 38.5, "pulse_bpm": 130, "mobility": "WITH_HELP"}),
    (7, {"temperature_c": 38.5, "pulse_bpm": 130, "mobility": "IMMOBILE"}),
    (8, {"temperature_c": 38.5, "pulse_bpm": 130, "mobility": "IMMOBILE", "trauma": True}),
]


@pytest.mark.parametrize(("score", "changed"), SCORES)
def test_points_add_up(score: int, changed: dict[str, Any]) -> None:
    found = assessed(30, "ADULT", **changed)
    assert (found.score, found.colour) == (score, SATS.colour_of(score))


@pytest.mark.parametrize("band", WELL)
def test_unresponsive_is_red_whatever_the_score_says(band: str) -> None:
    found = assessed(AGE[band], band, avpu="UNRESPONSIVE")
    assert (found.score, found.colour, found.signs, found.is_emergency) == (3, "RED", ("UNRESPONSIVE",), True)


SIGNS: list[tuple[str, int | None, str]] = [
    ("UNRESPONSIVE", 30, "RED"),
    ("CONVULSING", 30, "RED"),
    ("CONVULSING", 1, "RED"),
    ("LETHARGIC_OR_UNCONSCIOUS", 1, "RED"),
    ("CONVULSIONS", 1, "ORANGE"),
    ("NOT_ABLE_TO_DRINK", 4, "ORANGE"),
    ("NOT_ABLE_TO_DRINK", 5, "YELLOW"),
    ("NOT_ABLE_TO_DRINK", None, "ORANGE"),
    ("VOMITS_EVERYTHING", 4, "ORANGE"),
    ("VOMITS_EVERYTHING", 5, "YELLOW"),
    ("PREGNANCY_HEAVY_BLEEDING", 30, "RED"),
    ("PREGNANCY_SEVERE_ABDOMINAL_PAIN", 30, "RED"),
    ("PREGNANCY_SEVERE_HEADACHE", 30, "RED"),
    ("PREGNANCY_VISUAL_CHANGE", 30, "RED"),
    ("PREGNANCY_ACTIVE_LABOUR", 30, "RED"),
]


@pytest.mark.parametrize(("sign", "age", "colour"), SIGNS)
def test_a_danger_sign_overrides_a_good_score(sign: str, age: int | None, colour: str) -> None:
    band = SATS.bands.band(age, None)
    found = assessed(age, band or "ADULT", sign, height_cm=None if band else 170)
    assert (found.colour, found.signs, found.is_emergency) == (colour, (sign,), colour == "RED")


def test_every_sign_of_the_file_stands_in_the_table() -> None:
    assert {sign.code for sign in SATS.signs} == {code for code, _, _ in SIGNS}


@pytest.mark.parametrize(
    ("changed", "is_red"),
    [
        ({"systolic_bp": 159}, False),
        ({"systolic_bp": 160}, True),
        ({"diastolic_bp": 109}, False),
        ({"diastolic_bp": 110}, True),
        ({"avpu": "CONFUSED"}, True),
        ({"avpu": "VOICE"}, True),
        ({"trauma": True}, True),
    ],
)
def test_in_pregnancy_pressure_confusion_and_trauma_are_red(changed: dict[str, Any], is_red: bool) -> None:
    assert (assessed(30, "ADULT", pregnant=True, **changed).colour == "RED") is is_red
    assert assessed(30, "ADULT", pregnant=False, **changed).colour == "GREEN"


@pytest.mark.parametrize(("spo2", "colour"), [(92, "GREEN"), (91.9, "YELLOW"), (70, "YELLOW")])
def test_low_oxygen_is_never_green(spo2: float, colour: str) -> None:
    assert assessed(30, "ADULT", spo2_percent=spo2).colour == colour


def test_the_worse_of_score_and_signs_counts() -> None:
    assert assessed(2, "YOUNGER_CHILD", "VOMITS_EVERYTHING").colour == "ORANGE"
    high = {"pulse_bpm": 160, "respiratory_rate": 50, "temperature_c": 39}
    assert assessed(2, "YOUNGER_CHILD", "VOMITS_EVERYTHING", **high).colour == "RED"


@pytest.mark.parametrize("name", ["temperature_c", "pulse_bpm", "respiratory_rate", "avpu", "mobility", "trauma"])
@pytest.mark.parametrize("band", WELL)
def test_what_is_missing_is_named_and_nothing_is_green_without_it(band: str, name: str) -> None:
    found = assessed(AGE[band], band, **{name: None})
    assert (found.missing, found.colour) == ((name,), None)


@pytest.mark.parametrize(("age", "is_missing"), [(11, False), (12, True), (13, True)])
def test_pressure_is_mandatory_from_twelve_years_on_and_scored_for_adults(age: int, is_missing: bool) -> None:
    assert (assessed(age, "ADULT", systolic_bp=None).missing == ("systolic_bp",)) is is_missing
    assert assessed(age, "ADULT", systolic_bp=None, height_cm=151).missing == ("systolic_bp",)


def test_without_age_and_height_nobody_knows_which_chart_is_meant() -> None:
    found = assessed(None, "ADULT")
    assert (found.missing, found.colour, found.score) == (("height_cm",), None, 0)


def test_what_is_certain_already_counts_although_something_is_missing() -> None:
    found = assessed(30, "ADULT", trauma=None, pulse_bpm=130, respiratory_rate=30, systolic_bp=80)
    assert (found.missing, found.score, found.colour, found.is_emergency) == (("trauma",), 8, "RED", False)


SOFT: list[tuple[str, float, bool]] = [
    ("temperature_c", 33.9, True),
    ("temperature_c", 34, False),
    ("temperature_c", 41, False),
    ("temperature_c", 41.1, True),
    ("systolic_bp", 69, True),
    ("systolic_bp", 70, False),
    ("systolic_bp", 220, False),
    ("systolic_bp", 221, True),
    ("spo2_percent", 69.9, True),
    ("spo2_percent", 70, False),
    ("pulse_bpm", 230, False),
    ("pulse_bpm", 231, True),
]


@pytest.mark.parametrize(("item", "value", "is_doubtful"), SOFT)
def test_every_edge_of_the_soft_limits(item: str, value: float, is_doubtful: bool) -> None:
    signs = VitalSigns.model_validate({**WELL["ADULT"], **ALL_WELL, item: value})
    assert [error.field for error in doubtful(SATS, signs)] == ([f"vital_signs.{item}"] if is_doubtful else [])


def test_units_are_kept_with_what_was_measured() -> None:
    units = assessed(30, "ADULT").units
    assert units == {"temperature_c": "Cel", "pulse_bpm": "/min", "respiratory_rate": "/min", "systolic_bp": "mm[Hg]"}


def test_a_colour_belongs_to_one_category() -> None:
    assert [CATEGORY_OF[colour] for colour in TriageColour] == [
        TriageCategory.EMERGENCY,
        TriageCategory.URGENT,
        TriageCategory.URGENT,
        TriageCategory.NORMAL,
    ]


@pytest.mark.parametrize("pack", packs("triage").values(), ids=lambda pack: pack["version"])
def test_every_version_says_where_it_is_from_and_who_answers_for_it(pack: dict[str, Any]) -> None:
    assert pack["source"]
    assert "signed_off_by" in pack
    assert pack_for("triage", pack["effective_from"])["version"] == pack["version"]
    assert all(entry["source"] for name in ("sign", "measured", "soft") for entry in pack[name])
