"""What happens in the recorded histories of registrations that are merged and of visits that change their patient."""

from uuid import UUID

from tests.claims.conftest import CODE
from tests.clinic import eventually
from tests.histories.claim_stories import counter_of, run_of
from tests.histories.recorder import Recorder, Run
from tests.identity.reception import Reception
from tests.walks import fresh
from workflows import coverage, patient_merge


def reception_of(told: Recorder) -> Reception:
    return Reception(told.clinic, told.walk)


async def patients_merged(told: Recorder) -> Run:
    """Sent while no worker was there, and again when one was; an open visit hears of it."""
    reception, key = reception_of(told), fresh()
    async with told.clinic.worker():
        old, visit = await reception.registered(national_id=None), await told.walk.seen(national_id=None)
    new = {"id": visit["patient_id"]}
    assert (await reception.merge(new, old, key)).status_code == 202
    async with told.clinic.worker():
        run = told.client.get_workflow_handle(patient_merge.workflow_id(UUID(key)))
        assert (await reception.merge(new, old, key)).status_code == 201
        assert await run.result() == "DONE"
        return run


async def patients_parted(told: Recorder) -> Run:
    reception, key = reception_of(told), fresh()
    async with told.clinic.worker():
        old, visit = await reception.registered(national_id=None), await told.walk.seen(national_id=None)
        new = {"id": visit["patient_id"]}
        await reception.merged(old, new)
        path, body = f"/api/patients/{new['id']}/unmerge", {"reason": "They are two people"}
        await told.walk.done("supervisor", "POST", path, body, key)
        run = told.client.get_workflow_handle(patient_merge.workflow_id(UUID(key)))
        assert await run.result() == "DONE"
        return run


async def visit_of_two_registrations(told: Recorder) -> Run:
    """Made for the wrong patient, moved, merged with a further registration, and ended."""
    reception = reception_of(told)
    async with told.clinic.worker():
        right, older = await reception.registered(national_id=None), await reception.registered()
        visit = await told.walk.seen()
        await reception.moved(visit["id"], older)
        await reception.merged(right, older)
        return await told.closed(visit["id"])


async def claim_of_another_patient(told: Recorder) -> Run:
    """A code was sent, then the visit was moved: the right patient is asked anew, and the claim goes out."""
    counter, reception = counter_of(told), reception_of(told)
    insured = {"insurance_type": "SHA", "payment_type": "SHA"}
    async with told.clinic.worker():
        right = await reception.registered(**insured)
        visit = await counter.consulted()
        await counter.invoiced(visit["id"])
        await counter.sent(1, visit["id"])
        made = await counter.becomes(visit["id"], "AWAITING_CONSENT")
        run = await run_of(told, made)
        before = len(await told.sandbox.ledger("sha", kind="code"))
        await reception.moved(visit["id"], right)

        async def is_asked_anew() -> bool:
            return len(await told.sandbox.ledger("sha", kind="code")) > before

        await eventually(is_asked_anew)
        await counter.otp(visit["id"], CODE)
        await counter.becomes(visit["id"], "OPEN")
        await counter.acts(made, kind="close", reason="Enough")
        assert await run.result() == "CLOSED"
        return run


async def coverage_of_another_patient(told: Recorder) -> Run:
    """While the payer was down the visit was moved: the answer about the wrong patient is put away."""
    reception = reception_of(told)
    insured = {"insurance_type": "SHA", "payment_type": "SHA"}
    async with told.clinic.worker():
        right = await reception.registered(**insured)
        await told.sandbox.breaks("sha", "down")
        visit = await told.walk.registered(**insured)
        run = told.client.get_workflow_handle(coverage.workflow_id(UUID(visit["id"])))

        async def is_asked() -> bool:
            return bool(await told.clinic.rows("select 1 from coverages where visit_id = %s", visit["id"]))

        await eventually(is_asked)
        await reception.moved(visit["id"], right)
        await told.sandbox.mend("sha")
        assert await run.result() == "ACTIVE"
        return run


IDENTITY_STORIES = (
    patients_merged,
    patients_parted,
    visit_of_two_registrations,
    claim_of_another_patient,
    coverage_of_another_patient,
)
