"""The reminder of one appointment: an SMS on the day before, moved and cancelled with the appointment."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.messages import MessageDesk
    from activities.notices import Notices
    from activities.outbox import Outbox
    from models.messages import Template
    from models.notices import Notice, Reminding, Standing, Told
    from models.services import Service, queue_of
    from models.words import clock as by_the_clock
    from workflows.clock import until
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"
A_SENDING: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=2),
    "heartbeat_timeout": timedelta(seconds=20),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)),
}
"""One message: tried again soon, then seldom. A worker that gives no sign of life is taken for dead."""


def workflow_id(appointment_id: UUID) -> str:
    """The one maker of a reminder's workflow id."""
    return f"reminder-{appointment_id}"


class ReminderOpening(BaseModel):
    appointment_id: UUID


@workflow.defn(name="Reminder")
class ReminderWorkflow:
    """Open until the appointment; each moment that it is appointed for is told once."""

    @workflow.init
    def __init__(self, opening: ReminderOpening) -> None:
        self.appointment_id = opening.appointment_id
        self.changes = 0
        self.told: dict[str, Standing] = {}

    @workflow.run
    async def run(self, opening: ReminderOpening) -> str:
        while True:
            heard = self.changes
            due = await surely("Look up the appointment", Notices.reminder, self.appointment_id, self.show_delay)
            if due is None or not due.is_open or workflow.now() >= due.at:
                return ", ".join(self.told.values()) or "NOTHING"
            if await self.wait_and_remind(due, heard):
                await self.wait(due, heard)

    @workflow.signal(name=CHANGED, description="The appointment was moved, kept or cancelled: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def wait_and_remind(self, due: Reminding, heard: int) -> bool:
        """Whether nothing is left to do but to wait for the appointment; False where it is to be looked up again."""
        notice = Notice(template=Template.APPOINTMENT_REMINDER, about=self.appointment_id, moment=due.at)
        if notice.key in self.told or workflow.now() >= due.closes:
            return True
        self.show(f"Reminds at **{by_the_clock(due.opens)}** of {by_the_clock(due.at)}.")
        if await until(due.opens, lambda: self.changes != heard, "Until the day before the appointment"):
            return False
        status = await self.remind(notice, due.closes)
        if status is Standing.NOT_WANTED:
            return False
        self.told[notice.key] = status
        return True

    async def remind(self, notice: Notice, closes: datetime) -> Standing:
        """Send it. Where that takes until it is too late, a person tells the patient instead."""
        patience = closes - workflow.now()
        if patience > timedelta(0):
            try:
                told: Told = await workflow.execute_activity_method(
                    MessageDesk.send,
                    notice,
                    summary="Remind",
                    task_queue=queue_of(Service.SMS),
                    schedule_to_close_timeout=patience,
                    **A_SENDING,
                )
            except ActivityError as failed:
                if is_cancelled_exception(failed):
                    raise
            else:
                return told.status
        told = await workflow.execute_activity_method(Outbox.give_up, notice, summary="Too late", **IN_SIGHT)
        return told.status

    async def wait(self, due: Reminding, heard: int) -> None:
        said = ", ".join(self.told.values()).lower() or "not sent"
        self.show(f"The reminder is {said}; the appointment is at {by_the_clock(due.at)}.")
        await until(due.at, lambda: self.changes != heard, "Until the appointment")

    def show(self, words: str) -> None:
        workflow.set_current_details(words)

    def show_delay(self) -> None:
        self.show("**The database does not answer.**")
