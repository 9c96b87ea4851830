"""The pathway on paper: what a careful clerk notes by hand of one visit.

Written from the description of the pathway, not from how `models` goes about it, so that the two can be held against
each other. What the clerk allows stands in `verdicts`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actions import Action, Dispense
from models.catalogue import Catalogue
from models.staff import Person, Station
from tests.pathway.people import ANTENATAL, INJECTION, ITEMS, LISTS, MORNING, PILL, PRICES, TETANUS

SERVICES = {
    "record_immunization": (Station.IMMUNIZATION, "vaccine_id", LISTS[Catalogue.VACCINES]),
    "record_family_planning": (Station.FAMILY_PLANNING, "method_id", {PILL, INJECTION}),
    "record_mch_service": (Station.MCH, "service_id", {ANTENATAL}),
}
"""Where each service is given, which field chooses from its list, and the list."""


@dataclass
class Work:
    """Open work, as the paper keeps it. Money in KES."""

    kind: str
    station: Station
    person: UUID
    pieces: int = 0
    given: int = 0
    each: Decimal = Decimal(0)


@dataclass
class Paper:
    """The notes of one visit."""

    triaged: bool = False
    clinician: UUID | None = None
    called: bool = False
    written: bool = False
    instead: set[Station] = field(default_factory=set)
    unread: bool = False
    work: dict[UUID, Work] = field(default_factory=dict)
    answered: dict[UUID, str] = field(default_factory=dict)
    encounters: set[UUID] = field(default_factory=set)
    charged: dict[UUID, Decimal] = field(default_factory=dict)
    taken_back: Decimal = Decimal(0)
    phoned: dict[UUID, Decimal] = field(default_factory=dict)
    moneys: dict[UUID, str] = field(default_factory=dict)
    unasked: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    covered: Decimal = Decimal(0)
    ended: str | None = None
    accepted: int = 1
    now: datetime = MORNING
    watched: datetime | None = None
    doses: dict[UUID, UUID] = field(default_factory=dict)
    reacted: set[UUID] = field(default_factory=set)
    urgency: str | None = None

    @property
    def total(self) -> Decimal:
        return sum(self.charged.values(), Decimal(0))

    @property
    def owed(self) -> Decimal:
        return self.total - self.paid - self.covered

    @property
    def awaited(self) -> Decimal:
        """Asked for by phone, and neither there nor given up."""
        return sum((self.phoned[id] for id, became in self.moneys.items() if became == "PENDING"), Decimal(0))

    @property
    def is_watched(self) -> bool:
        return self.watched is not None and self.now < self.watched

    def speaks_against(self, vaccine: UUID) -> bool:
        """Td twice on a day is too early; after an anaphylaxis nobody gets the same again."""
        return vaccine in self.reacted or (vaccine == TETANUS and TETANUS in self.doses.values())

    @property
    def consulted(self) -> bool:
        return self.called or self.written or bool(self.instead)

    def working(self, kind: str) -> list[UUID]:
        return [id for id, work in self.work.items() if work.kind == kind]

    @property
    def stage(self) -> str:
        """The status that the description gives to these notes."""
        if self.ended:
            return self.ended
        if not self.triaged:
            return "REGISTERED"
        if not self.consulted:
            return "TRIAGED"
        if self.called and not self.written:
            return "IN_CONSULTATION"
        if self.work:
            return "IN_SERVICES"
        return "AWAITING_PAYMENT" if self.owed > 0 else "READY_FOR_DISCHARGE"

    @property
    def waits(self) -> set[Station]:
        at = {"REGISTERED": Station.TRIAGE, "TRIAGED": Station.CONSULTATION, "AWAITING_PAYMENT": Station.CASHIER}
        stations = {work.station for work in self.work.values()}
        return stations | ({at[self.stage]} if self.stage in at else set())

    def note(self, action: Action, actor: Person, id: UUID, review: UUID | None) -> None:
        """`id`: the command's; `review`: how a review that opens now is called."""
        self.accepted += 1
        getattr(self, f"after_{action.kind}", self.after_service)(action, actor, id)
        if action.kind == "report_lab_test":
            self.send_back(action, review)

    def after_record_triage(self, action: Any, actor: Person, id: UUID) -> None:
        self.triaged, self.urgency = True, str(action.triage_category)
        self.encounters.add(id)

    def after_take_in(self, action: Any, actor: Person, id: UUID) -> None:
        self.called, self.clinician = True, actor.id

    def after_record_encounter(self, action: Any, actor: Person, id: UUID) -> None:
        if not self.written:
            self.charged[id] = PRICES["CONSULTATION"]
        self.called = self.written = True
        self.clinician, self.unread = actor.id, False
        self.encounters.add(id)
        for review in self.working("REVIEW"):
            self.answer(review)

    def after_record_diagnosis(self, action: Any, actor: Person, id: UUID) -> None:
        """A diagnosis moves nobody."""

    def after_order_lab_test(self, action: Any, actor: Person, id: UUID) -> None:
        self.work[id] = Work("LAB_REQUEST", Station.LABORATORY, actor.id)
        self.charged[id] = PRICES[action.test_type]

    def after_report_lab_test(self, action: Any, actor: Person, id: UUID) -> None:
        if action.status == "CANCELLED":
            self.taken_back += self.charged.pop(action.lab_request_id)
        else:
            self.unread = True

    def send_back(self, action: Any, review: UUID | None) -> None:
        last = self.work[action.lab_request_id]
        self.answer(action.lab_request_id)
        if self.unread and not self.working("LAB_REQUEST") and not self.working("REVIEW"):
            assert review is not None, "the last result is in, and nobody is asked to read it"
            self.work[review] = Work("REVIEW", Station.CONSULTATION, last.person)
            self.clinician = last.person

    def after_prescribe(self, action: Any, actor: Person, id: UUID) -> None:
        each = PRICES[action.medication_name]
        self.work[id] = Work("PRESCRIPTION", Station.PHARMACY, actor.id, pieces=action.quantity, each=each)
        self.charged[id] = each * action.quantity

    def after_dispense(self, action: Dispense, actor: Person, id: UUID) -> None:
        work = self.work[action.prescription_id]
        if action.status == "CANCELLED":
            kept = work.each * work.given
            self.taken_back += self.charged[action.prescription_id] - kept
            self.charged[action.prescription_id] = kept
        if action.status == "PARTIALLY_DISPENSED":
            work.given += action.quantity_dispensed or 0
        else:
            self.answer(action.prescription_id)

    def after_refer(self, action: Any, actor: Person, id: UUID) -> None:
        self.work[id] = Work("REFERRAL", action.station, actor.id)
        if not (self.called or self.written):
            self.instead.add(action.station)

    def after_service(self, action: Any, actor: Person, id: UUID) -> None:
        station, chosen, _ = SERVICES[action.kind]
        self.charged[id] = ITEMS[getattr(action, chosen)].price or Decimal(0)
        for referral in self.working("REFERRAL"):
            if self.work[referral].station is station:
                self.answer(referral)

    def after_record_immunization(self, action: Any, actor: Person, id: UUID) -> None:
        """Only Td has a place in an adult's schedule, and so an observation."""
        self.after_service(action, actor, id)
        if action.vaccine_id == TETANUS:
            self.watched = self.now + timedelta(minutes=15)
        self.doses[id] = action.vaccine_id

    def after_end_observation(self, action: Any, actor: Person, id: UUID) -> None:
        self.watched = self.now

    def after_record_reaction(self, action: Any, actor: Person, id: UUID) -> None:
        if action.anaphylaxis:
            self.reacted.add(self.doses[action.immunization_id])
            self.urgency = "EMERGENCY"

    def after_record_mch_service(self, action: Any, actor: Person, id: UUID) -> None:
        self.after_service(action, actor, id)
        if "CONVULSING" in action.danger_signs:
            self.urgency = "EMERGENCY"
        elif action.danger_signs and self.urgency == "NORMAL":
            self.urgency = "URGENT"

    def after_take_payment(self, action: Any, actor: Person, id: UUID) -> None:
        self.moneys[id] = "PENDING" if action.payment_type == "MPESA" else "COMPLETED"
        if action.payment_type == "MPESA":
            self.phoned[id] = action.amount
        else:
            self.paid += action.amount

    def after_confirm_payment(self, action: Any, actor: Person, id: UUID) -> None:
        self.moneys[action.payment_id] = "COMPLETED"
        self.came(action.amount)

    def after_fail_payment(self, action: Any, actor: Person, id: UUID) -> None:
        self.moneys[action.payment_id] = "FAILED"

    def after_credit_payment(self, action: Any, actor: Person, id: UUID) -> None:
        self.moneys[action.payment_id] = "COMPLETED"
        self.came(action.amount)

    def came(self, amount: Decimal) -> None:
        """Money that M-Pesa tells of is there, whatever is owed: what is above that was asked for by nobody."""
        self.unasked += max(amount - max(self.owed, Decimal(0)), Decimal(0))
        self.paid += amount

    def after_raise_sha_invoice(self, action: Any, actor: Person, id: UUID) -> None:
        self.covered += action.amount_charged or self.owed

    def after_discharge(self, action: Any, actor: Person, id: UUID) -> None:
        self.ended = "COMPLETED"

    def after_cancel_visit(self, action: Any, actor: Person, id: UUID) -> None:
        self.ended = "CANCELLED"

    def answer(self, id: UUID) -> None:
        self.answered[id] = self.work.pop(id).kind
