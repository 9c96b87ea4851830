"""Methods of family planning: when to return, and what speaks against them."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.actions import (
    RecordFamilyPlanning,
)
from models.catalogue import Resource
from models.family_planning import months_later, rules_for
from models.staff import Role
from tests.pathway.desk import triaged
from tests.pathway.people import INJECTION, PILL
from tests.pathway.vaccination import TODAY, values


def counselled(**more: Any) -> RecordFamilyPlanning:
    return RecordFamilyPlanning.model_validate({"method_id": INJECTION, **more})


def test_the_next_injection_is_thirteen_weeks_later_and_booked_when_asked_for() -> None:
    desk = triaged()
    change = desk.does(Role.FAMILY_PLANNING_COUNSELOR, counselled(book_return=True))
    told, booked = change.rows[0].values, change.rows[-1]
    assert told["next_date"] == TODAY + timedelta(weeks=13)
    assert (booked.resource, booked.id) == (Resource.APPOINTMENT, told["appointment_id"])
    assert booked.values["appointment_date"].date() == told["next_date"]
    looked_after = ("AfterCare", desk.visit.patient_id)
    assert [(s.kind, s.id) for s in change.starts] == [("Reminder", booked.id), looked_after]


def test_no_appointment_is_made_where_nobody_asks() -> None:
    change = triaged().does(Role.FAMILY_PLANNING_COUNSELOR, counselled())
    assert (len(change.rows), change.rows[0].values["appointment_id"]) == (1, None)
    assert [start.kind for start in change.starts] == ["AfterCare"]


def test_a_method_without_a_fixed_day_or_a_day_gone_by_is_not_booked() -> None:
    desk, who = triaged(), Role.FAMILY_PLANNING_COUNSELOR
    assert desk.refused(who, counselled(method_id=PILL, book_return=True)).errors[0].field == "book_return"
    long_ago = str(TODAY - timedelta(weeks=13))
    assert desk.refused(who, counselled(start_date=long_ago, book_return=True)).errors[0].field == "book_return"


def test_a_warning_tells_category_and_source_and_refuses_nothing() -> None:
    told = values(
        triaged(), Role.FAMILY_PLANNING_COUNSELOR, counselled(conditions=["BP_160_100", "MIGRAINE_WITH_AURA"])
    )
    assert [(w["condition"], w["category"]) for w in told["warnings"]] == [("BP_160_100", 3)]
    assert told["warnings"][0]["source"]
    unknown = counselled(conditions=["TIRED"])
    assert triaged().refused(Role.FAMILY_PLANNING_COUNSELOR, unknown).errors[0].field == "conditions"


def test_the_gravest_warning_stands_first() -> None:
    rules = rules_for(TODAY)
    warnings = rules.warnings("COC", ("BP_140_90", "PREGNANCY_NOT_EXCLUDED", "MIGRAINE_WITH_AURA"))
    assert [w["category"] for w in warnings] == [4, 3, None]


def test_every_rule_of_family_planning_has_a_source_and_a_method() -> None:
    rules = rules_for(TODAY)
    known = {method.code for method in rules.method}
    assert all(method.source for method in rules.method)
    for condition in rules.condition:
        assert condition.warning
        assert all(w.method in known and w.source and (w.category in (3, 4) or w.advice) for w in condition.warning)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_months_end_on_their_last_day(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later
