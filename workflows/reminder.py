"""The reminder of one appointment: an SMS on the day before, moved and cancelled with the appointment."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.notices import Notices
    from models.messages import Template
    from models.notices import Notice, Reminding, Standing
    from models.words import clock as by_the_clock
    from workflows.appointment_day import day_of
    from workflows.beginning import begin_or_tell
    from workflows.clock import until
    from workflows.hearing import looked_to_the_end
    from workflows.sending import send
    from workflows.surely import surely

CHANGED = "changed"
THE_DAY = "the-day"
"""The patch since which a reminder, when its appointment is due, begins what watches over the rest of that day."""


def workflow_id(appointment_id: UUID) -> str:
    """The one maker of a reminder's workflow id."""
    return f"reminder-{appointment_id}"


class ReminderOpening(BaseModel):
    appointment_id: UUID


@workflow.defn(name="Reminder")
class ReminderWorkflow:
    """Open until the appointment; each moment that it is appointed for is told once. Then its day begins."""

    @workflow.init
    def __init__(self, opening: ReminderOpening) -> None:
        self.appointment_id = opening.appointment_id
        self.changes = 0
        self.told: dict[str, Standing] = {}

    @workflow.run
    async def run(self, opening: ReminderOpening) -> str:
        return await looked_to_the_end(lambda: self.changes, self.look)

    @workflow.signal(name=CHANGED, description="The appointment was moved, kept or cancelled: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def look(self, heard: int) -> str:
        """What was told; empty where it is to be looked up again."""
        due = await surely("Look up the appointment", Notices.reminder, self.appointment_id, self.show_delay)
        if due is None or not due.is_open or workflow.now() >= due.at:
            if due and due.is_open and workflow.patched(THE_DAY):
                await begin_or_tell(day_of(self.appointment_id))
            return ", ".join(self.told.values()) or "NOTHING"
        if await self.wait_and_remind(due, heard):
            await self.wait(due, heard)
        return ""

    async def wait_and_remind(self, due: Reminding, heard: int) -> bool:
        """Whether nothing is left to do but to wait for the appointment; False where it is to be looked up again."""
        notice = Notice(template=Template.APPOINTMENT_REMINDER, about=self.appointment_id, moment=due.at)
        if notice.key in self.told or workflow.now() >= due.closes:
            return True
        self.show(f"Reminds at **{by_the_clock(due.opens)}** of {by_the_clock(due.at)}.")
        if await until(due.opens, lambda: self.changes != heard, "Until the day before the appointment"):
            return False
        status = await send(notice, due.closes, "Remind")
        if status is Standing.NOT_WANTED:
            return False
        self.told[notice.key] = status
        return True

    async def wait(self, due: Reminding, heard: int) -> None:
        said = ", ".join(self.told.values()).lower() or "not sent"
        self.show(f"The reminder is {said}; the appointment is at {by_the_clock(due.at)}.")
        await until(due.at, lambda: self.changes != heard, "Until the appointment")

    def show(self, words: str) -> None:
        workflow.set_current_details(words)

    def show_delay(self) -> None:
        self.show("**The database does not answer.**")
