"""The reports of one visit on their way to the patient: what the laboratory found, and what the visit came to."""

from datetime import datetime
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.letters import LetterDesk
    from activities.messages import MessageDesk
    from activities.notices import Notices
    from models.notices import Channel, Owed, Standing, Told
    from models.services import Service, queue_of
    from models.words import clock as by_the_clock
    from models.words import spoken
    from workflows.clock import until
    from workflows.hearing import may_end
    from workflows.sending import A_SENDING
    from workflows.surely import surely

CHANGED = "changed"


def workflow_id(visit_id: UUID) -> str:
    """The one maker of a notice's workflow id."""
    return f"results-{visit_id}"


class ResultsOpening(BaseModel):
    visit_id: UUID


@workflow.defn(name="ResultsNotice")
class ResultsNoticeWorkflow:
    """Begins when the last open test of a visit is answered, and when the visit is over."""

    @workflow.init
    def __init__(self, opening: ResultsOpening) -> None:
        self.visit_id = opening.visit_id
        self.changes = 0

    @workflow.run
    async def run(self, opening: ResultsOpening) -> str:
        while True:
            heard = self.changes
            owed = await surely("What the visit owes", Notices.reports, self.visit_id, self.show_delay)
            if owed is None:
                if may_end(self.changes != heard):
                    return "NOTHING"
                continue
            if owed.after and workflow.now() < owed.after:
                await self.wait(owed, owed.after, heard)
                continue  # meanwhile a clinician may have seen the patient
            status = await self.send(owed)
            if self.changes == heard:
                return status

    @workflow.signal(name=CHANGED, description="More results, or the visit is over: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def wait(self, owed: Owed, moment: datetime, heard: int) -> None:
        workflow.set_current_details(f"{said_of(owed)} at **{by_the_clock(moment)}**, if the patient has left.")
        await until(moment, lambda: self.changes != heard, "Until the patient has surely left")

    async def send(self, owed: Owed) -> Standing:
        workflow.set_current_details(f"{said_of(owed)}: on its way.")
        told: Told
        if owed.channel is Channel.EMAIL:
            told = await workflow.execute_activity_method(
                LetterDesk.send, owed.notice, summary=said_of(owed), task_queue=queue_of(Service.SMTP), **A_SENDING
            )
        else:
            told = await workflow.execute_activity_method(
                MessageDesk.send, owed.notice, summary=said_of(owed), task_queue=queue_of(Service.SMS), **A_SENDING
            )
        return told.status

    def show_delay(self) -> None:
        workflow.set_current_details("**The database does not answer.**")


def said_of(owed: Owed) -> str:
    return f"{spoken(owed.notice.template)} by {owed.channel}".capitalize()
