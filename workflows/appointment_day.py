"""The day of one appointment: when it is over, whether the patient came; whoever did not is invited and called."""

from datetime import datetime
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.appointment_days import AppointmentDays, Settling
    from activities.tasks import Tasks
    from models.appointment_day import LADDER, AppointmentDay
    from models.deadlines import Deadline
    from models.messages import Template
    from models.notices import Notice
    from models.tasks import TaskEscalation
    from models.words import clock as by_the_clock
    from models.words import spoken
    from workflows.beginning import Beside
    from workflows.clock import until
    from workflows.hearing import looked_to_the_end
    from workflows.sending import send
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"


def workflow_id(appointment_id: UUID) -> str:
    """The one maker of the workflow id of an appointment's day."""
    return f"appointment-day-{appointment_id}"


class DayOpening(BaseModel):
    appointment_id: UUID


@workflow.defn(name="AppointmentDay")
class AppointmentDayWorkflow:
    """Begins when the appointment is due; the one owner of the day's end. Ends when nobody has to be told any more."""

    @workflow.init
    def __init__(self, opening: DayOpening) -> None:
        self.appointment_id = opening.appointment_id
        self.changes = 0
        self.invited = False

    @workflow.run
    async def run(self, opening: DayOpening) -> str:
        return await looked_to_the_end(lambda: self.changes, self.step)

    @workflow.signal(name=CHANGED, description="Moved, kept after all, or the patient's visits changed: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def step(self, heard: int) -> str:
        """What became of the appointment; empty where it is to be looked up again."""
        day = await surely("Look up the appointment", AppointmentDays.look, self.appointment_id, self.delayed)
        if day and day.awaits_its_end:
            self.show(f"At **{by_the_clock(day.settles_at)}** it is said whether the patient came.")
            if await self.heard_before(day.settles_at, heard, "Until the day is over"):
                return ""
            settling = Settling(appointment_id=self.appointment_id, at=workflow.now())
            day = await surely("Say whether the patient came", AppointmentDays.settle, settling, self.delayed)
        if day is None:
            return "NOTHING"
        self.show(f"**{spoken(day.status)}**.")
        return "" if day.is_to_be_called and await self.call_back(day, heard) else day.status

    async def call_back(self, day: AppointmentDay, heard: int) -> bool:
        """Invite the patient, and see to it that somebody calls. True where something changed meanwhile."""
        self.show(f"The patient did not come. Reception calls by **{by_the_clock(day.task.due_at or day.at)}**.")
        if not self.invited and workflow.now() < day.invites_until:
            if await self.heard_before(day.invites_at, heard, "Until a phone may ring"):
                return True
            notice = Notice(template=Template.MISSED_APPOINTMENT, about=self.appointment_id, moment=day.at)
            await send(notice, day.invites_until, "Invite the patient")
            self.invited = True
        return await self.watch(day, heard)

    async def watch(self, day: AppointmentDay, heard: int) -> bool:
        """Each rung that is left is told once; what has been told already, the task's row knows."""
        deadline = Deadline(due=day.task.due_at or day.at, ladder=LADDER)
        while step := deadline.next_rung():
            rung, moment = step
            if await self.heard_before(moment, heard, "The call is due"):
                return True
            deadline = deadline.climbing()
            late = TaskEscalation(id=day.task.id, step=deadline.climbed, to=rung.to)
            await workflow.execute_activity_method(Tasks.escalate, late, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)
        return False

    async def heard_before(self, moment: datetime, heard: int, summary: str) -> bool:
        """Wait for a moment. True where a change was heard of before."""
        return await until(moment, lambda: self.changes != heard, summary)

    def show(self, words: str) -> None:
        workflow.set_current_details(words)

    def delayed(self) -> None:
        self.show("**The database does not answer.**")


def day_of(appointment_id: UUID) -> Beside:
    opening = DayOpening(appointment_id=appointment_id)
    return Beside(
        AppointmentDayWorkflow.run, opening, workflow_id(appointment_id), "Day of an appointment", hears=CHANGED
    )
