"""Steps towards what comes after a visit: appointments whose hour has come, patients who come or do not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio.testing import TimeSkipper, TimeSkippingConfig

from integrations.settings import Settings
from models.appointment_day import day_of as calendar_day
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.messages.conftest import PostOffice, Run, waiting
from tests.walks import Walk
from workers.recovery import start_beside
from workflows import appointment_day
from workflows.appointment_day import day_of

RECEPTION, SUPERVISOR, OFFICER = Role.RECEPTIONIST, Role.SUPERVISOR, Role.CLINICAL_OFFICER
Shown = dict[str, Any]
A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def until_the_next_morning() -> timedelta:
    """To eleven by the clinic's clock: it was said who came, a phone may ring, and nobody is late with the call yet."""
    now = datetime.now(UTC)
    return calendar_day(now, ZoneInfo(Settings().time_zone)).ends + timedelta(hours=11) - now


@dataclass
class Later:
    post_office: PostOffice

    @property
    def clinic(self) -> WholeClinic:
        return self.post_office.clinic

    @property
    def walk(self) -> Walk:
        return self.post_office.walk

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))

    async def acts(self, who: Role | str, visit: Shown, kind: str, **form: Any) -> Shown:
        return await self.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    async def gone(self, **patient: Any) -> Shown:
        """A visit that is over."""
        visit = await self.walk.seen(**patient)
        await self.walk.paid(visit["id"])
        await self.walk.discharged(visit["id"])
        return visit

    async def expected(self, **patient: Any) -> Shown:
        """The appointment, of this minute, of a patient who has been here before."""
        return await self.expects((await self.gone(**patient))["patient_id"])

    async def expects(self, patient_id: str) -> Shown:
        body = {"patient_id": patient_id, "appointment_date": (datetime.now(UTC) + A_DAY).isoformat()}
        made = await self.walk.done(RECEPTION, "POST", "/api/appointments", body)
        await self.clinic.rows("update appointments set appointment_date = now() where id = %s", made["id"])
        return made

    async def was_expected_by(self, phone: str) -> Shown:
        return await self.was_expected((await self.gone(phone_number=phone))["patient_id"], days=3)

    async def was_expected(self, patient_id: str = "", days: int = 2) -> Shown:
        """An appointment of some days ago, of a patient who has not been here since."""
        appointment = await (self.expects(patient_id) if patient_id else self.expected())
        back = f"interval '{days} days'"
        await self.clinic.rows(
            f"update appointments set appointment_date = appointment_date - {back}, recorded_at = recorded_at - {back} "
            "where id = %s",
            appointment["id"],
        )
        await self.clinic.rows(
            f"update visits set arrived_at = arrived_at - interval '{days + 1} days' where patient_id = %s",
            appointment["patient_id"],
        )
        return appointment

    async def comes(self, patient_id: str) -> Shown:
        """A new visit of a known patient."""
        body = {"patient_id": patient_id, "chief_complaint": "Comes again", "payment_type": "CASH"}
        return await self.walk.done(RECEPTION, "POST", "/api/visits", body)

    async def day(self, appointment: Shown) -> Run:
        """The run of its day, begun as its reminder would at that hour."""
        await self.begins(appointment)
        run = self.run(appointment)
        await waiting(run)
        return run

    async def begins(self, appointment: Shown) -> None:
        beside = day_of(UUID(appointment["id"]))
        await start_beside(self.clinic.clinic.temporal, self.clinic.settings.task_queue, beside)

    def run(self, appointment: Shown) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(appointment_day.workflow_id(UUID(appointment["id"])))

    async def passes(self, run: Run, time: timedelta | None = None) -> None:
        await self.skipper.fast_forward(run, time or until_the_next_morning())

    async def appointment(self, appointment: Shown) -> Shown:
        answer = await self.walk.does(RECEPTION, "GET", f"/api/appointments/{appointment['id']}")
        return dict(answer.json())

    async def is_now(self, appointment: Shown, status: str) -> Shown:
        """Return once it stands so."""
        found: Shown = {}

        async def has_come_to_it() -> bool:
            found.update(await self.appointment(appointment))
            return bool(found["status"] == status)

        await eventually(has_come_to_it)
        return found

    async def calls(self, appointment: Shown) -> list[Shown]:
        """What reception has (or had) to do about an appointment that was missed."""
        text = "select * from tasks where kind = 'CALL_BACK_MISSED' and words like %s order by opened_at"
        return await self.clinic.rows(text, f"%appointment {appointment['id']})%")

    async def call_is(self, appointment: Shown, status: str, **more: Any) -> Shown:
        found: list[Shown] = []

        async def has_come_to_it() -> bool:
            found[:] = await self.calls(appointment)
            wanted = {"status": status, **more}
            return bool(found and all(found[-1][name] == value for name, value in wanted.items()))

        await eventually(has_come_to_it)
        return found[-1]

    async def invitations(self, appointment: Shown) -> list[Shown]:
        messages = await self.post_office.messages(appointment)
        return [message for message in messages if message["template"] == "MISSED_APPOINTMENT"]

    async def invited(self, appointment: Shown) -> Shown:
        async def was_sent() -> bool:
            return any(one["status"] in ("SENT", "DELIVERED") for one in await self.invitations(appointment))

        await eventually(was_sent)
        return (await self.invitations(appointment))[-1]

    async def heard(self, appointment: Shown) -> list[Shown]:
        text = "select * from events where kind = 'appointment:missed' and payload->>'appointmentId' = %s"
        return await self.clinic.rows(text, appointment["id"])
