"""What the rows alone are enough for: a claim goes on after its run, or the whole Temporal server, was lost."""

from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from models.claims import Payer, claim_id_of
from tests.claims.conftest import CODE, Counter
from tests.clinic import eventually
from workers.recovery import recover
from workflows.claim import workflow_id


async def test_a_claim_whose_run_was_lost_goes_on_where_it_stood_and_goes_out_once(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    client = counter.clinic.clinic.temporal
    await client.get_workflow_handle(workflow_id(claim["id"])).terminate("lost")
    await recover(client, counter.clinic.settings)
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "PAID")
    assert await counter.handed_in(claim) == 1


async def test_an_invoice_whose_claim_never_began_gets_one(counter: Counter) -> None:
    visit = await counter.consulted()
    client = counter.clinic.clinic.temporal
    claim_id = claim_id_of(UUID(visit["id"]), Payer.SHA)
    await counter.invoiced(visit["id"])
    claim = await counter.becomes(visit["id"], "AWAITING_CONSENT")
    assert claim["id"] == str(claim_id)
    handle = client.get_workflow_handle(workflow_id(claim_id))
    await handle.terminate("lost")
    await counter.clinic.rows("delete from tasks where claim_id = %s", claim_id)
    await counter.clinic.rows("delete from claim_steps where claim_id = %s", claim_id)
    await counter.clinic.rows("delete from claims where id = %s", claim_id)
    await recover(client, counter.clinic.settings)
    await counter.becomes(visit["id"], "AWAITING_CONSENT")
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_later_invoice_makes_the_claim_be_written_out_again(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    before = await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    await counter.walk.test_ordered(visit["id"])
    await counter.invoiced(visit["id"])

    async def is_written_again() -> bool:
        claim = await counter.claim_of(visit["id"])
        return bool(claim["status"] == "AWAITING_AGREEMENT" and claim["version"] > before["version"])

    await eventually(is_written_again)
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "PAID")
    assert await counter.handed_in(claim) == 1


async def test_an_invoice_after_the_claim_went_out_becomes_a_task_once(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "PAID")
    await counter.walk.test_ordered(visit["id"])
    await counter.invoiced(visit["id"])
    task = await counter.task(visit["id"], "CLAIM_THE_REST")
    assert "KES 500.00" in task["words"]
    assert await counter.handed_in(claim) == 1
