"""What an end had set in motion towards the outside: reports and claims, when the visit comes back."""

import asyncio
from typing import Any

from activities.claims import Claims
from models.claims import NOTHING_INVOICED, VISIT_CANCELLED
from models.staff import Role
from tests.claims.backlog import pause, resume
from tests.claims.conftest import CODE
from tests.clinic import eventually
from tests.endings.conftest import OFFICER, RECEPTION, SUPERVISOR, House
from tests.late_answers import heard, late_answer, until_heard
from tests.walks import fresh


async def statuses(house: House, visit: dict[str, Any]) -> list[str]:
    return [message["status"] for message in await house.post.messages(visit)]


async def test_a_report_that_has_not_gone_out_stays_here_and_the_next_one_goes(house: House) -> None:
    address = "amina@example.org"
    await house.sandbox.breaks("smtp", "down")
    visit = await house.left(email=address)
    await house.tried(visit)
    await house.reopened(visit)
    await house.sandbox.mend("smtp")
    await house.post.message(visit, "SUPPRESSED")
    assert not await house.post.letters(address)
    await house.walk.discharged(visit["id"])
    await house.post.message(visit, "SENT")
    assert await statuses(house, visit) == ["SUPPRESSED", "SENT"]
    assert len(await house.post.letters(address)) == 1


async def test_a_report_that_has_gone_out_is_followed_by_the_one_that_counts(house: House) -> None:
    address = "bakari@example.org"
    visit = await house.left(email=address)
    await house.post.message(visit, "SENT")
    await house.reopened(visit)
    await house.walk.discharged(visit["id"])

    async def both_are_out() -> bool:
        return await statuses(house, visit) == ["SENT", "SENT"]

    await eventually(both_are_out)
    assert len(await house.post.letters(address)) == 2


async def invoiced(house: House) -> dict[str, Any]:
    """A visit with a claim at SHA for which the patient has given the first code, and will give the second."""
    counter = house.counter
    visit = await counter.consulted(national_id=f"TEST-{fresh()[:6]}-100")
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    return visit


async def test_a_claim_waits_while_its_visit_is_open_again(house: House) -> None:
    counter = house.counter
    visit = await invoiced(house)
    await house.walk.discharged(visit["id"])
    await house.reopened(visit)
    await counter.becomes(visit["id"], "OPEN")
    test = await house.walk.test_ordered(visit["id"])
    await house.walk.results(test["id"])
    await house.walk.encounter(visit["id"])
    await counter.invoiced(visit["id"])
    await counter.otp(visit["id"], CODE)
    await asyncio.sleep(2)
    claim = await counter.claim_of(visit["id"])
    assert (claim["status"], await counter.handed_in(claim)) == ("OPEN", 0)
    await house.walk.discharged(visit["id"])
    claim = await counter.becomes(visit["id"], "PAID", "AWAITING_AGREEMENT")
    if claim["status"] != "PAID":
        await counter.otp(visit["id"], CODE)
        claim = await counter.becomes(visit["id"], "PAID")
    assert (claim["amount"], await counter.handed_in(claim)) == ("800.00", 1)


async def test_a_claim_that_was_about_to_go_out_does_not(house: House) -> None:
    """It had waited for its turn when the visit was opened again; the patient agrees with the new bill."""
    counter = house.counter
    visit = await invoiced(house)
    await house.walk.discharged(visit["id"])
    await pause(counter, "The portal is being mended")
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "QUEUED")
    await house.reopened(visit)
    await resume(counter)
    claim = await counter.becomes(visit["id"], "OPEN")
    assert await counter.handed_in(claim) == 0
    await house.walk.discharged(visit["id"])
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "PAID")
    assert await counter.handed_in(claim) == 1


async def test_a_claim_that_has_gone_out_is_a_clerks_work_when_its_visit_is_opened_again(house: House) -> None:
    counter = house.counter
    visit = await invoiced(house)
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "PAID")
    await house.walk.discharged(visit["id"])
    await house.reopened(visit, SUPERVISOR)
    assert await house.tasks(visit) == ["REVIEW_CLAIM"]


async def test_the_claim_of_a_cancelled_visit_is_given_up_and_begins_again_with_it(house: House) -> None:
    counter = house.counter
    visit = await invoiced(house)
    await house.acts(SUPERVISOR, visit, "cancel_visit", reason="The wrong person was registered")
    claim = await counter.becomes(visit["id"], "CLOSED")
    assert claim["reason"].startswith(VISIT_CANCELLED)
    await house.until_tasks(visit)
    await house.reopened(visit)
    await counter.becomes(visit["id"], "AWAITING_CONSENT")


async def test_a_claim_that_waits_for_the_patient_hears_that_the_visit_was_cancelled(house: House) -> None:
    counter = house.counter
    visit = await counter.consulted(national_id=f"TEST-{fresh()[:6]}-100")
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await house.acts(SUPERVISOR, visit, "cancel_visit", reason="The wrong person was registered")
    await counter.becomes(visit["id"], "CLOSED")
    await house.until_tasks(visit)


async def test_a_claim_without_an_invoice_begins_again_with_its_visit(house: House) -> None:
    counter = house.counter
    visit = await counter.consulted(national_id=f"TEST-{fresh()[:6]}-100")
    await counter.otp(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "OPEN")
    await house.walk.paid(visit["id"])
    await house.walk.discharged(visit["id"])
    claim = await counter.claim_of(visit["id"])
    await house.clinic.clinic.temporal.get_workflow_handle(f"claim-{claim['id']}").signal("changed")
    claim = await counter.becomes(visit["id"], "CLOSED")
    assert claim["reason"].startswith(NOTHING_INVOICED)
    await house.reopened(visit)
    await counter.becomes(visit["id"], "AWAITING_CONSENT")


async def test_a_visit_that_comes_back_while_its_claim_closes_has_its_claim_again(closed_house: House) -> None:
    house, counter = closed_house, closed_house.counter
    with late_answer(Claims, "note") as closing:
        async with house.clinic.worker():
            visit = await invoiced(house)
            claim = await counter.claim_of(visit["id"])
            run = house.clinic.clinic.temporal.get_workflow_handle(f"claim-{claim['id']}")
            closing.waits = lambda note: note.status == "CLOSED"
            await house.acts(SUPERVISOR, visit, "cancel_visit", reason="The wrong person was registered")
            await closing.there.wait()
            assert (await counter.claim_of(visit["id"]))["status"] == "CLOSED"
            before = await heard(run)
            await house.reopened(visit)
            await until_heard(run, before)
            closing.goes.set()
            await counter.becomes(visit["id"], "AWAITING_CONSENT")


async def test_money_beyond_the_bill_of_a_cancelled_visit_is_somebodys_work(house: House) -> None:
    visit = await house.walk.seen()
    test = await house.walk.test_ordered(visit["id"])
    await house.walk.paid(visit["id"])
    cancelled = {"status": "CANCELLED", "notes": "No sample"}
    await house.walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", cancelled)
    await house.walk.encounter(visit["id"])
    no = await house.asks(RECEPTION, visit, "cancel_visit", reason="Opened twice")
    assert no.status_code == 403
    await house.acts(SUPERVISOR, visit, "cancel_visit", reason="Opened twice")
    assert await house.tasks(visit) == ["REFUND_PATIENT"]
    await house.reopened(visit)
    assert await house.tasks(visit) == []


async def test_a_visit_in_which_a_child_was_born_is_not_cancelled(house: House) -> None:
    visit = await house.walk.registered()
    baby = {"gender": "FEMALE", "date_of_birth": visit["arrived_at"][:10]}
    born = await house.walk.done(OFFICER, "POST", f"/api/visits/{visit['id']}/newborns", baby)
    no = await house.asks(SUPERVISOR, visit, "cancel_visit", reason="Opened twice")
    assert (no.status_code, born["visit"]["op_number"] in no.json()["detail"]) == (409, True)
    await house.acts(SUPERVISOR, born["visit"], "cancel_visit", reason="Registered twice")
    await house.acts(SUPERVISOR, visit, "cancel_visit", reason="Opened twice")
