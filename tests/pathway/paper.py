"""The pathway on paper: what a careful clerk notes by hand of one visit.

Written from the description of the pathway, not from how `models` goes about it, so that the two can be held against
each other. What the clerk allows stands in `verdicts`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actions import Action, Dispense
from models.catalogue import Catalogue
from models.staff import Person, Station
from tests.pathway.people import (
    ANTENATAL,
    INJECTION,
    ITEMS,
    LISTS,
    LOOKS,
    MORNING,
    PILL,
    PRICES,
    TETANUS,
)

COLOURS = ("RED", "ORANGE", "YELLOW", "GREEN")

SERVICES = {
    "record_immunization": (Station.IMMUNIZATION, "vaccine_id", LISTS[Catalogue.VACCINES]),
    "record_family_planning": (Station.FAMILY_PLANNING, "method_id", {PILL, INJECTION}),
    "record_mch_service": (Station.MCH, "service_id", {ANTENATAL}),
}
"""Where each service is given, which field chooses from its list, and the list."""


def seen_as(action: Any) -> str:
    """The colour that a nurse sees."""
    signs = action.vital_signs
    return LOOKS[signs.pulse_bpm, str(signs.mobility)]


BATCHES = {
    "Amoxicillin": (("A2", date(2027, 3, 31), 4), ("OLD", date(2026, 11, 21), 50), ("A1", date(2026, 12, 31), 3)),
    "Ibuprofen": (("I1", date(2026, 11, 22), 5),),
}
"""What stands on the pharmacy's shelf in the morning; of other drugs nobody keeps count."""

FIRST_OUT = {"Amoxicillin": ("A1", "A2"), "Ibuprofen": ("I1",)}
"""What may be handed out, and in which order."""

ALIKE = ({"Ibuprofen", "Diclofenac"},)
"""Drugs of which nobody takes two."""

TOUCHES = {
    "Penicillin": {"Amoxicillin"},
    "ibuprofen": {"Ibuprofen", "Diclofenac"},
    "Aspirin": {"Ibuprofen", "Diclofenac"},
}
"""Which drugs an allergy speaks against; an allergy to peanuts against none."""

NOT_IN_PREGNANCY = {"Ibuprofen", "Diclofenac"}

INSTEAD = {("Diclofenac", "Ibuprofen")}
"""What may take the place of what without asking anybody."""


@dataclass
class Work:
    """Open work, as the paper keeps it. Money in KES."""

    kind: str
    station: Station
    person: UUID
    pieces: int = 0
    given: int = 0
    each: Decimal = Decimal(0)
    drug: str = ""

    @property
    def rest(self) -> int:
        return self.pieces - self.given


@dataclass
class Allergy:
    """`counts`: nobody has said that it is none, or none any more."""

    substance: str
    counts: bool = True
    in_error: bool = False


@dataclass
class Test:
    """One laboratory test. `heard`: a clinician has read its critical value back."""

    __test__ = False
    code: str
    by: UUID
    status: str = "PENDING"
    value: str = ""
    heard: bool = False

    @property
    def waits_to_be_heard(self) -> bool:
        return self.is_critical(self.value) and not self.heard

    def is_critical(self, value: str) -> bool:
        """Only blood tests are in the catalogue; from 7 g/dL haemoglobin down it is critical in adults."""
        return self.code == "BLOOD_TEST" and bool(value) and Decimal(value) <= 7

    def comes(self, status: str, value: str) -> bool:
        """A report; whether it is a critical value that nobody has heard of yet."""
        was_waiting = self.waits_to_be_heard
        is_known = self.heard and self.value == value
        self.status, self.value, self.heard = status, value, is_known
        return self.waits_to_be_heard and not was_waiting


@dataclass
class Paper:
    """The notes of one visit."""

    triaged: bool = False
    half_measured: bool = False
    colour: str | None = None
    lower: tuple[str, UUID] | None = None
    clinician: UUID | None = None
    called: bool = False
    written: bool = False
    instead: set[Station] = field(default_factory=set)
    unread: bool = False
    work: dict[UUID, Work] = field(default_factory=dict)
    tests: dict[UUID, Test] = field(default_factory=dict)
    to_follow: set[UUID] = field(default_factory=set)
    untold: dict[UUID, UUID] = field(default_factory=dict)
    owing: list[UUID] = field(default_factory=list)
    answered: dict[UUID, str] = field(default_factory=dict)
    encounters: set[UUID] = field(default_factory=set)
    drugs: dict[UUID, set[str]] = field(default_factory=dict)
    debts: dict[UUID, Work] = field(default_factory=dict)
    expecting: bool = False
    allergies: dict[UUID, Allergy] = field(default_factory=dict)
    shelf: dict[str, dict[str, int]] = field(
        default_factory=lambda: {code: {name: n for name, _, n in there} for code, there in BATCHES.items()}
    )
    charged: dict[UUID, Decimal] = field(default_factory=dict)
    taken_back: Decimal = Decimal(0)
    phoned: dict[UUID, Decimal] = field(default_factory=dict)
    moneys: dict[UUID, str] = field(default_factory=dict)
    unasked: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    covered: Decimal = Decimal(0)
    ended: str | None = None
    whose: UUID | None = None
    people: tuple[UUID, ...] = ()
    withdrawn: bool = False
    ended_at: datetime = MORNING
    certified_by: UUID | None = None
    taken_along: dict[UUID, Work] = field(default_factory=dict)
    taken_off: dict[UUID, Decimal] = field(default_factory=dict)
    owed_by_end: set[UUID] = field(default_factory=set)
    owed_since: dict[UUID, UUID] = field(default_factory=dict)
    booked: UUID | None = None
    appointments: dict[UUID, str] = field(default_factory=dict)
    ended_by_mistake: bool = False
    accepted: int = 1
    now: datetime = MORNING
    watched: datetime | None = None
    doses: dict[UUID, UUID] = field(default_factory=dict)
    reacted: set[UUID] = field(default_factory=set)

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

    def forbids_dose(self, vaccine: UUID) -> bool:
        """Td twice on a day is too early; after an anaphylaxis nobody gets the same again."""
        return vaccine in self.reacted or (vaccine == TETANUS and TETANUS in self.doses.values())

    @property
    def has_just_ended(self) -> bool:
        return self.now - self.ended_at <= timedelta(hours=24)

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

    def note(self, action: Action, actor: Person, id: UUID, review: UUID | None, owed: dict[UUID, UUID]) -> None:
        """`id`: the command's; `review`, `owed`: how a review, or what is owed from now on, is called."""
        self.accepted += 1
        self.owing = []
        getattr(self, f"after_{action.kind}", self.after_service)(action, actor, id)
        if action.kind in ("report_lab_test", "correct_lab_result", "cancel_order"):
            self.send_back(getattr(action, "lab_request_id", None) or getattr(action, "order_id", None), review)
        assert sorted(owed.values()) == sorted(self.owing), "who has left is owed each result that came afterwards"
        self.untold |= owed
        if action.kind in ("discharge", "cancel_visit", "record_death"):
            self.owed_by_end, self.owed_since = set(owed), {}
        elif self.ended:
            self.owed_since |= owed
        if action.kind in ("reopen_visit", "undo_death") and not self.ended:
            self.read_here(review)

    def after_record_triage(self, action: Any, actor: Person, id: UUID) -> None:
        colour, is_half = seen_as(action), action.vital_signs.trauma is None
        self.encounters.add(id)
        self.half_measured = is_half
        if self.goes_down(action):
            self.lower = (colour, actor.id)
            return
        self.lower = None
        if not (is_half and colour == "GREEN"):
            self.colour = min(colour, self.colour or colour, key=COLOURS.index)
        self.triaged = self.triaged or not is_half or self.colour == "RED"

    def goes_down(self, action: Any) -> bool:
        """Whether this look, again and whole, finds the patient less urgent than is written here."""
        if not (action.retriage and self.triaged and self.colour) or action.vital_signs.trauma is None:
            return False
        return COLOURS.index(seen_as(action)) > COLOURS.index(self.colour)

    def after_confirm_retriage(self, action: Any, actor: Person, id: UUID) -> None:
        assert self.lower is not None
        self.colour, self.lower = self.lower[0], None
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
        self.tests[id] = Test(action.test_type, actor.id)
        self.charged[id] = PRICES[action.test_type]

    def after_report_lab_test(self, action: Any, actor: Person, id: UUID) -> None:
        is_news = self.tests[action.lab_request_id].comes(action.status, said(action))
        if action.status == "CANCELLED":
            self.taken_back += self.charged.pop(action.lab_request_id)
        if self.ended:
            self.owe(action.lab_request_id, is_news, is_due=action.status != "PRELIMINARY")
        if action.status != "PRELIMINARY":
            self.unread = self.unread or not self.ended
            self.answered[action.lab_request_id] = "LAB_REQUEST"
            self.to_follow.discard(action.lab_request_id)
            self.work.pop(action.lab_request_id, None)

    def after_correct_lab_result(self, action: Any, actor: Person, id: UUID) -> None:
        is_news = self.tests[action.lab_request_id].comes("CORRECTED", said(action))
        if self.ended:
            self.owe(action.lab_request_id, is_news, is_due=True)
        else:
            self.unread = True

    def after_cancel_order(self, action: Any, actor: Person, id: UUID) -> None:
        self.tests[action.order_id].comes("CANCELLED", "")
        self.taken_back += self.charged.pop(action.order_id)
        self.unread = self.unread or self.tests[action.order_id].by != actor.id
        self.answer(action.order_id)

    def after_acknowledge_critical(self, action: Any, actor: Person, id: UUID) -> None:
        self.tests[action.lab_request_id].heard = True

    def after_tell_patient(self, action: Any, actor: Person, id: UUID) -> None:
        about = self.untold[action.obligation_id]
        self.untold = {owed: test for owed, test in self.untold.items() if test != about}

    def owe(self, test: UUID, is_news: bool, *, is_due: bool) -> None:
        """What is owed already is not owed twice, unless it became critical."""
        if is_news or (is_due and test not in self.untold.values()):
            self.owing.append(test)

    def send_back(self, test: UUID | None, review: UUID | None) -> None:
        if not self.unread or self.ended or self.working("LAB_REQUEST") or self.working("REVIEW"):
            return
        assert test is not None
        assert review is not None, "the last result is in, and nobody is asked to read it"
        self.clinician = self.tests[test].by
        self.work[review] = Work("REVIEW", Station.CONSULTATION, self.clinician)

    def after_prescribe(self, action: Any, actor: Person, id: UUID) -> None:
        each, drug = PRICES[action.medication_name], action.medication_name
        self.work[id] = Work("PRESCRIPTION", Station.PHARMACY, actor.id, pieces=action.quantity, each=each, drug=drug)
        self.charged[id] = each * action.quantity
        self.drugs[id] = {drug}

    def prescribed(self, id: UUID) -> Work | None:
        """What is still to be handed out of it: to a patient who waits, or to one to whom it is owed."""
        work = self.debts.get(id) or self.work.get(id)
        return work if work and work.kind == "PRESCRIPTION" else None

    def on_shelf(self, drug: str) -> int | None:
        """Pieces that may be handed out; None where nobody keeps count."""
        return sum(self.shelf[drug][batch] for batch in FIRST_OUT[drug]) if drug in self.shelf else None

    def hand_out(self, drug: str, pieces: int) -> None:
        for batch in FIRST_OUT.get(drug, ()):
            taken = min(pieces, self.shelf[drug][batch])
            self.shelf[drug][batch] -= taken
            pieces -= taken

    def speaks_against(self, drug: str, but: UUID | None = None, *, later_too: bool = True) -> bool:
        """An allergy that counts, a pregnancy, or another drug like it; `but`: a prescription that is not another."""
        if any(drug in TOUCHES.get(one.substance, set()) for one in self.allergies.values() if one.counts):
            return True
        if self.expecting and drug in NOT_IN_PREGNANCY:
            return True
        ids = list(self.drugs)
        others = ids if but is None or later_too else ids[: ids.index(but)]
        names: set[str] = set().union(*(self.drugs[id] for id in others if id != but))
        return drug in names or any({drug} | pair == pair and names & pair for pair in ALIKE)

    def after_dispense(self, action: Dispense, actor: Person, id: UUID) -> None:
        about = action.prescription_id
        work = self.prescribed(about)
        assert work is not None
        if action.status == "CANCELLED":
            self.charge_anew(about, work.each * work.given)
            self.drugs[about] = set()
        elif action.substitution:
            drug, pieces = action.substitution.medication_name, action.substitution.quantity or work.rest
            self.hand_out(drug, pieces)
            self.drugs[about].add(drug)
            if about not in self.debts:
                self.charge_anew(about, work.each * work.given + PRICES[drug] * pieces)
        elif action.status != "OUT_OF_STOCK":
            now = action.quantity_dispensed or (0 if action.status == "OWED" else work.rest)
            now = work.rest if action.status == "DISPENSED" else now
            self.hand_out(work.drug, now)
            work.given += now
        if action.status in ("DISPENSED", "CANCELLED"):
            self.debts.pop(about, None)
            self.work.pop(about, None)
            self.answered[about] = "PRESCRIPTION"
        elif action.status == "OWED":
            self.debts[about] = self.work.pop(about, work)

    def charge_anew(self, order: UUID, amount: Decimal) -> None:
        self.taken_back += max(self.charged[order] - amount, Decimal(0))
        self.charged[order] = amount

    def after_record_allergy(self, action: Any, actor: Person, id: UUID) -> None:
        self.allergies[id] = Allergy(action.substance)

    def after_change_allergy(self, action: Any, actor: Person, id: UUID) -> None:
        allergy = self.allergies[action.allergy_id]
        verified, stands = action.verification_status, action.clinical_status
        allergy.in_error = verified == "entered-in-error"
        allergy.counts = verified not in ("refuted", "entered-in-error") if verified else allergy.counts
        if stands:
            allergy.counts = stands == "active"

    def after_refer(self, action: Any, actor: Person, id: UUID) -> None:
        self.work[id] = Work("REFERRAL", action.station, actor.id)
        if not (self.called or self.written):
            self.instead.add(action.station)

    def after_service(self, action: Any, actor: Person, id: UUID) -> None:
        station, chosen, _ = SERVICES[action.kind]
        self.charged[id] = ITEMS[getattr(action, chosen)].price or Decimal(0)
        self.expecting = self.expecting or getattr(action, chosen) == ANTENATAL
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
            self.rise("RED")

    def after_record_mch_service(self, action: Any, actor: Person, id: UUID) -> None:
        self.after_service(action, actor, id)
        if action.danger_signs:
            self.rise("RED" if "CONVULSING" in action.danger_signs else "YELLOW")

    def rise(self, colour: str) -> None:
        self.colour, self.lower = min(colour, self.colour or colour, key=COLOURS.index), None
        self.triaged = self.triaged or colour == "RED"

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

    def after_wrong_patient(self, action: Any, actor: Person, id: UUID) -> None:
        """Nobody covers another person's bill."""
        self.whose = action.patient_id
        self.withdrawn = self.withdrawn or self.covered > 0
        self.covered = Decimal(0)

    def after_discharge(self, action: Any, actor: Person, id: UUID) -> None:
        self.ends("COMPLETED")
        self.booked = id if action.follow_up else None
        self.appointments |= {id: "SCHEDULED"} if action.follow_up else {}
        self.to_follow = set(self.working("LAB_REQUEST"))
        self.taken_along = {id: self.work[id] for id in self.to_follow}
        self.work = {id: work for id, work in self.work.items() if id not in self.to_follow}
        self.owing = [id for id, test in self.tests.items() if test.waits_to_be_heard]

    def after_cancel_visit(self, action: Any, actor: Person, id: UUID) -> None:
        self.ends("CANCELLED")
        self.owing = [id for id, test in self.tests.items() if test.waits_to_be_heard]

    def ends(self, how: str) -> None:
        self.ended, self.ended_at, self.booked = how, self.now, None
        self.taken_along, self.taken_off = {}, {}

    def after_record_death(self, action: Any, actor: Person, id: UUID) -> None:
        """Open work is cancelled; what was handed out stays on the bill."""
        self.ends("DECEASED")
        self.certified_by, self.taken_along = actor.id, dict(self.work)
        for order, work in self.taken_along.items():
            if order in self.charged:
                self.taken_off[order] = self.charged.pop(order)
                self.taken_back += self.taken_off[order] - work.each * work.given
            if work.kind == "PRESCRIPTION":
                self.charged[order] = work.each * work.given
            if order in self.tests:
                self.tests[order].status = "CANCELLED"
            self.answer(order)

    def after_undo_death(self, action: Any, actor: Person, id: UUID) -> None:
        if not self.has_just_ended:
            self.ended, self.ended_by_mistake = "COMPLETED", True
            self.taken_along, self.taken_off, self.owed_by_end = {}, {}, set()
            return
        for order in self.taken_along:
            if order in self.tests:
                self.tests[order].status = "PRELIMINARY" if self.tests[order].value else "PENDING"
            del self.answered[order]
        self.comes_back(self.taken_along)

    def after_reopen_visit(self, action: Any, actor: Person, id: UUID) -> None:
        self.comes_back({order: work for order, work in self.taken_along.items() if order in self.to_follow})

    def comes_back(self, work: dict[UUID, Work]) -> None:
        self.ended, self.to_follow, self.ended_by_mistake = None, set(), False
        self.work |= work
        self.charged |= self.taken_off
        self.untold = {id: test for id, test in self.untold.items() if id not in self.owed_by_end}
        if self.booked:
            self.appointments[self.booked] = "CANCELLED"

    def read_here(self, review: UUID | None) -> None:
        """What came while the patient was away is read now, by the clinician to whom it is owed first."""
        late = [test for id, test in self.owed_since.items() if id in self.untold]
        self.unread = self.unread or bool(late)
        if not self.unread or self.working("LAB_REQUEST") or self.working("REVIEW"):
            return
        assert review is not None, "a result lies unread"
        assert self.clinician is not None
        self.clinician = self.tests[late[0]].by if late else self.clinician
        self.work[review] = Work("REVIEW", Station.CONSULTATION, self.clinician)

    def answer(self, id: UUID) -> None:
        self.answered[id] = self.work.pop(id).kind


def said(action: Any) -> str:
    return str((action.results or {}).get("hb", ""))
