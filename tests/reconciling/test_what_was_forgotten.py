"""What recovery did not bring back before the rows were asked for it: each is found, and goes on."""

from typing import Any
from uuid import UUID

from activities.gate import pause, resume
from models.actions.money import FailPayment
from models.claims import Payer, claim_id_of
from models.command import Command
from models.reconciliation import Code
from models.services import Service
from models.staff import THE_CLINIC, Person, Role
from tests.clinic import eventually
from tests.late_answers import heard
from tests.payments.steps import SILENT, asked, prompt_of, settled
from tests.reconciling.house import House, said
from tests.reconciling.test_runs import command, until_running
from tests.walks import new_patient
from workers.recovery import owed_runs, reading


async def lost(house: House, run: str) -> None:
    """The run is gone, and that is all that differs; then it runs again."""
    await until_running(house, run)
    await house.agrees()
    await house.loses(run)
    found = await house.found()
    assert [(one.code, one.run) for one in found] == [(Code.RUN_MISSING, run)], said(found)


async def test_a_question_to_an_insurer_that_does_not_answer_is_asked_on(house: House) -> None:
    await house.sandbox.breaks("slade", "down")
    visit = await house.claims.consulted("INSURANCE")
    await house.claims.billed(visit["id"], "MFANO-EDI", member_number="EDI-77001")
    await lost(house, f"coverage-{visit['id']}")
    await house.sandbox.mend("slade")
    await house.clinic.rows("delete from services")

    async def is_answered() -> bool:
        path = f"/api/visits/{visit['id']}/coverage"
        return bool((await house.walk.does(Role.CASHIER, "GET", path)).json()["status"] == "ACTIVE")

    await eventually(is_answered, 60)
    await house.agrees()


async def test_money_that_came_for_a_payment_that_had_been_given_up_is_credited(house: House) -> None:
    visit = await house.walk.seen()
    payment = await asked(house.till, visit["id"], amount="100", phone_number=SILENT)
    prompt = await prompt_of(house.till, payment["id"])
    await house.loses(f"payment-{payment['id']}")
    given_up = await command(house, visit, FailPayment(payment_id=UUID(payment["id"]), reason="NEVER_ANSWERED"))
    await house.behind_the_back(by_the_clinic(given_up))
    await house.found()
    paid = "update mobile_payments set state = 'PAID', result_code = '0' where id = %s"
    await house.clinic.rows(paid, prompt["id"])
    (one,) = await house.found()
    assert (one.code, one.run) == (Code.RUN_MISSING, f"payment-{payment['id']}")
    await settled(house.till, payment["id"], "COMPLETED")
    await house.agrees()


def by_the_clinic(told: Command) -> Command:
    actor = Person(id=THE_CLINIC, facility_id=told.actor.facility_id, roles=())
    return told.model_copy(update={"actor": actor})


async def test_a_message_about_a_result_that_came_after_the_visit_goes_on(house: House) -> None:
    await pause(house.pool, Service.SMS, "Tested")
    visit, test = await house.bench.ordered()
    await house.bench.leaves(visit)
    await house.bench.report(test)
    await lost(house, f"results-{visit['id']}")
    await until_running(house, f"results-{visit['id']}")
    await house.agrees()
    await resume(house.pool, Service.SMS)


async def test_an_invoice_that_does_not_hold_is_not_claimed(house: House) -> None:
    wrong = await house.walk.seen(payment_type="SHA", sha_number="SHA000000001-1")
    await house.claims.invoiced(wrong["id"])
    claim = await house.claims.becomes(wrong["id"], "AWAITING_CONSENT", "NEEDS_CORRECTION", "OPEN")
    other: dict[str, Any] = await house.walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient())
    path = f"/api/visits/{other['visit']['id']}/actions"
    await house.walk.done(Role.RECEPTIONIST, "POST", path, {"kind": "cancel_visit", "reason": "Wrong day"})
    id = f"claim-{claim_id_of(UUID(wrong['id']), Payer.SHA)}"
    run = house.clinic.clinic.temporal.get_workflow_handle(id)
    before = await heard(run)
    given = {"kind": "wrong_patient", "patient_id": other["patient"]["id"], "reason": "Two of one name"}
    await house.walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{wrong['id']}/actions", given)

    async def has_heard() -> bool:
        """That the visit is another patient's; told later, it would begin anew."""
        return await heard(run) > before

    await eventually(has_heard)
    await run.terminate("never began")
    for table in ("tasks", "claim_steps", "claim_documents"):
        await house.clinic.rows(f"delete from {table} where claim_id = %s", claim["id"])
    await house.clinic.rows("delete from claims where id = %s", claim["id"])
    async with reading(house.clinic.settings) as db:
        assert id not in {one.id for one in await owed_runs(db)}
    await house.agrees()
