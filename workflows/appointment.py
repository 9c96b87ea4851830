"""One appointment, from its booking until it is over: the workflow that its reminder hangs on."""

import asyncio
from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ValidationError

    from activities.appointments import AppointmentOutcome, Appointments, AppointmentTurn
    from models.appointments import Appointment, AppointmentCommand
    from models.envelope import Reply
    from models.words import clock, spoken
    from workflows.beginning import begin_or_tell, told
    from workflows.beside import reminder_of
    from workflows.freeing import NO_MESSAGE
    from workflows.surely import surely
    from workflows.visit import plain

NOBODY_CAME = timedelta(minutes=10)
A_DAY = timedelta(days=1)
REMINDED = "reminded"
"""The patch since which a run keeps its reminder; `njia recover` starts reminders for runs that are older."""


def workflow_id(appointment_id: UUID) -> str:
    """The one maker of an appointment's workflow id."""
    return f"appointment-{appointment_id}"


class AppointmentOpening(BaseModel):
    appointment_id: UUID


@workflow.defn(name="Appointment")
class AppointmentWorkflow:
    """Open until the day after the appointment, or until it is kept, missed or cancelled."""

    @workflow.init
    def __init__(self, opening: AppointmentOpening) -> None:
        self.appointment_id = opening.appointment_id
        self.appointment: Appointment | None = None
        self.reminded: Appointment | None = None
        self.is_known = False
        self.desk = asyncio.Lock()

    @workflow.run
    async def run(self, opening: AppointmentOpening) -> str:
        async with self.desk:
            await self.know()
        while True:
            current = self.appointment
            await self.keep_reminded()
            if self.appointment != current:
                continue  # it changed meanwhile, and its reminder is to hear of that as well
            if not self.is_over:
                await self.wait_for_a_change(current)
                continue
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self.appointment == current or not workflow.patched(REMINDED):
                return self.appointment.status if self.appointment else "NOTHING"

    @workflow.update(name="perform", description="Book or change, sent by the API.")
    async def perform(self, command: AppointmentCommand) -> Reply:
        outcome = await self.carry_out(command, remember=False)
        return Reply(answer=outcome.answer, problem=outcome.problem)

    @workflow.signal(name="submit", description="A booking or change that needs no answer.")
    async def submit(self, message: RawValue = NO_MESSAGE) -> None:
        """Nothing may be raised here: it would close the workflow. What the API did not write is dropped."""
        try:
            command = AppointmentCommand.model_validate(plain(message))
        except ValidationError:
            workflow.logger.warning("an appointment's signal could not be read")
            return
        await self.carry_out(command, remember=True)

    @property
    def is_over(self) -> bool:
        return self.appointment is None or not self.appointment.is_open or self.ends_in <= timedelta(0)

    @property
    def ends_in(self) -> timedelta:
        return self.appointment.at + A_DAY - workflow.now() if self.appointment else NOBODY_CAME

    async def know(self) -> None:
        if not self.is_known:
            found = await surely("Look up the appointment", Appointments.load, self.appointment_id, self.show)
            self.take(found)

    async def carry_out(self, command: AppointmentCommand, *, remember: bool) -> AppointmentOutcome:
        async with self.desk:
            turn = AppointmentTurn(command=command, remember=remember)
            outcome = await surely("Write the appointment", Appointments.write, turn, self.show)
            self.take(outcome)
            return outcome

    def take(self, outcome: AppointmentOutcome) -> None:
        self.appointment, self.is_known = outcome.appointment, True
        self.show()

    async def keep_reminded(self) -> None:
        """A reminder beside every open appointment, which hears of each change."""
        appointment = self.appointment
        if appointment is None or appointment == self.reminded or not workflow.patched(REMINDED):
            return
        self.reminded = appointment
        reminder = reminder_of(self.appointment_id)
        if appointment.is_open:
            await begin_or_tell(reminder)
        else:
            await told(reminder)

    async def wait_for_a_change(self, former: Appointment | None) -> None:
        """Until the appointment has moved, or is over by the clock."""
        try:
            await workflow.wait_condition(
                lambda: self.appointment != former,
                timeout=max(self.ends_in, timedelta(0)),
                timeout_summary="Until the day after the appointment",
            )
        except TimeoutError:
            return

    def show(self) -> None:
        if self.appointment:
            said = f"**{spoken(self.appointment.status)}** for {clock(self.appointment.at)}."
            workflow.set_current_details(said)
