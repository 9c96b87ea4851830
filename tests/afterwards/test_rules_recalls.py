"""Recalls follow from the records alone: one at most for each service, the same however often they are worked out."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.command import NAIROBI
from models.doses import Given, Recipient
from models.kepi import programme_for
from models.recall_loop import ROLES
from models.recalls import CAME, DIED, IN_ERROR, NOT_DUE, Line, Owing, Recall, Served, Step, following, next_dose, steps
from models.staff import Role

TODAY = date(2026, 11, 23)
FP = Line.FAMILY_PLANNING
NURSE, GIVER_UP = UUID(int=7), UUID(int=8)
VISITS = [UUID(int=100 + number) for number in range(4)]


def served(number: int, visit: int, on: int, next_in: int | None = None, *, tells: bool = True) -> Served:
    day = TODAY + timedelta(days=on)
    next_on = day + timedelta(days=next_in) if next_in is not None else None
    return Served(id=UUID(int=number), visit_id=VISITS[visit], recorded_by=NURSE, on=day, next_on=next_on, tells=tells)


def applied(owed: dict[UUID, Owing], wanted: Recall | None, records: list[Served], **more: Any) -> dict[UUID, Owing]:
    """The obligations afterwards, as their rows would stand."""
    after = dict(owed)
    for step in steps(owed.values(), wanted, records, NAIROBI, has_died=more.get("has_died", False)):
        after[step.id] = written(after.get(step.id), step, wanted)
    return after


def written(before: Owing | None, step: Step, wanted: Recall | None) -> Owing:
    facts = before.model_dump() if before else {"status": "OPEN", "visit_id": wanted.visit_id if wanted else None}
    named = {name: value for name, value in step.values.items() if name in Owing.model_fields}
    return Owing.model_validate({"id": step.id, **facts, **named})


def standing(owed: dict[UUID, Owing]) -> list[Owing]:
    return [one for one in owed.values() if one.status == "OPEN"]


def test_the_last_record_says_when_the_patient_is_expected() -> None:
    first, last = served(1, 0, -91, 91), served(2, 1, 0, 91)
    found = following(FP, [first, last])
    assert found is not None
    assert (found.visit_id, found.due_on) == (VISITS[1], TODAY + timedelta(days=91))
    assert found.due_at(NAIROBI) == datetime(2027, 3, 8, 17, tzinfo=NAIROBI)


def test_who_is_due_already_is_not_looked_for_on_the_same_day() -> None:
    found = following(FP, [served(1, 0, 0, -200)])
    assert found is not None
    assert found.due_at(NAIROBI) == datetime(2026, 12, 7, 17, tzinfo=NAIROBI)


def test_a_method_that_is_given_up_expects_nobody() -> None:
    records = [served(1, 0, -91, 91), served(2, 0, 0)]
    assert following(FP, records) is None
    (one,) = steps([owing(records[0])], None, records, NAIROBI, has_died=False)
    assert one.values == {"status": "CANCELLED", "outcome": NOT_DUE}


@pytest.mark.parametrize(("on", "is_expected"), [(7, True), (28, False), (42, False)])
def test_a_contact_without_its_dates_counts_where_the_next_was_nearly_due(on: int, is_expected: bool) -> None:
    records = [served(1, 0, 0, 42), served(2, 1, on, tells=False)]
    assert (following(Line.MCH, records) is not None) is is_expected


@pytest.mark.parametrize(
    ("records", "has_died", "status", "outcome"),
    [
        ([], False, "CANCELLED", IN_ERROR),
        ([served(1, 0, -91, 91), served(2, 1, 0)], False, "DONE", CAME),
        ([served(1, 0, -91, 91)], True, "CANCELLED", DIED),
    ],
)
def test_an_obligation_ends_with_the_reason(records: list[Served], has_died: bool, status: str, outcome: str) -> None:
    wanted = following(FP, records)
    (one,) = steps([owing(served(1, 0, -91, 91))], wanted, records, NAIROBI, has_died=has_died)
    assert one.values == {"status": status, "outcome": outcome}


def owing(record: Served, **changed: Any) -> Owing:
    found = following(FP, [record])
    assert found is not None
    facts = {"id": found.id, "visit_id": record.visit_id, "status": "OPEN", "record_id": record.id}
    return Owing.model_validate({**facts, "due_on": found.due_on, "due_at": found.due_at(NAIROBI), **changed})


def test_what_the_clinic_had_closed_comes_back_and_what_somebody_gave_up_does_not() -> None:
    record = served(1, 0, 0, 91)
    wanted = following(FP, [record])
    (again,) = steps([owing(record, status="DONE")], wanted, [record], NAIROBI, has_died=False)
    assert (again.values["status"], again.values["closed_at"]) == ("OPEN", None)
    assert (
        steps([owing(record, status="CANCELLED", closed_by=GIVER_UP)], wanted, [record], NAIROBI, has_died=False) == []
    )


def test_a_child_waits_for_every_dose_and_an_adult_for_what_was_begun() -> None:
    programme = programme_for(TODAY)
    child = Recipient(born=TODAY - timedelta(days=50))
    adult = Recipient(born=date(1996, 1, 1))
    record = [served(1, 0, 0)]
    penta, td = [Given(code="PENTA", on=TODAY)], [Given(code="TD", on=TODAY)]
    overdue = next_dose(programme, child, penta, record, TODAY)
    assert overdue is not None
    assert overdue.due_on < TODAY
    tetanus = next_dose(programme, adult, td, record, TODAY)
    assert tetanus is not None
    assert tetanus.due_on > TODAY
    assert next_dose(programme, adult, [], [], TODAY) is None


RECORDS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-400, 0), st.one_of(st.none(), st.integers(0, 200)), st.booleans()),
    max_size=6,
)


@given(st.lists(st.tuples(RECORDS, st.booleans()), min_size=1, max_size=6))
def test_whatever_happens_one_obligation_at_most_stands_and_a_second_look_changes_nothing(
    looks: list[tuple[list[tuple[int, int, int | None, bool]], bool]],
) -> None:
    """Records come, go, and are found to be another patient's, in any order; people die and live again."""
    owed: dict[UUID, Owing] = {}
    for drawn, has_died in looks:
        records = sorted(
            (served(n, visit, on, ahead, tells=tells) for n, (visit, on, ahead, tells) in enumerate(drawn)),
            key=lambda record: record.on,
        )
        wanted = following(FP, records)
        owed = applied(owed, wanted, records, has_died=has_died)
        open_ones = standing(owed)
        expected = [] if wanted is None or has_died else [(wanted.id, wanted.due_on, wanted.record_id)]
        assert [(one.id, one.due_on, one.record_id) for one in open_ones] == expected
        assert applied(owed, wanted, records, has_died=has_died) == owed


def test_each_service_has_its_people() -> None:
    assert set(ROLES) == set(Line)
    assert set(ROLES.values()) <= set(Role)
    assert uuid5(VISITS[0], "recall MCH") != uuid5(VISITS[0], "recall IMMUNIZATION")
