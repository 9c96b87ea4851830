"""While no worker is there, what staff do is stored, and done once when one starts."""

from dataclasses import replace

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.faults.desk import (
    Slip,
    diagnosis,
    encounter,
    impatient,
    keys_done,
    one_by_one,
    refusals_told,
    registration,
    require_sound,
    require_whole_audit,
    take_in,
    together,
    triage,
)
from tests.walks import Walk, new_patient

INVOICE = {"sha_number": "SHA000000001-1", "service_given": "Consultation"}


async def test_what_is_done_while_no_worker_is_there_takes_effect_once_when_one_starts(
    breakable: WholeClinic, steps: Walk
) -> None:
    form = new_patient()
    async with breakable.worker():
        triaged, untriaged = await steps.triaged(), await steps.registered()
    arrival, call, too_early = registration(steps, form), take_in(steps, triaged["id"]), take_in(steps, untriaged["id"])
    slips = (arrival, call, too_early)

    await together(Slip.accepted, *slips)
    assert [found["status"] for found in await together(Slip.look, *slips)] == ["PENDING"] * 3
    async with impatient(breakable, 0.3) as quick:
        await together(Slip.accepted, *(replace(slip, walk=Walk(quick)) for slip in slips))

    async with breakable.worker():
        arrived, called = await arrival.became("DONE"), await call.became("DONE")
        refused = await too_early.became("REFUSED")
        again = await together(Slip.until_answered, *slips)
    assert refused["problem"]["type"] == "/problems/wrong-stage"
    assert [told["problem"]["type"] for told in await refusals_told(breakable, too_early)] == ["/problems/wrong-stage"]
    assert [answer.status_code for answer in again] == [201, 200, 409]
    assert [answer.json() for answer in again[:2]] == [arrived["record"], called["record"]]
    assert again[2].json()["type"] == "/problems/wrong-stage"
    assert len(await breakable.rows("select 1 from patients where national_id = %s", form["national_id"])) == 1
    versions = [(await require_sound(breakable, slip.visit_id))["version"] for slip in slips]
    assert versions == [1, 3, 1]


async def test_a_chain_of_actions_sent_while_no_worker_is_there_is_done_in_order(breakable: WholeClinic) -> None:
    async with impatient(breakable, 0.3) as quick:
        walk = Walk(quick)
        arrival = registration(walk, new_patient())
        visit_id = arrival.visit_id
        chain = [arrival, triage(walk, visit_id), take_in(walk, visit_id), encounter(walk, visit_id)]
        chain += [diagnosis(walk, visit_id) for _ in range(5)]
        await one_by_one(Slip.accepted, *chain)
        await together(Slip.accepted, *chain)  # by now more than the ten updates that a visit may have under way

        async with breakable.worker():
            await one_by_one(lambda slip: slip.became("DONE"), *chain)
            again = await together(Slip.until_answered, *chain)
    assert await keys_done(breakable, visit_id) == [slip.key for slip in chain]
    assert {answer.status_code for answer in again} <= {200, 201}
    visit = await require_sound(breakable, visit_id)
    assert (visit["version"], visit["total_amount"]) == (9, 300)


async def test_one_key_used_for_two_things_while_no_worker_is_there_does_the_first_alone(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        visit = await steps.seen()
    async with impatient(breakable, 0.3) as quick:
        first = diagnosis(Walk(quick), visit["id"])
        second = replace(first, body={**first.body, "notes": "something else"})
        await one_by_one(Slip.accepted, first, second)
        async with breakable.worker():
            await first.became("DONE")
            await encounter(Walk(quick), visit["id"]).until_answered()  # by now the second was looked at, too
            answers = await one_by_one(Slip.until_answered, first, second, first)
    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert answers[1].json()["type"] == "/problems/key-reused"
    assert (await require_sound(breakable, visit["id"]))["version"] == visit["version"] + 2
    await require_whole_audit(breakable)


async def test_what_is_beside_a_visit_waits_too_and_says_so_where_its_location_is_asked(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        visit = await steps.seen(payment_type="SHA", insurance_type="SHA")
        await steps.done(Role.CASHIER, "POST", "/api/sha-invoices", {"visit_id": visit["id"], **INVOICE})
    async with impatient(breakable, 0.3) as quick:
        walk = Walk(quick)
        body = {"patient_id": visit["patient_id"], "appointment_date": "2027-03-01T09:00:00+03:00"}
        booked = await walk.does(Role.RECEPTIONIST, "POST", "/api/appointments", body)
        asked = await walk.does(Role.CASHIER, "POST", f"/api/visits/{visit['id']}/claim/otp", {})
    for answer in (booked, asked):
        assert answer.status_code == 202, answer.text
        pending = await steps.does(Role.CASHIER, "GET", answer.headers["location"])
        assert (pending.status_code, pending.json()["status"]) == (200, "PENDING")

    async def is_done() -> bool:
        shown = [await steps.does(Role.CASHIER, "GET", answer.headers["location"]) for answer in (booked, asked)]
        return [answer.json()["status"] for answer in shown] == ["DONE", "DONE"]

    async with breakable.worker():
        await eventually(is_done)
