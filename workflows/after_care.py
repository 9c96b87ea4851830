"""A patient's appointments and recalls, looked at again: visits came, went, or turned out to be another patient's."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.after_care import AfterCare, AfterLook
    from workflows.appointment_day import day_of
    from workflows.beginning import Beside, begin_or_tell
    from workflows.obligation import obligation_of
    from workflows.surely import surely

CHANGED = "changed"


def workflow_id(patient_id: UUID) -> str:
    """The one maker of the workflow id of a patient's after-care."""
    return f"after-care-{patient_id}"


class AfterCareOpening(BaseModel):
    patient_id: UUID


@workflow.defn(name="AfterCare")
class AfterCareWorkflow:
    """Short: the rows are set right at once, and whatever watches over them hears of it."""

    @workflow.init
    def __init__(self, opening: AfterCareOpening) -> None:
        self.patient_id = opening.patient_id
        self.changes = 0

    @workflow.run
    async def run(self, opening: AfterCareOpening) -> str:
        while True:
            heard = self.changes
            look = AfterLook(patient_id=self.patient_id, at=workflow.now())
            looked = await surely("Look at what is owed to the patient", AfterCare.look, look, self.delayed)
            for appointment_id in looked.appointments:
                await begin_or_tell(day_of(appointment_id))
            for obligation_id in looked.obligations:
                await begin_or_tell(obligation_of(obligation_id))
            if self.changes == heard:
                return "DONE"

    @workflow.signal(name=CHANGED, description="Something about the patient changed again: look once more.")
    async def changed(self) -> None:
        self.changes += 1

    def delayed(self) -> None:
        workflow.set_current_details("**The database does not answer.**")


def after_care_of(patient_id: UUID) -> Beside:
    opening = AfterCareOpening(patient_id=patient_id)
    return Beside(AfterCareWorkflow.run, opening, workflow_id(patient_id), "After-care of a patient", hears=CHANGED)
