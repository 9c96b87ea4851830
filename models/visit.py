"""One patient's way through the clinic: what is known, and what follows from it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from models.base import NOTHING, Line, Money, Value, Words
from models.claims import Payer
from models.problems import Conflict
from models.staff import SERVES, Role, Station

LARGEST_BILL = Decimal("9999999999.99")
"""What a column of money holds, in KES."""


class Status(StrEnum):
    REGISTERED = "REGISTERED"
    TRIAGED = "TRIAGED"
    IN_CONSULTATION = "IN_CONSULTATION"
    IN_SERVICES = "IN_SERVICES"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    READY_FOR_DISCHARGE = "READY_FOR_DISCHARGE"
    COMPLETED = "COMPLETED"
    LEFT_WITHOUT_BEING_SEEN = "LEFT_WITHOUT_BEING_SEEN"
    REFERRED = "REFERRED"
    DECEASED = "DECEASED"
    CANCELLED = "CANCELLED"


ENDS = frozenset({Status.COMPLETED, Status.LEFT_WITHOUT_BEING_SEEN, Status.REFERRED, Status.DECEASED, Status.CANCELLED})


class TriageCategory(StrEnum):
    EMERGENCY = "EMERGENCY"
    URGENT = "URGENT"
    NORMAL = "NORMAL"


class TriageColour(StrEnum):
    """The colours of the South African Triage Scale, the most urgent first."""

    RED = "RED"
    ORANGE = "ORANGE"
    YELLOW = "YELLOW"
    GREEN = "GREEN"


CATEGORY_OF = {
    TriageColour.RED: TriageCategory.EMERGENCY,
    TriageColour.ORANGE: TriageCategory.URGENT,
    TriageColour.YELLOW: TriageCategory.URGENT,
    TriageColour.GREEN: TriageCategory.NORMAL,
}
LEAST_COLOUR = {category: colour for colour, category in CATEGORY_OF.items()}
"""The least urgent colour of a category: what is known where only a category was said."""


def worse(colour: TriageColour, *others: TriageColour | None) -> TriageColour:
    """The most urgent of them."""
    by_urgency = list(TriageColour)
    return min((colour, *(other for other in others if other)), key=by_urgency.index)


class PaymentType(StrEnum):
    CASH = "CASH"
    MPESA = "MPESA"
    SHA = "SHA"
    NHIF = "NHIF"
    INSURANCE = "INSURANCE"


class PaymentStatus(StrEnum):
    UNPAID = "UNPAID"
    PARTIAL = "PARTIAL"
    PAID = "PAID"
    COVERED = "COVERED"
    WAIVED = "WAIVED"


class OrderKind(StrEnum):
    LAB_REQUEST = "LAB_REQUEST"
    PRESCRIPTION = "PRESCRIPTION"
    REFERRAL = "REFERRAL"
    REVIEW = "REVIEW"


class Order(Value):
    """Open work at a station. `charged` is what it added to the bill; quantities are pieces of a drug."""

    id: UUID
    kind: OrderKind
    station: Station
    since: datetime
    person_id: UUID
    urgent: bool = False
    quantity: int = 0
    dispensed: int = 0
    charged: Decimal = NOTHING

    @property
    def said(self) -> str:
        return f"{self.kind.lower().replace('_', ' ')} at {self.station.lower().replace('_', ' ')}"

    @property
    def kept(self) -> Decimal:
        """What stays on the bill when the order is cancelled: the price of the pieces that were handed out."""
        return self.charged / self.quantity * self.dispensed if self.quantity else NOTHING


class Untold(Value):
    """A result that came when the patient had left: somebody owes it to them."""

    obligation_id: UUID
    lab_request_id: UUID


class OwedDrug(Value):
    """What the patient was prescribed and has paid for, and could not get: the clinic owes it."""

    obligation_id: UUID
    order: Order

    @property
    def pieces(self) -> int:
        return self.order.quantity - self.order.dispensed


class PendingRetriage(Value):
    """A lower colour that waits for a second person; `encounter_id`: the vital signs that it follows from."""

    colour: TriageColour
    reason: Words
    by: UUID
    at: datetime
    encounter_id: UUID


class Bypass(Value):
    """A step that an emergency left out, and why; `settled_at`: when it was made up for."""

    step: Literal["IDENTITY", "COVER", "TRIAGE"]
    reason: Words
    by: UUID
    at: datetime
    settled_at: datetime | None = None


class Death(Value):
    """What is certified of a death; in which circumstances, the visit's notes say."""

    time_of_death: datetime
    brought_in_dead: bool
    certified_by: UUID


class Ending(Value):
    """What an end took along, so that it can be undone: orders, appointments that were cancelled, tasks that opened."""

    command_id: UUID
    by: UUID
    orders: tuple[Order, ...] = ()
    appointments: tuple[UUID, ...] = ()
    tasks: tuple[UUID, ...] = ()


class UndoneEnd(Value):
    """An end that does not count any more. `claims`: whose claims wait for the next end of the visit."""

    end: Status
    completed_at: datetime
    notes: str | None
    death: Death | None = None
    reason: Words
    by: UUID
    at: datetime
    claims: tuple[Payer, ...] = ()


class Wait(Value):
    station: Station
    since: datetime


class Visit(Value):
    """The facts of one visit. `status`, `waiting` and `payment_status` follow from the others (see `settled`)."""

    id: UUID
    facility_id: UUID
    patient_id: UUID
    op_number: Line
    arrived_at: datetime
    updated_at: datetime
    stage_since: datetime
    chief_complaint: Words
    payment_type: PaymentType
    payment_reference: str | None = None
    age_years: int | None = None
    version: int = 0

    rules: dict[str, str] = {}
    """The versions of the rule packs that the visit began with; a pack that is missing is the one of its first day."""

    triage_category: TriageCategory | None = None
    triage_colour: TriageColour | None = None
    """Before the category is there: the worst that is certain of a triage that is incomplete."""
    triage_incomplete: bool = False
    """Something mandatory was not measured yet."""
    pending_retriage: PendingRetriage | None = None
    identity_pending: bool = False
    """Taken in as an emergency: who it is, nobody knows yet."""
    doubled: bool = False
    """Open beside another visit of the same person: two registrations were merged while both had one."""
    bypasses: tuple[Bypass, ...] = ()

    provider_id: UUID | None = None
    taken_in: bool = False
    seen: bool = False
    referred_to: tuple[Station, ...] = ()
    has_unread_results: bool = False
    open_orders: tuple[Order, ...] = ()

    awaited: tuple[Order, ...] = ()
    """Tests that were not answered yet when the patient left; their results are told afterwards."""
    critical_results: tuple[UUID, ...] = ()
    """Tests with a critical value that no clinician has acknowledged."""
    untold: tuple[Untold, ...] = ()
    owed_drugs: tuple[OwedDrug, ...] = ()
    """What the pharmacy still has to hand out; it holds up no discharge."""

    total_amount: Money = NOTHING
    amount_paid: Money = NOTHING
    amount_covered: Money = NOTHING
    amount_waived: Money = NOTHING
    amount_pending: Money = NOTHING
    """Asked for by phone and not yet true; it changes no balance."""

    observe_until: datetime | None = None
    """A vaccine was given: the patient is watched until then."""
    observation_note: str | None = None
    """Why the observation was ended before."""

    end: Status | None = None
    completed_at: datetime | None = None
    discharge_notes: str | None = None
    ending: Ending | None = None
    death: Death | None = None
    undone_ends: tuple[UndoneEnd, ...] = ()
    """What was undone stays readable, the latest last."""

    status: Status = Status.REGISTERED
    waiting: tuple[Wait, ...] = ()
    payment_status: PaymentStatus = PaymentStatus.PAID
    audit_head: str = ""
    audit_length: int = 0

    @property
    def is_over(self) -> bool:
        return self.end is not None

    @property
    def balance(self) -> Decimal:
        """What is still owed, in KES.

        Below zero something was cancelled that was paid or covered already: that much goes back, to the patient up to
        what the patient paid, the rest to the payer who covered it.
        """
        return self.total_amount - self.amount_paid - self.amount_covered - self.amount_waived

    @property
    def waiting_at(self) -> tuple[Station, ...]:
        return tuple(wait.station for wait in self.waiting)

    @property
    def was_consulted(self) -> bool:
        """Whether a consultation, or a referral from triage in its place, has happened or begun."""
        return self.taken_in or self.seen or bool(self.referred_to)

    def is_observed(self, at: datetime) -> bool:
        return self.observe_until is not None and at < self.observe_until

    def order(self, order_id: UUID) -> Order | None:
        return next((order for order in self.open_orders if order.id == order_id), None)

    def awaited_order(self, order_id: UUID) -> Order | None:
        return next((order for order in self.awaited if order.id == order_id), None)

    def owed_drug(self, prescription_id: UUID) -> OwedDrug | None:
        return next((owed for owed in self.owed_drugs if owed.order.id == prescription_id), None)

    def having(self, **facts: Any) -> "Visit":
        """The visit with some facts changed."""
        return self.model_copy(update=facts)

    def raised_to(self, category: TriageCategory) -> "Visit":
        """At least as urgent as that, never less urgent than before; a lower colour that waits to be confirmed falls.

        Who was not triaged yet still is, unless it is an emergency: the queue goes by the colour until then.
        """
        colour = worse(LEAST_COLOUR[category], self.triage_colour)
        is_open = self.triage_category is None and category is not TriageCategory.EMERGENCY
        known = None if is_open else CATEGORY_OF[colour]
        return self.having(triage_colour=colour, triage_category=known, pending_retriage=None)

    def opening(self, order: Order) -> "Visit":
        return self.having(open_orders=(*self.open_orders, order))

    def closing(self, *order_ids: UUID) -> "Visit":
        return self.having(open_orders=tuple(o for o in self.open_orders if o.id not in order_ids))

    def making_up_for(self, at: datetime, *steps: str) -> "Visit":
        """The visit whose left-out steps of that name were done now."""
        return self.having(
            bypasses=tuple(
                b.model_copy(update={"settled_at": at}) if b.step in steps and not b.settled_at else b
                for b in self.bypasses
            )
        )

    def charging(self, amount: Decimal) -> "Visit":
        total = self.total_amount + amount
        if total > LARGEST_BILL:
            raise Conflict(f"The bill would be above KES {LARGEST_BILL}. Check the quantity and the price.")
        return self.having(total_amount=total)

    def settled(self, at: datetime) -> "Visit":
        """The visit with everything that follows from its facts, at the moment of a command."""
        status = status_of(self)
        stations = stations_of(self, status)
        former = {wait.station: wait.since for wait in self.waiting}
        return self.having(
            triage_colour=colour_of(self),
            status=status,
            stage_since=self.stage_since if status is self.status and self.version else at,
            waiting=tuple(Wait(station=s, since=former.get(s, at)) for s in stations),
            payment_status=payment_status_of(self),
            updated_at=at,
            version=self.version + 1,
        )


def colour_of(visit: Visit) -> TriageColour | None:
    """Never less urgent than the category says, however that came about."""
    if visit.triage_category is None:
        return visit.triage_colour
    return worse(LEAST_COLOUR[visit.triage_category], visit.triage_colour)


def status_of(visit: Visit) -> Status:
    """Status is derived from facts, never set by a screen."""
    if visit.end:
        return visit.end
    if visit.triage_category is None:
        return Status.REGISTERED
    if visit.taken_in and not visit.seen:
        return Status.IN_CONSULTATION
    if not visit.was_consulted:
        return Status.TRIAGED
    if visit.open_orders:
        return Status.IN_SERVICES
    return Status.AWAITING_PAYMENT if visit.balance > 0 else Status.READY_FOR_DISCHARGE


def stations_of(visit: Visit, status: Status) -> tuple[Station, ...]:
    """Where the patient waits: several stations at once while orders are open."""
    ordered = {order.station for order in visit.open_orders}
    match status:
        case Status.REGISTERED:
            ordered |= {Station.TRIAGE}
        case Status.TRIAGED:
            ordered |= {Station.CONSULTATION}
        case Status.AWAITING_PAYMENT:
            ordered |= {Station.CASHIER}
    return () if visit.end else tuple(station for station in Station if station in ordered)


def payment_status_of(visit: Visit) -> PaymentStatus:
    """A visit that owes nothing is PAID, or says who else took the bill when the patient paid none of it."""
    if visit.balance > 0:
        settled = visit.amount_paid + visit.amount_covered + visit.amount_waived
        return PaymentStatus.PARTIAL if settled > 0 else PaymentStatus.UNPAID
    if visit.amount_paid == 0 and visit.amount_covered > 0:
        return PaymentStatus.COVERED
    if visit.amount_paid == 0 and visit.amount_waived > 0:
        return PaymentStatus.WAIVED
    return PaymentStatus.PAID


def may_discharge(visit: Visit) -> frozenset[Role]:
    """The clinician, and the nurse of a service whose referral from triage took the consultation's place."""
    nurses = set() if visit.taken_in or visit.seen else {SERVES[station] for station in visit.referred_to}
    return frozenset({Role.CLINICAL_OFFICER, *nurses})


def summary(visit: Visit) -> dict[str, Any]:
    """The visit as every answer shows it (values still typed; money in KES)."""
    return {
        "id": visit.id,
        "op_number": visit.op_number,
        "patient_id": visit.patient_id,
        "status": visit.status,
        "waiting_at": list(visit.waiting_at),
        "chief_complaint": visit.chief_complaint,
        "triage_category": visit.triage_category,
        "triage_colour": visit.triage_colour,
        "triage_incomplete": visit.triage_incomplete,
        "pending_retriage": visit.pending_retriage,
        "identity_pending": visit.identity_pending,
        "doubled": visit.doubled,
        "bypasses": list(visit.bypasses),
        "rules": visit.rules,
        "payment_type": visit.payment_type,
        "payment_reference": visit.payment_reference,
        "payment_status": visit.payment_status,
        "total_amount": visit.total_amount,
        "amount_paid": visit.amount_paid,
        "balance": visit.balance,
        "provider_id": visit.provider_id,
        "open_orders": [
            {"id": o.id, "kind": o.kind, "station": o.station, "since": o.since} for o in visit.open_orders
        ],
        "owed_drugs": [
            {"prescription_id": o.order.id, "quantity": o.pieces, "obligation_id": o.obligation_id}
            for o in visit.owed_drugs
        ],
        "arrived_at": visit.arrived_at,
        "updated_at": visit.updated_at,
        "observe_until": visit.observe_until,
        "completed_at": visit.completed_at,
        "discharge_notes": visit.discharge_notes,
        "death": visit.death,
        "undone_ends": list(visit.undone_ends),
        "version": visit.version,
    }
