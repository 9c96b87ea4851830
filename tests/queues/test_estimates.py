"""The estimate that the queue shows rests on the clinic's own service times, and says on how many."""

from typing import Any

from models.staff import Role
from tests.queues.hall import Hall
from tests.walks import WELL

LONGER = """
    update stays set taken_at = ended_at - interval '10 minutes', since = least(since, ended_at - interval '1 hour')
"""
LAST_WEEK = """
    update stays set ended_at = ended_at - interval '7 days', since = since - interval '7 days',
        taken_at = taken_at - interval '7 days', called_at = called_at - interval '7 days'
"""
FORGET = "delete from stays"


async def served(hall: Hall, count: int) -> None:
    """So many were triaged, each by one nurse who had taken them."""
    for _ in range(count):
        visit = await hall.registered()
        await hall.acted(Role.TRIAGE_NURSE, visit["id"], "take_patient", "TRIAGE")
        body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
        await hall.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)


async def times(hall: Hall, station: str = "TRIAGE", more: str = "") -> dict[str, Any]:
    return await hall.done(Role.SUPERVISOR, "GET", f"/api/queues/{station}/service-times{more}")


async def test_nothing_is_told_until_enough_is_known(hall: Hall) -> None:
    await hall.clinic.rows(FORGET)
    await served(hall, 2)
    await hall.registered()
    (item,) = await hall.line("TRIAGE")
    assert (item["estimated_minutes"], item["estimate_from"]) == (None, 0)
    assert (await times(hall))["timed"] == 2


async def test_the_line_is_reckoned_from_the_median_of_the_day(hall: Hall) -> None:
    await hall.clinic.rows(FORGET)
    await served(hall, 3)
    await hall.clinic.rows(LONGER)
    visits = [await hall.registered() for _ in range(3)]
    line = await hall.line("TRIAGE")
    assert [(one["estimated_minutes"], one["estimate_from"]) for one in line] == [(0, 3), (10, 3), (20, 3)]
    await hall.acted(Role.TRIAGE_NURSE, visits[0]["id"], "take_patient", "TRIAGE")
    line = await hall.line("TRIAGE")
    assert [one["estimated_minutes"] for one in line] == [None, 10, 20], "who is served takes the rest"
    place = await hall.done(Role.RECEPTIONIST, "GET", f"/api/visits/{visits[2]['id']}/position")
    assert place["items"][0]["estimated_minutes"] == 20
    shown = await times(hall)
    assert (shown["served"], shown["timed"], shown["p50_minutes"], shown["p90_minutes"]) == (3, 3, 10.0, 10.0)


async def test_in_the_morning_the_same_weekday_of_the_weeks_before_counts(hall: Hall) -> None:
    await hall.clinic.rows(FORGET)
    await served(hall, 3)
    await hall.clinic.rows(LONGER)
    await hall.clinic.rows(LAST_WEEK)
    await hall.registered()
    assert (await hall.line("TRIAGE"))[0]["estimated_minutes"] is None, "nobody is at work yet"
    visit = await hall.registered()
    await hall.acted("triage_nurse_2", visit["id"], "take_patient", "TRIAGE")
    line = await hall.line("TRIAGE")
    assert (line[0]["estimated_minutes"], line[0]["estimate_from"]) == (10, 3)


async def test_what_was_told_is_held_against_what_happened(hall: Hall) -> None:
    await hall.clinic.rows(FORGET)
    await served(hall, 4)
    shown = await times(hall)
    assert shown["estimates_compared"] == 1, "the fourth was told something: three were known"
    assert shown["estimate_error_p50"] < 5


async def test_a_consultation_takes_from_being_taken_in_to_the_encounter(hall: Hall) -> None:
    await hall.clinic.rows(FORGET)
    for _ in range(3):
        await hall.seen()
    await hall.clinic.rows("update stays set taken_at = ended_at - interval '20 minutes' where step = 'ENCOUNTER'")
    await hall.taken_in()
    await hall.triaged()
    (item,) = await hall.line("CONSULTATION")
    assert (item["position"], item["estimated_minutes"], item["estimate_from"]) == (1, 20, 3)


async def test_days_without_anybody_are_answered_too(hall: Hall) -> None:
    for day in ("0001-01-01", "9999-12-31", "2020-02-29"):
        shown = await times(hall, more=f"?date={day}")
        assert (shown["date"], shown["served"], shown["estimate_error_p50"]) == (day, 0, None)
