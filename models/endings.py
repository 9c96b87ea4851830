"""How a visit ended, and how it would go on."""

from datetime import datetime
from uuid import UUID

from models.base import Value, Words
from models.claims import Payer
from models.departures import CallBack, LeftBecause
from models.orders import Order
from models.paying import Waived
from models.staff import Station
from models.status import Status


class Death(Value):
    """What is certified of a death; in which circumstances, the visit's notes say."""

    time_of_death: datetime
    brought_in_dead: bool
    certified_by: UUID


class Ending(Value):
    """What an end took along, so that it can be undone: orders, appointments and referrals to other facilities that
    were cancelled, tasks that opened; `owed`: prescriptions that were left to be collected."""

    command_id: UUID
    by: UUID
    orders: tuple[Order, ...] = ()
    appointments: tuple[UUID, ...] = ()
    referrals: tuple[UUID, ...] = ()
    tasks: tuple[UUID, ...] = ()
    waivers: tuple[Waived, ...] = ()
    owed: tuple[UUID, ...] = ()

    def without(self, *ids: UUID) -> "Ending":
        """These do not come back when the end is undone."""
        return self.model_copy(
            update={
                "orders": tuple(order for order in self.orders if order.id not in ids),
                "appointments": tuple(id for id in self.appointments if id not in ids),
                "referrals": tuple(id for id in self.referrals if id not in ids),
                "owed": tuple(id for id in self.owed if id not in ids),
            }
        )


class Departure(Value):
    """The patient went before the end: from which stage, and how long they had waited, in minutes.

    `was_seen`: by a clinician, or by the nurse of a service in their place. `resumable_until`: until then the same
    visit goes on when they return.
    """

    stage: Status
    waiting_at: tuple[Station, ...] = ()
    left_at: datetime
    by: UUID
    was_seen: bool
    reason: LeftBecause | None = None
    waited_minutes: int
    step_minutes: int
    resumable_until: datetime
    call_back: CallBack | None = None


class UndoneEnd(Value):
    """An end that does not count any more. `claims`: whose claims wait for the next end of the visit."""

    end: Status
    completed_at: datetime
    notes: str | None
    death: Death | None = None
    departure: Departure | None = None
    reason: Words
    by: UUID
    at: datetime
    claims: tuple[Payer, ...] = ()
