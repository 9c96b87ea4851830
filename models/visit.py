"""One patient's way through the clinic: what is known, and what follows from it."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from models.base import NOTHING, Line, Money, Value, Words
from models.calls import Call
from models.claims import CoverStatus
from models.deadlines import Clock
from models.endings import Death, Departure, Ending, UndoneEnd
from models.handovers import Handover
from models.orders import Order, OwedDrug, Untold
from models.paying import LARGEST_BILL, AskedFor, Fee, PaymentStatus, PaymentType, Waived
from models.problems import Conflict
from models.staff import SERVES, Role, Station
from models.status import Status
from models.urgency import CATEGORY_OF, LEAST_COLOUR, PendingRetriage, TriageCategory, TriageColour, worse


class Bypass(Value):
    """A step that was left out, and why; `settled_at`: when it was made up for.

    PAYMENT: a money gate was opened, of one order or of all that a station does on this visit, and is looked at
    afterwards (`id`: its record in `break_glasses`).
    """

    step: Literal["IDENTITY", "COVER", "TRIAGE", "PAYMENT"]
    reason: Words
    by: UUID
    at: datetime
    settled_at: datetime | None = None
    id: UUID | None = None
    station: Station | None = None
    order_id: UUID | None = None


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

    policy: str = ""
    """The version of the clinic's policy that the visit began with; empty: the one of its first day."""

    triage_category: TriageCategory | None = None
    triage_colour: TriageColour | None = None
    """Before the category is there: the worst that is certain of a triage that is incomplete."""
    triage_incomplete: bool = False
    """Something mandatory was not measured yet."""
    pending_retriage: PendingRetriage | None = None
    triaged_at: datetime | None = None
    """When the patient was looked at last."""
    identity_pending: bool = False
    """Taken in as an emergency: who it is, nobody knows yet."""
    doubled: bool = False
    """Open beside another visit of the same person: two registrations were merged while both had one."""
    bypasses: tuple[Bypass, ...] = ()

    provider_id: UUID | None = None
    taken_in: bool = False
    seen: bool = False
    referred_to: tuple[Station, ...] = ()
    clinician_needed: bool = False
    """A service found a sign of danger, or a dose was answered with an anaphylaxis."""
    has_unread_results: bool = False
    open_orders: tuple[Order, ...] = ()

    awaited: tuple[Order, ...] = ()
    """Tests that were not answered yet when the patient left; their results are told afterwards."""
    critical_results: tuple[UUID, ...] = ()
    """Tests with a critical value that no clinician has acknowledged."""
    untold: tuple[Untold, ...] = ()
    owed_drugs: tuple[OwedDrug, ...] = ()
    """What the pharmacy still has to hand out; it holds up no discharge."""
    referred_out: tuple[UUID, ...] = ()
    """Referrals to other facilities that nobody has answered yet."""

    total_amount: Money = NOTHING
    amount_paid: Money = NOTHING
    amount_covered: Money = NOTHING
    amount_waived: Money = NOTHING
    amount_pending: Money = NOTHING
    """Asked for by phone and not yet true; it changes no balance."""
    amount_deposited: Money = NOTHING
    """Of `amount_paid`: what was taken as a deposit."""
    amount_refunded: Money = NOTHING
    amount_first: Money = NOTHING
    """Of `total_amount`: what work behind a money gate costs, whether it is done or still waits."""
    paid_first: tuple[UUID, ...] = ()
    """The records whose charges `amount_first` is made of."""
    waivers: tuple[Waived, ...] = ()
    """Those approved; `amount_waived` is their sum."""
    pending_waiver: AskedFor | None = None
    refund: AskedFor | None = None
    gates: tuple[Station, ...] = ()
    """Where this visit pays first, by the policy that it began with."""
    consultation_fee: Fee | None = None
    cover: CoverStatus | None = None
    """What is known of the payer's word, where somebody else pays."""

    observe_until: datetime | None = None
    """A vaccine was given: the patient is watched until then."""
    observation_note: str | None = None
    """Why the observation was ended before."""
    observation_ended_at: datetime | None = None

    end: Status | None = None
    completed_at: datetime | None = None
    discharge_notes: str | None = None
    ending: Ending | None = None
    death: Death | None = None
    departure: Departure | None = None
    """The patient left by themselves."""
    look_again_since: datetime | None = None
    """Came back after having left: a nurse looks again at who was urgent, since then."""
    handover: Handover | None = None
    """Whose it is over night, until something happens on the visit."""
    undone_ends: tuple[UndoneEnd, ...] = ()
    """What was undone stays readable, the latest last."""

    status: Status = Status.REGISTERED
    waiting: tuple[Wait, ...] = ()
    calls: tuple[Call, ...] = ()
    """Where the patient was called to and with whom they are, for the waits that go on."""
    clocks: tuple[Clock, ...] = ()
    """One for each next step of a visit that is open (`models.next_steps`)."""
    payment_status: PaymentStatus = PaymentStatus.PAID
    audit_head: str = ""
    audit_length: int = 0

    @property
    def comes_back_unseen(self) -> bool:
        """Came back after having left, is urgent or worse, and nobody has looked at them since."""
        since = self.look_again_since
        is_looked_at = since is None or (self.triaged_at is not None and self.triaged_at > since)
        return not is_looked_at and self.triage_category in (TriageCategory.EMERGENCY, TriageCategory.URGENT)

    @property
    def is_over(self) -> bool:
        return self.end is not None

    @property
    def balance(self) -> Decimal:
        """What is still owed, in KES: `total_amount` - `settled_amount`.

        Below zero more is settled than is billed: a deposit, or something that was paid or covered already and then
        cancelled. That much is held, and goes back in the end: to the patient up to what the patient paid
        (`refundable`), the rest to the payer who covered it. So at any moment, and with every part zero or above:

            total_amount + held = (amount_paid - amount_refunded) + amount_waived + amount_covered + owed

        Of `held` and `owed` one is zero. Deposits count in `amount_paid`; what M-Pesa has not confirmed counts nowhere.
        A waiver never makes the balance negative: it shrinks to what is owed without it (`models.reckoning`).
        """
        return self.total_amount - self.settled_amount

    @property
    def settled_amount(self) -> Decimal:
        """What counts towards the bill, whoever it came from."""
        return self.amount_paid - self.amount_refunded + self.amount_covered + self.amount_waived

    @property
    def owed(self) -> Decimal:
        return max(self.balance, NOTHING)

    @property
    def held(self) -> Decimal:
        """What is settled beyond the bill."""
        return max(-self.balance, NOTHING)

    @property
    def refundable(self) -> Decimal:
        """What may go back to the patient."""
        return min(self.held, self.amount_paid - self.amount_refunded)

    @property
    def is_gated(self) -> bool:
        """Whether something waits for payment."""
        waits = self.consultation_fee is not None and self.consultation_fee.gated
        return waits or any(order.gated for order in self.open_orders)

    @property
    def waiting_at(self) -> tuple[Station, ...]:
        return tuple(wait.station for wait in self.waiting)

    @property
    def was_consulted(self) -> bool:
        """Whether a consultation, or a referral from triage in its place, has happened or begun."""
        return self.taken_in or self.seen or self.skips_consultation

    @property
    def skips_consultation(self) -> bool:
        """Whether a referral from triage takes the consultation's place: for no emergency, and for nobody in whom a
        danger was found since."""
        is_urgent = self.clinician_needed or self.triage_category is TriageCategory.EMERGENCY
        return bool(self.referred_to) and not is_urgent

    def is_observed(self, at: datetime) -> bool:
        return self.observe_until is not None and at < self.observe_until

    def order(self, order_id: UUID) -> Order | None:
        return next((order for order in self.open_orders if order.id == order_id), None)

    def call_at(self, station: Station) -> Call | None:
        return next((call for call in self.calls if call.station is station), None)

    def having_call(self, call: Call) -> "Visit":
        """The visit with what became of its wait at that station."""
        return self.having(calls=(*(one for one in self.calls if one.station is not call.station), call))

    def awaited_order(self, order_id: UUID) -> Order | None:
        return next((order for order in self.awaited if order.id == order_id), None)

    def owed_drug(self, prescription_id: UUID) -> OwedDrug | None:
        return next((owed for owed in self.owed_drugs if owed.order.id == prescription_id), None)

    def having(self, **facts: Any) -> "Visit":
        """The visit with some facts changed."""
        return self.model_copy(update=facts)

    def raised_to(self, category: TriageCategory) -> "Visit":
        """At least as urgent as that, never less urgent than before, and a clinician looks at the patient. A lower
        colour that waits to be confirmed falls.

        Who was not triaged yet still is, unless it is an emergency: the queue goes by the colour until then.
        """
        colour = worse(LEAST_COLOUR[category], self.triage_colour)
        is_open = self.triage_category is None and category is not TriageCategory.EMERGENCY
        known = None if is_open else CATEGORY_OF[colour]
        return self.having(triage_colour=colour, triage_category=known, pending_retriage=None, clinician_needed=True)

    def opening(self, order: Order) -> "Visit":
        return self.having(open_orders=(*self.open_orders, order))

    def closing(self, *order_ids: UUID) -> "Visit":
        return self.having(open_orders=tuple(o for o in self.open_orders if o.id not in order_ids))

    def forgetting(self, *ids: UUID) -> "Visit":
        """The visit without these orders, whether they are open or would come back with an undone end."""
        return self.closing(*ids).having(ending=self.ending and self.ending.without(*ids))

    def making_up_for(self, at: datetime, *steps: str) -> "Visit":
        """The visit whose left-out steps of that name were done now."""
        return self.having(
            bypasses=tuple(
                b.model_copy(update={"settled_at": at}) if b.step in steps and not b.settled_at else b
                for b in self.bypasses
            )
        )

    def charging(self, amount: Decimal, *, is_first: bool = False, id: UUID | None = None) -> "Visit":
        """`is_first`: for work behind a money gate; `id`: the record, where it is new."""
        total = self.total_amount + amount
        if total > LARGEST_BILL:
            raise Conflict(f"The bill would be above KES {LARGEST_BILL}. Check the quantity and the price.")
        if not is_first:
            return self.having(total_amount=total)
        noted = (*self.paid_first, id) if id else self.paid_first
        return self.having(total_amount=total, amount_first=self.amount_first + amount, paid_first=noted)

    def settled(self, at: datetime) -> "Visit":
        """The visit with everything that follows from its facts, at the moment of a command."""
        status = status_of(self)
        stations = stations_of(self, status)
        former = {wait.station: wait.since for wait in self.waiting}
        waiting = tuple(Wait(station=s, since=former.get(s, at)) for s in stations)
        waits = {(wait.station, wait.since) for wait in waiting}
        return self.having(
            triage_colour=colour_of(self),
            status=status,
            stage_since=self.stage_since if status is self.status and self.version else at,
            waiting=waiting,
            calls=tuple(call for call in self.calls if (call.station, call.since) in waits),
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
    if visit.is_gated:
        ordered |= {Station.CASHIER}
    return () if visit.end else tuple(station for station in Station if station in ordered)


def payment_status_of(visit: Visit) -> PaymentStatus:
    """A visit that owes nothing is PAID, or says who else took the bill when the patient paid none of it."""
    if visit.balance > 0:
        return PaymentStatus.PARTIAL if visit.settled_amount > 0 else PaymentStatus.UNPAID
    paid = visit.amount_paid - visit.amount_refunded
    if paid == 0 and visit.amount_covered > 0:
        return PaymentStatus.COVERED
    if paid == 0 and visit.amount_waived > 0:
        return PaymentStatus.WAIVED
    return PaymentStatus.PAID


def may_discharge(visit: Visit) -> frozenset[Role]:
    """The clinician, and the nurse of a service whose referral from triage took the consultation's place."""
    instead = visit.skips_consultation and not (visit.taken_in or visit.seen)
    nurses = {SERVES[station] for station in visit.referred_to} if instead else set()
    return frozenset({Role.CLINICAL_OFFICER, *nurses})
