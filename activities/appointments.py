"""Writes appointments that belong to no open visit, each change once, with its audit entry."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.beside import keep_refusal, surely_written
from activities.door import Done, Door, Wish, writing
from activities.journal import Deed, differences
from activities.tasks import close_task
from integrations.database import Connection, Pool, inserting, updating
from models.administration import Errand
from models.appointment_day import BOOKED_ANEW, call_back
from models.appointments import (
    MAKERS,
    NEW,
    OPEN,
    Appointment,
    AppointmentCommand,
    BookAppointment,
    ChangeAppointment,
    check_booking,
    check_change,
)
from models.base import Value
from models.catalogue import Resource
from models.envelope import AS_SENT
from models.problems import Conflict, NotFound, NotYourRole, Problem, Refused, Unavailable
from models.tables import AppointmentRow
from models.tasks import TaskClosing

FOUND = "select * from appointments where id = %s and facility_id = %s for update"
PATIENT = """
    select coalesce(m.id, p.id) as id, coalesce(m.deceased_at, p.deceased_at) as deceased_at
    from patients p left join patients m on m.id = p.merged_into
    where p.id = %s and p.facility_id = %s for share of p
"""
"""Held until it is written, so that no merge comes between; a registration that was merged leads to the other."""
WHOSE = """
    select p.deceased_at, f.time_zone from appointments a join patients p on p.id = a.patient_id
    join facilities f on f.id = a.facility_id where a.id = %s
"""


class AppointmentTurn(Value):
    """One command. `remember`: its sender has gone, so a refusal is kept and told."""

    command: Annotated[AppointmentCommand, AS_SENT]
    remember: bool = False


class AppointmentOutcome(Value):
    appointment: Appointment | None
    answer: dict[str, Any] | None = None
    problem: Problem | None = None


class Appointments:
    """`secret` is what the API signs commands with."""

    def __init__(self, pool: Pool, secret: bytes) -> None:
        self.pool = pool
        self.secret = secret
        self.door = Door(pool, secret)

    @activity.defn(name="load_appointment")
    async def load(self, appointment_id: UUID) -> AppointmentOutcome:
        return AppointmentOutcome(appointment=await self.stored(appointment_id))

    @activity.defn(name="write_appointment")
    async def write(self, turn: AppointmentTurn) -> AppointmentOutcome:
        """Book or change, once. Raises only while the database is away."""
        try:
            answer = await surely_written(turn.command, self.written)
        except Unavailable:
            raise
        except Refused as no:
            if turn.remember:
                await keep_refusal(self.pool, turn.command, no.problem)
            return AppointmentOutcome(appointment=await self.stored(turn.command.appointment_id), problem=no.problem)
        return AppointmentOutcome(appointment=appointment_of(answer), answer=answer)

    async def written(self, command: AppointmentCommand) -> dict[str, Any]:
        if not command.is_signed(self.secret):
            raise NotYourRole("Appointments are changed through the API only.", roles=sorted(MAKERS))
        errand = Errand(id=command.id, actor=command.actor, address=command.address)
        action = command.action

        async def work(db: Connection) -> Done:
            if isinstance(action, BookAppointment):
                return await book(db, command, action)
            return await change(db, command, action)

        return await self.door.once(Wish(errand, action.kind, action, str(command.appointment_id)), work)

    async def stored(self, appointment_id: UUID) -> Appointment | None:
        async with writing(self.pool) as db:
            found = await db.execute("select * from appointments where id = %s", [appointment_id])
            row = await found.fetchone()
            return appointment_of(row) if row else None


async def book(db: Connection, command: AppointmentCommand, action: BookAppointment) -> Done:
    check_booking(action, command.at)
    facility_id = command.actor.facility_id
    patient = await (await db.execute(PATIENT, [action.patient_id, facility_id])).fetchone()
    if patient is None:
        raise NotFound("No such patient is registered here. Correct patient_id.")
    if patient["deceased_at"]:
        raise Conflict("The patient has died. If that is wrong, a second person uses undo_death on the last visit.")
    row = {
        "id": command.appointment_id,
        "facility_id": facility_id,
        "visit_id": None,
        **NEW,
        **action.model_dump(exclude={"kind"}),
        "patient_id": patient["id"],
        "created_by": command.actor.id,
        "recorded_by": command.actor.id,
        "recorded_at": command.at,
    }
    await db.execute(*inserting(AppointmentRow, row))
    said = {"appointment_date": action.appointment_date, "appointment_type": action.appointment_type}
    return Done(Deed("CREATE", Resource.APPOINTMENT, command.appointment_id, said), row)


async def change(db: Connection, command: AppointmentCommand, action: ChangeAppointment) -> Done:
    before = await (await db.execute(FOUND, [command.appointment_id, command.actor.facility_id])).fetchone()
    if before is None:
        raise NotFound("There is no such appointment.")
    check_change(action, before["status"], datetime.now(UTC))
    anew = await booked_anew(db, before) if action.books_anew(before["status"]) else {}
    changed = differences(before, {**action.changes(), **anew})
    values = {name: new for name, (_, new) in changed.items()} | {"version": before["version"] + 1}
    text, parameters = updating(AppointmentRow, values, "id = %(appointment_id)s")
    await db.execute(text, {**parameters, "appointment_id": command.appointment_id})
    return Done(Deed("UPDATE", Resource.APPOINTMENT, command.appointment_id, changed), {**before, **values})


async def booked_anew(db: Connection, missed: dict[str, Any]) -> dict[str, Any]:
    """What a new day changes in an appointment that was missed; nobody has to call any more."""
    about = await (await db.execute(WHOSE, [missed["id"]])).fetchone()
    assert about is not None
    if about["deceased_at"]:
        raise Conflict("The patient has died. If that is wrong, a second person uses undo_death on the last visit.")
    task = call_back(missed, ZoneInfo(about["time_zone"]))
    await close_task(db, TaskClosing(id=task.id, outcome=BOOKED_ANEW))
    return {"status": OPEN, "times_missed": missed["times_missed"] + 1}


def appointment_of(row: dict[str, Any]) -> Appointment:
    return Appointment.model_validate({"id": row["id"], "at": row["appointment_date"], "status": row["status"]})
