"""What counts in the flow, on the real servers: payments, errors, cancelled visits, who left, who stayed over night."""

from datetime import timedelta
from typing import Any

from models.staff import Role
from models.words import NAIROBI
from tests.supervising.test_flow import done, flow, waiting
from tests.waiting.ward import Ward
from tests.walks import WELL

STAYS = "select * from stays where visit_id = %s order by ended_at, step"
SO_MUCH_EARLIER = "update visits set arrived_at = arrived_at - interval '1 day' where id = %s"
LONG = "update stays set since = since - interval '40 minutes' where step = 'TRIAGE'"


async def acts(ward: Ward, who: Role, visit: dict[str, Any], kind: str, **form: Any) -> dict[str, Any]:
    return await ward.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})


async def in_error(ward: Ward, visit: dict[str, Any], record_id: str) -> dict[str, Any]:
    form = {"record": "ENCOUNTER", "record_id": record_id, "reason": "Another patient"}
    return await acts(ward, Role.SUPERVISOR, visit, "enter_in_error", **form)


async def stays(ward: Ward, visit: dict[str, Any], step: str) -> list[dict[str, Any]]:
    return [row for row in await ward.clinic.rows(STAYS, visit["id"]) if row["step"] == step]


async def test_nothing_jams_until_waits_are_longer_than_the_clinic_wants(strict: Ward) -> None:
    for _ in range(3):
        await strict.walk.triaged()
    assert (await flow(strict))["bottleneck"] is None
    assert "njia_bottleneck_ratio{" not in (await strict.clinic.http.get("/metrics")).text
    await strict.clinic.rows(LONG)
    jam = (await flow(strict))["bottleneck"]
    assert (jam["step"], jam["ratio"] > 1) == ("TRIAGE", True)
    text = (await strict.clinic.http.get("/metrics")).text
    assert 'njia_bottleneck_ratio{facility="DEV",step="TRIAGE"}' in text


async def test_before_a_closed_gate_a_patient_waits_for_the_cashier_and_not_for_the_bench(strict: Ward) -> None:
    visit = await strict.walk.seen()
    await strict.walk.paid(visit["id"])
    before = await flow(strict)
    test = await strict.walk.test_ordered(visit["id"])
    shut = await flow(strict)
    assert waiting(shut, "LABORATORY") == waiting(before, "LABORATORY") == 0
    assert waiting(shut, "CASHIER") == waiting(before, "CASHIER") + 1
    await strict.walk.paid(visit["id"])
    opened = await flow(strict)
    assert waiting(opened, "LABORATORY") == 1
    assert (waiting(opened, "CASHIER"), done(opened, "CASHIER")) == (waiting(before, "CASHIER"), 2)
    await strict.walk.results(test["id"])
    assert done(await flow(strict), "LABORATORY") == 1
    paid, (bench,) = (await stays(strict, visit, "CASHIER"))[-1], await stays(strict, visit, "LABORATORY")
    assert (paid["ended_how"], bench["ended_how"]) == ("DONE", "DONE")
    assert bench["since"] == paid["ended_at"]


async def test_what_was_told_before_the_gate_opened_was_no_estimate_of_the_bench(strict: Ward) -> None:
    """Who must pay first does not stand in the line that the estimates are held against."""
    await strict.clinic.rows("delete from stays where step = 'LABORATORY'")
    for _ in range(3):
        visit = await strict.walk.seen()
        test = await strict.walk.test_ordered(visit["id"])
        await strict.walk.paid(visit["id"])
        await acts(strict, Role.LAB_TECHNICIAN, visit, "take_patient", station="LABORATORY")
        await strict.walk.results(test["id"])
    gone = await strict.walk.seen()
    await strict.walk.test_ordered(gone["id"])
    answer = await strict.walk.done(Role.SUPERVISOR, "GET", "/api/queues/LABORATORY/service-times")
    assert (answer["served"], answer["timed"], answer["estimates_compared"]) == (3, 3, 0)
    late = await strict.walk.seen()
    test = await strict.walk.test_ordered(late["id"])
    await strict.clinic.rows("update visits set arrived_at = now() - interval '3 hours' where id = %s", gone["id"])
    await strict.walk.paid(late["id"])
    await acts(strict, Role.LAB_TECHNICIAN, late, "take_patient", station="LABORATORY")
    answer = await strict.walk.done(Role.SUPERVISOR, "GET", "/api/queues/LABORATORY/service-times")
    assert answer["estimates_compared"] == 1
    assert answer["estimate_error_p50"] < 1, "nobody who must pay first was before them"


async def test_a_consultation_that_was_an_error_has_brought_nobody_to_a_clinician(strict: Ward) -> None:
    before = await flow(strict)
    visit = await strict.walk.taken_in()
    encounter = await strict.walk.encounter(visit["id"])
    seen = await flow(strict)
    assert done(seen, "CONSULTATION") == done(before, "CONSULTATION") + 1
    assert seen["door_to"]["clinician"]["count"] == before["door_to"]["clinician"]["count"] + 1
    await in_error(strict, visit, encounter["id"])
    after = await flow(strict)
    assert done(after, "CONSULTATION") == done(before, "CONSULTATION")
    assert after["door_to"] == {**before["door_to"], "triage": after["door_to"]["triage"]}
    services = await strict.walk.done(Role.SUPERVISOR, "GET", "/api/queues/CONSULTATION/service-times")
    assert services["timed"] == timed_services(after)
    await strict.walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    again = await flow(strict)
    assert again["door_to"]["clinician"]["count"] == before["door_to"]["clinician"]["count"] + 1


def timed_services(found: dict[str, Any]) -> int:
    steps = (one for one in found["steps"] if (one["step"], one["triage_category"]) == ("CONSULTATION", None))
    return sum(one["service"]["count"] for one in steps)


async def test_of_two_consultations_one_may_be_an_error_and_the_patient_was_seen_all_the_same(strict: Ward) -> None:
    before = await flow(strict)
    visit = await strict.walk.taken_in()
    first = await strict.walk.encounter(visit["id"])
    await strict.walk.encounter(visit["id"])
    await in_error(strict, visit, first["id"])
    assert done(await flow(strict), "CONSULTATION") == done(before, "CONSULTATION") + 1


async def test_a_triage_that_was_an_error_is_not_counted_and_the_next_one_is(strict: Ward) -> None:
    before = await flow(strict)
    visit = await strict.walk.triaged()
    (wait,) = await stays(strict, visit, "TRIAGE")
    await in_error(strict, visit, str(wait["command_id"]))
    found = await flow(strict)
    assert found["door_to"]["triage"]["count"] == before["door_to"]["triage"]["count"]
    assert done(found, "TRIAGE") == done(before, "TRIAGE")
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    await strict.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    found = await flow(strict)
    assert found["door_to"]["triage"]["count"] == before["door_to"]["triage"]["count"] + 1


async def test_a_visit_that_should_not_have_been_opened_is_no_arrival(strict: Ward) -> None:
    before = (await flow(strict))["left_without_being_seen"]["arrived"]
    visit = await strict.walk.registered()
    assert (await flow(strict))["left_without_being_seen"]["arrived"] == before + 1
    await acts(strict, Role.RECEPTIONIST, visit, "cancel_visit", reason="Registered twice")
    assert (await flow(strict))["left_without_being_seen"]["arrived"] == before


async def test_who_left_and_came_back_has_not_left(strict: Ward) -> None:
    before = (await flow(strict))["left_without_being_seen"]
    visit = await strict.walk.registered()
    await acts(strict, Role.RECEPTIONIST, visit, "patient_left", notes="Nobody answers")
    gone = (await flow(strict))["left_without_being_seen"]
    assert (gone["left"], gone["by_step"]) == (before["left"] + 1, {"TRIAGE": 1})
    await acts(strict, Role.RECEPTIONIST, visit, "patient_returned")
    assert (await flow(strict))["left_without_being_seen"]["left"] == before["left"]
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    await strict.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    await acts(strict, Role.RECEPTIONIST, visit, "patient_left", notes="Gone again")
    assert (await flow(strict))["left_without_being_seen"]["by_step"] == {"CONSULTATION": 1}


async def test_who_stayed_over_night_is_counted_on_the_day_of_the_arrival(strict: Ward) -> None:
    visit = await strict.walk.taken_in()
    (arrived,) = await strict.clinic.rows("select arrived_at from visits where id = %s", visit["id"])
    yesterday = f"?day={arrived['arrived_at'].astimezone(NAIROBI).date() - timedelta(days=1)}"
    before = await flow(strict, yesterday)
    await strict.clinic.rows(SO_MUCH_EARLIER, visit["id"])
    found = await flow(strict, yesterday)
    for station in ("clinician", "triage"):
        assert found["door_to"][station]["count"] == before["door_to"][station]["count"] + 1
    came, had_come = (one["left_without_being_seen"]["arrived"] for one in (found, before))
    assert (came, found["steps"]) == (had_come + 1, before["steps"])
