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
WRITES = {
    "record_triage": "ENCOUNTER",
    "confirm_retriage": "ENCOUNTER",
    "record_encounter": "ENCOUNTER",
    "record_diagnosis": "DIAGNOSIS",
    "order_lab_test": "LAB_REQUEST",
    "prescribe": "PRESCRIPTION",
    "refer": "REFERRAL",
    "refer_out": "REFERRAL",
    "record_immunization": "IMMUNIZATION",
    "record_reaction": "REACTION",
    "record_family_planning": "FAMILY_PLANNING",
    "record_mch_service": "MCH_SERVICE",
}
"""Which record each action writes down."""


@dataclass
class Line:
    """One line of the notes, as it was written.

    `looked`: the look that a second person agrees with. `open_then`: what was open. `taken`: pieces from which batch of
    which drug. Of a line that marks a record, `final`: when the final result of the test came, and who had asked for
    it; `told`: when the patient was told of it; `sends_back`: no consultation is left, and one is waited for again.
    """

    action: Any
    actor: Person
    id: UUID
    now: datetime
    review: UUID | None
    owed: dict[UUID, UUID]
    looked: UUID | None
    open_then: frozenset[UUID] = frozenset()
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    final: tuple[datetime, UUID] | None = None
    told: datetime | None = None
    sends_back: bool = False


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
    since: datetime = MORNING

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
class Referral:
    """To a station of the clinic, or out of it. `instead`: it took the place of the consultation."""

    station: Station | None
    by: UUID
    instead: bool = False
    status: str = "PENDING"


@dataclass
class Slip:
    """A patient's slip at a station: who calls them, who has them, in which room, how often in vain."""

    caller: UUID | None = None
    called_at: datetime = MORNING
    holder: UUID | None = None
    room: str | None = None
    times: int = 0
    missed: int = 0


@dataclass
class Went:
    """How the patient left: when, whether a call is owed to them, and what came of each."""

    at: datetime
    is_called: bool
    calls: list[str] = field(default_factory=list)


@dataclass
class Request:
    """A waiver or a refund, and what became of it. `counts`: what still counts of a waiver."""

    amount: Decimal
    by: UUID
    status: str = "PENDING"
    counts: Decimal = Decimal(0)


@dataclass
class Glass:
    """A money gate that was broken."""

    by: UUID
    station: Station | None
    reviewed: bool = False


@dataclass
class Paper:
    """The notes of one visit. `first`: where this clinic wants its money first."""

    first: frozenset[Station] = frozenset()
    behind: set[UUID] = field(default_factory=set)
    fee: Decimal = Decimal(0)
    quoted: dict[UUID, Decimal] = field(default_factory=dict)
    deposited: Decimal = Decimal(0)
    deposits: set[UUID] = field(default_factory=set)
    refunded: Decimal = Decimal(0)
    waivers: dict[UUID, Request] = field(default_factory=dict)
    waived_then: dict[UUID, Decimal] = field(default_factory=dict)
    refunds: dict[UUID, Request] = field(default_factory=dict)
    glasses: dict[UUID, Glass] = field(default_factory=dict)
    triaged: bool = False
    half_measured: bool = False
    colour: str | None = None
    endangered: bool = False
    """A service found a danger."""
    lower: tuple[str, UUID] | None = None
    lower_look: UUID | None = None
    clinician: UUID | None = None
    called: bool = False
    written: bool = False
    referrals: dict[UUID, Referral] = field(default_factory=dict)
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
    went: Went | None = None
    farewells: dict[UUID, tuple[bool, bool, bool]] = field(default_factory=dict)
    """How it was when the patient left, by the command: what is found to be an error later does not change it."""
    handed_over: date | None = None
    nights: int = 0
    came_back: bool = False
    """After having left, and nobody has looked at them since."""
    to_read: set[UUID] = field(default_factory=set)
    owed_at_end: set[UUID] = field(default_factory=set)
    ended_work: set[UUID] = field(default_factory=set)
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
    reactions: dict[UUID, UUID] = field(default_factory=dict)
    reacted: set[UUID] = field(default_factory=set)
    occasions: dict[UUID, list[tuple[UUID, int]]] = field(default_factory=dict)
    """Of each prescription what was done at the counter, and how many pieces were handed out."""
    handed_on: dict[UUID, UUID] = field(default_factory=dict)
    """On which prescription each was."""
    told: dict[UUID, datetime] = field(default_factory=dict)
    left: dict[UUID, Work] = field(default_factory=dict)
    """Open when the visit ended, for a record counts no more that had answered it: it comes back with the visit."""
    sent_along: set[UUID] = field(default_factory=set)
    line: Line | None = None
    is_copy: bool = False
    marked: set[UUID] = field(default_factory=set)
    writers: dict[tuple[str, UUID], UUID] = field(default_factory=dict)
    seen_at: list[datetime] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    kinds: dict[UUID, str] = field(default_factory=dict)
    slips: dict[Station, Slip] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum(self.charged.values(), Decimal(0))

    @property
    def owed(self) -> Decimal:
        return self.total - self.settled

    @property
    def settled(self) -> Decimal:
        return self.paid - self.refunded + self.covered + self.waived

    @property
    def waived(self) -> Decimal:
        return sum((one.counts for one in self.waivers.values()), Decimal(0))

    @property
    def may_go_back(self) -> Decimal:
        """What is there beyond the bill, as far as it is the patient's."""
        return min(max(-self.owed, Decimal(0)), self.paid - self.refunded)

    @property
    def to_look_again(self) -> bool:
        return self.came_back and self.triaged and self.colour != "GREEN"

    @property
    def is_emergency(self) -> bool:
        return self.triaged and self.colour == "RED"

    def asks_first(self, station: Station) -> bool:
        broken = any(glass.station is station for glass in self.glasses.values())
        return station in self.first and not self.is_emergency and not broken

    @property
    def for_gates(self) -> Decimal:
        """The money that is not used up by what was done behind a gate."""
        done = sum((amount for id, amount in self.charged.items() if id in self.behind - set(self.work)), Decimal(0))
        return self.settled - done - (self.fee if self.called and not self.written else Decimal(0))

    def bills_in_turn(self, **instead: Decimal) -> list[tuple[datetime, str, Decimal]]:
        """Who waits for the cashier, in turn: since when, for what, how much. `instead`: another price."""
        line = [
            (work.since, str(id), instead.get(str(id), self.charged.get(id) or self.quoted.get(id, Decimal(0))))
            for id, work in self.work.items()
            if id in self.behind
        ]
        consultation = [(MORNING, "None", self.fee)] if self.stage == "TRIAGED" else []
        return sorted(one for one in (*line, *consultation) if one[2])

    def gated(self) -> set[str]:
        """What may not be done yet."""
        money, waits = self.for_gates, set()
        for _, what, price in self.bills_in_turn() if not (self.is_emergency or self.ended) else []:
            money -= price
            if money < 0:
                waits.add(what)
        return waits

    def is_short(self, what: str, price: Decimal, since: datetime) -> bool:
        """Whether money is missing for this, at that price, and for all that comes before it."""
        if self.is_emergency or not price:
            return False
        others = [one for one in self.bills_in_turn() if one[1] != what]
        line = sorted([*others, (since, what, price)])
        needed = sum((one[2] for one in line[: line.index((since, what, price)) + 1]), Decimal(0))
        return needed > self.for_gates

    @property
    def missing(self) -> Decimal:
        """What would open every gate."""
        return sum((price for _, _, price in self.bills_in_turn()), Decimal(0)) - self.for_gates

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
    def instead(self) -> set[Station]:
        """Stations that the patient was sent to instead of to the clinician; nobody is who is in danger."""
        return set() if self.endangered or self.is_emergency else self.sent_past

    @property
    def sent_past(self) -> set[Station]:
        sent = [one for one in self.referrals.values() if one.instead and one.status != "CANCELLED"]
        return {one.station for one in sent if one.station}

    @property
    def out(self) -> set[UUID]:
        """Referrals to other facilities that are still to be answered."""
        return {id for id, one in self.referrals.items() if one.station is None and one.status == "PENDING"}

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
        cashier = {Station.CASHIER} if self.gated() else set()
        return stations | cashier | ({at[self.stage]} if self.stage in at else set())

    def note(self, action: Action, actor: Person, id: UUID, review: UUID | None, owed: dict[UUID, UUID]) -> None:
        """`id`: the command's; `review`, `owed`: how a review, or what is owed from now on, is called."""
        self.accepted += 1
        self.owing = []
        self.handed_over = None
        line = Line(action, actor, id, self.now, review, owed, self.lower_look, frozenset(self.work))
        self.lines.append(line)
        written = WRITES.get(action.kind)
        if written:
            self.writers[written, id] = actor.id
            self.kinds[id] = action.kind
        if isinstance(action, Dispense):
            self.writers["DISPENSING", id] = actor.id
            self.handed_on[id] = action.prescription_id
        self.write(line)
        assert sorted(owed.values()) == sorted(self.owing), "who has left is owed each result that came afterwards"

    def write(self, line: Line) -> None:
        action, self.line = line.action, line
        getattr(self, f"after_{action.kind}", self.after_service)(action, line.actor, line.id)
        if action.kind in ("report_lab_test", "correct_lab_result", "cancel_order"):
            self.send_back(getattr(action, "lab_request_id", None) or getattr(action, "order_id", None), line.review)
        is_mark = action.kind == "enter_in_error"
        owed = {id: test for id, test in line.owed.items() if is_mark or test not in self.marked}
        self.untold |= owed
        if action.kind in ("discharge", "cancel_visit", "record_death", "patient_left"):
            self.owed_by_end, self.owed_since = set(owed), {}
        elif self.ended:
            self.owed_since |= owed
        if action.kind in ("reopen_visit", "undo_death", "patient_returned") and not self.ended:
            self.read_here(line.review)
        if not self.is_copy:
            self.reckon()
        self.slips = {station: slip for station, slip in self.slips.items() if station in self.waits}

    def reckon(self) -> None:
        """What every step means for the money."""
        surplus = min(max(-self.owed, Decimal(0)), self.waived)
        for waiver in reversed(list(self.waivers.values())):
            off = min(surplus, waiver.counts)
            waiver.counts, surplus = waiver.counts - off, surplus - off
        if self.is_emergency:
            self.behind, self.fee = self.behind - set(self.work), Decimal(0)
        for waiver in self.waivers.values():
            if waiver.status == "PENDING" and self.owed <= 0:
                waiver.status = "CANCELLED"
        for refund in self.refunds.values():
            if refund.status in ("PENDING", "APPROVED") and refund.amount > self.may_go_back:
                refund.status = "CANCELLED"

    def put_behind(self, id: UUID, station: Station) -> None:
        if self.asks_first(station):
            self.behind.add(id)

    def after_take_deposit(self, action: Any, actor: Person, id: UUID) -> None:
        self.deposits.add(id)
        self.moneys[id] = "PENDING" if action.payment_type == "MPESA" else "COMPLETED"
        if action.payment_type == "MPESA":
            self.phoned[id] = action.amount
        else:
            self.deposited += action.amount
            self.came(action.amount)

    def after_quote_service(self, action: Any, actor: Person, id: UUID) -> None:
        (referral,) = (one for one in self.working("REFERRAL") if self.work[one].station is action.station)
        self.quoted[referral] = ITEMS[action.item_id].price or Decimal(0)

    def after_request_waiver(self, action: Any, actor: Person, id: UUID) -> None:
        self.waivers[id] = Request(action.amount, actor.id)

    def after_decide_waiver(self, action: Any, actor: Person, id: UUID) -> None:
        waiver = self.waivers.pop(action.waiver_id)
        self.waivers[action.waiver_id] = waiver  # the latest to be approved is the first to shrink
        waiver.status = "APPROVED" if action.approved else "REFUSED"
        waiver.counts = (action.amount or waiver.amount) if action.approved else Decimal(0)

    def after_expire_waiver(self, action: Any, actor: Person, id: UUID) -> None:
        self.waivers[action.waiver_id].status = "EXPIRED"

    def after_hear_cover(self, action: Any, actor: Person, id: UUID) -> None:
        """Whoever pays in cash waits for no payer."""

    def after_request_refund(self, action: Any, actor: Person, id: UUID) -> None:
        self.refunds[id] = Request(action.amount, actor.id)

    def after_decide_refund(self, action: Any, actor: Person, id: UUID) -> None:
        self.refunds[action.refund_id].status = "APPROVED" if action.approved else "REFUSED"

    def after_pay_out_refund(self, action: Any, actor: Person, id: UUID) -> None:
        refund = self.refunds[action.refund_id]
        refund.status, self.refunded = "PAID", self.refunded + refund.amount

    def after_break_glass(self, action: Any, actor: Person, id: UUID) -> None:
        self.glasses[id] = Glass(actor.id, None if action.order_id else action.station)
        through = [one for one, work in self.work.items() if one == action.order_id or work.station is action.station]
        self.behind -= set(through)
        self.fee = Decimal(0) if action.station is Station.CONSULTATION else self.fee

    def after_review_break_glass(self, action: Any, actor: Person, id: UUID) -> None:
        self.glasses[action.break_glass_id].reviewed = True

    def after_record_triage(self, action: Any, actor: Person, id: UUID) -> None:
        colour, is_half = seen_as(action), action.vital_signs.trauma is None
        self.encounters.add(id)
        self.half_measured, self.came_back = is_half, False
        if self.goes_down(action):
            self.lower, self.lower_look = (colour, actor.id), id
            return
        self.lower = self.lower_look = None
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
        self.colour, self.lower, self.lower_look = self.lower[0], None, None
        self.encounters.add(id)

    def slip_at(self, station: Station) -> Slip:
        return self.slips.setdefault(station, Slip())

    def after_call_patient(self, action: Any, actor: Person, id: UUID) -> None:
        slip = self.slip_at(action.station)
        mine = actor.id in (slip.caller, slip.holder)
        slip.room = action.room or (slip.room if mine else None)
        slip.caller, slip.called_at, slip.times = actor.id, self.now, slip.times + 1

    def after_no_answer(self, action: Any, actor: Person, id: UUID) -> None:
        slip = self.slip_at(action.station)
        slip.caller, slip.missed = None, slip.missed + 1

    def after_take_patient(self, action: Any, actor: Person, id: UUID) -> None:
        self.has(action.station, actor, action.room)

    def has(self, station: Station, actor: Person, room: str | None) -> None:
        slip = self.slip_at(station)
        mine = actor.id in (slip.caller, slip.holder)
        slip.room = room or (slip.room if mine else None)
        slip.caller, slip.holder = None, actor.id

    def after_release_patient(self, action: Any, actor: Person, id: UUID) -> None:
        slip = self.slip_at(action.station)
        slip.caller = slip.holder = slip.room = None

    def after_take_in(self, action: Any, actor: Person, id: UUID) -> None:
        self.called, self.clinician, self.came_back = True, actor.id, False
        if self.working("REVIEW"):
            self.has(Station.CONSULTATION, actor, None)

    def after_record_encounter(self, action: Any, actor: Person, id: UUID) -> None:
        if not self.written:
            self.charged[id] = PRICES["CONSULTATION"]
            self.behind |= {id} if self.fee else set()
        self.called = self.written = True
        self.clinician, self.unread, self.came_back = actor.id, False, False
        self.to_read = set()
        self.encounters.add(id)
        self.seen_at.append(self.now)
        for review in self.working("REVIEW"):
            self.answer(review)

    def after_record_diagnosis(self, action: Any, actor: Person, id: UUID) -> None:
        """A diagnosis moves nobody."""

    def after_order_lab_test(self, action: Any, actor: Person, id: UUID) -> None:
        self.work[id] = Work("LAB_REQUEST", Station.LABORATORY, actor.id, since=self.now)
        self.put_behind(id, Station.LABORATORY)
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
            self.to_read |= {action.lab_request_id} if action.status == "COMPLETED" else set()
            self.answered[action.lab_request_id] = "LAB_REQUEST"
            self.to_follow.discard(action.lab_request_id)
            self.work.pop(action.lab_request_id, None)

    def after_correct_lab_result(self, action: Any, actor: Person, id: UUID) -> None:
        is_news = self.tests[action.lab_request_id].comes("CORRECTED", said(action))
        self.to_read.add(action.lab_request_id)
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
        about = self.untold.get(action.obligation_id)
        if about:
            self.told[about] = self.now
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
        self.work[id] = Work("PRESCRIPTION", Station.PHARMACY, actor.id, action.quantity, 0, each, drug, self.now)
        self.put_behind(id, Station.PHARMACY)
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
        assert self.line is not None
        self.occasions[self.line.action.prescription_id][-1] = (self.line.id, pieces)
        if self.is_copy:
            return  # from which batches it was taken is known
        for batch in FIRST_OUT.get(drug, ()):
            taken = min(pieces, self.shelf[drug][batch])
            self.shelf[drug][batch] -= taken
            self.line.taken[drug, batch] = taken
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
        self.occasions.setdefault(about, []).append((id, 0))
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
        for other in [id for id in self.working("REFERRAL") if self.work[id].station is action.station]:
            self.referrals[other].status = "COMPLETED"
            self.answer(other)
        self.work[id] = Work("REFERRAL", action.station, actor.id, since=self.now)
        self.put_behind(id, action.station)
        self.referrals[id] = Referral(action.station, actor.id, instead=not (self.called or self.written))

    def after_refer_out(self, action: Any, actor: Person, id: UUID) -> None:
        """It holds up nothing here."""
        self.referrals[id] = Referral(None, actor.id)

    def after_cancel_referral(self, action: Any, actor: Person, id: UUID) -> None:
        self.referrals[action.referral_id].status = "CANCELLED"
        if action.referral_id in self.work:
            self.answer(action.referral_id)

    def after_record_referral_feedback(self, action: Any, actor: Person, id: UUID) -> None:
        self.referrals[action.referral_id].status = "COMPLETED"

    def after_service(self, action: Any, actor: Person, id: UUID) -> None:
        station, chosen, _ = SERVICES[action.kind]
        self.charged[id] = ITEMS[getattr(action, chosen)].price or Decimal(0)
        if self.is_behind(station):
            self.behind.add(id)
        self.expecting = self.expecting or getattr(action, chosen) == ANTENATAL
        for referral in self.working("REFERRAL"):
            if self.work[referral].station is station:
                self.referrals[referral].status = "COMPLETED"
                self.answer(referral)

    def is_behind(self, station: Station) -> bool:
        """Whether what is given at a station now was to be paid first: as the referral began, where there is one."""
        sent = [id for id in self.working("REFERRAL") if self.work[id].station is station]
        return sent[0] in self.behind if sent else self.asks_first(station)

    def after_record_immunization(self, action: Any, actor: Person, id: UUID) -> None:
        """Only Td has a place in an adult's schedule, and so an observation."""
        self.after_service(action, actor, id)
        if action.vaccine_id == TETANUS:
            self.watched = self.now + timedelta(minutes=15)
        self.doses[id] = action.vaccine_id

    def after_end_observation(self, action: Any, actor: Person, id: UUID) -> None:
        self.watched = min(self.now, self.watched) if self.watched else None

    def after_record_reaction(self, action: Any, actor: Person, id: UUID) -> None:
        self.reactions[id] = action.immunization_id
        if action.anaphylaxis:
            self.reacted.add(self.doses[action.immunization_id])
            self.rise("RED")

    def after_record_mch_service(self, action: Any, actor: Person, id: UUID) -> None:
        self.after_service(action, actor, id)
        if action.danger_signs:
            self.rise("RED" if "CONVULSING" in action.danger_signs else "YELLOW")

    def rise(self, colour: str) -> None:
        self.colour, self.lower = min(colour, self.colour or colour, key=COLOURS.index), None
        self.lower_look = None
        self.triaged, self.endangered = self.triaged or colour == "RED", True

    def after_take_payment(self, action: Any, actor: Person, id: UUID) -> None:
        self.moneys[id] = "PENDING" if action.payment_type == "MPESA" else "COMPLETED"
        if action.payment_type == "MPESA":
            self.phoned[id] = action.amount
        else:
            self.paid += action.amount

    def after_confirm_payment(self, action: Any, actor: Person, id: UUID) -> None:
        self.moneys[action.payment_id] = "COMPLETED"
        self.deposited += action.amount if action.payment_id in self.deposits else 0
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
        self.ends("REFERRED" if self.out else "COMPLETED")
        self.booked = id if action.follow_up else None
        self.appointments |= {id: "SCHEDULED"} if action.follow_up else {}
        self.to_follow = set(self.working("LAB_REQUEST"))
        self.taken_along = {id: self.work[id] for id in self.to_follow}
        self.work = {id: work for id, work in self.work.items() if id not in self.to_follow}
        self.owing = [id for id, test in self.tests.items() if test.waits_to_be_heard]

    def after_cancel_visit(self, action: Any, actor: Person, id: UUID) -> None:
        self.ends("CANCELLED")
        self.send_nobody()
        self.owing = [id for id, test in self.tests.items() if test.waits_to_be_heard]

    def ends(self, how: str) -> None:
        self.ended, self.ended_at, self.booked = how, self.now, None
        self.taken_along, self.taken_off, self.sent_along = {}, {}, set()
        self.owed_at_end, self.ended_work, self.waived_then = set(), set(), {}
        self.leave()

    def leave(self) -> None:
        """What is open only in a copy, for what had answered it is struck out, nobody works on any more."""
        assert self.line is not None
        late = {id: work for id, work in self.work.items() if id not in self.line.open_then}
        self.left = {id: work for id, work in late.items() if work.kind != "REVIEW"}
        for id, work in late.items():
            self.answer(id)
            if work.kind == "PRESCRIPTION":
                self.charged[id], self.drugs[id] = work.each * work.given, set()
            if id in self.referrals:
                self.referrals[id].status = "COMPLETED"

    def send_nobody(self) -> None:
        """No other facility is asked any more."""
        self.sent_along = self.out
        for id in self.sent_along:
            self.referrals[id].status = "CANCELLED"

    @property
    def was_met(self) -> bool:
        """Somebody had the patient in: a clinician, or the nurse to whom triage had sent them."""
        open_at = {self.work[id].station for id in self.working("REFERRAL")}
        return self.called or self.written or bool(self.instead - open_at)

    @property
    def farewell(self) -> tuple[bool, bool, bool]:
        """Whether who leaves now was met, has paid, and is to be called."""
        is_examined = self.written or (self.was_met and not self.called)
        is_harmless = self.triaged and self.colour == "GREEN" and not self.half_measured
        return self.was_met, self.owed <= 0, not is_examined and not is_harmless

    def after_patient_left(self, action: Any, actor: Person, id: UUID) -> None:
        """Who was met is told of their results, and collects what is paid; all other work is cancelled."""
        is_met, is_paid, is_called = self.farewells.setdefault(id, self.farewell)
        self.ends("COMPLETED" if is_met else "LEFT_WITHOUT_BEING_SEEN")
        self.went = Went(action.last_seen_at or self.now, is_called)
        tests, drugs = set(self.working("LAB_REQUEST")), set(self.working("PRESCRIPTION"))
        self.to_follow = tests if is_met else set()
        self.owed_at_end = drugs if is_met and is_paid else set()
        self.debts |= {one: self.work[one] for one in self.owed_at_end}
        follows = {one: self.work.pop(one) for one in self.to_follow | self.owed_at_end}
        gone = dict(self.work)
        self.cancel(gone)
        self.taken_along = {**{one: work for one, work in follows.items() if one in self.to_follow}, **gone}
        unheard = [one for one, test in self.tests.items() if test.waits_to_be_heard]
        unread = [one for one in self.tests if one in self.to_read and self.unread and one not in unheard]
        known = set(self.untold.values())
        self.owing = unheard + [one for one in unread if is_met and one not in known]

    def after_hand_over(self, action: Any, actor: Person, id: UUID) -> None:
        """It is somebody's until something happens."""
        self.handed_over, self.nights = action.day, self.nights + 1

    def after_patient_returned(self, action: Any, actor: Person, id: UUID) -> None:
        self.after_reopen_visit(action, actor, id)
        self.came_back = True

    def after_patient_called_back(self, action: Any, actor: Person, id: UUID) -> None:
        assert self.went is not None
        self.went.calls.append(str(action.outcome))

    def after_record_death(self, action: Any, actor: Person, id: UUID) -> None:
        """Open work is cancelled; what was handed out stays on the bill."""
        self.ends("DECEASED")
        self.send_nobody()
        self.certified_by, self.taken_along = actor.id, dict(self.work)
        self.cancel(self.taken_along)

    def cancel(self, gone: dict[UUID, Work]) -> None:
        self.waived_then = {id: one.counts for id, one in self.waivers.items()}
        for order, work in gone.items():
            if order in self.charged:
                self.taken_off[order] = self.charged.pop(order)
                self.taken_back += self.taken_off[order] - work.each * work.given
            if work.kind == "PRESCRIPTION":
                self.charged[order], self.drugs[order] = work.each * work.given, set()
            if order in self.tests:
                self.tests[order].status = "CANCELLED"
            if order in self.referrals:
                self.referrals[order].status = "CANCELLED"
            self.answer(order)
            self.ended_work.add(order)

    def after_undo_death(self, action: Any, actor: Person, id: UUID) -> None:
        if not self.has_just_ended:
            self.ended, self.ended_by_mistake = "COMPLETED", True
            self.taken_along, self.taken_off, self.owed_by_end = {}, {}, set()
            self.left, self.sent_along = {}, set()
            return
        self.take_up(self.taken_along)

    def after_reopen_visit(self, action: Any, actor: Person, id: UUID) -> None:
        """What was to follow and has not come, what was cancelled, and what was to be collected and still is."""
        again = {one: w for one, w in self.taken_along.items() if one in self.to_follow | self.ended_work}
        collected = {one: self.debts.pop(one) for one in self.owed_at_end if one in self.debts}
        self.take_up({**again, **collected})

    def take_up(self, work: dict[UUID, Work]) -> None:
        for order in work.keys() & self.ended_work:
            if order in self.tests:
                self.tests[order].status = "PRELIMINARY" if self.tests[order].value else "PENDING"
            del self.answered[order]
            if work[order].kind == "PRESCRIPTION":
                self.drugs[order] = {work[order].drug}
        self.went = None
        self.comes_back(work)

    def comes_back(self, work: dict[UUID, Work]) -> None:
        self.ended, self.to_follow, self.ended_by_mistake = None, set(), False
        self.work |= work | self.left
        self.charged |= self.taken_off
        for id, one in self.left.items():
            del self.answered[id]
            if one.kind == "PRESCRIPTION":
                self.charged[id], self.drugs[id] = one.each * one.pieces, {one.drug}
        for id in self.sent_along | (self.referrals.keys() & (work.keys() | self.left.keys())):
            self.referrals[id].status = "PENDING"
        self.left = {}
        for id, counted in self.waived_then.items():
            self.waivers[id].counts = max(self.waivers[id].counts, counted)
        self.untold = {id: test for id, test in self.untold.items() if id not in self.owed_by_end}
        if self.booked:
            self.appointments[self.booked] = "CANCELLED"

    def read_here(self, review: UUID | None) -> None:
        """What came while the patient was away is read now, by the clinician to whom it is owed first."""
        late = [test for id, test in self.owed_since.items() if id in self.untold]
        self.unread = self.unread or bool(late)
        for waits in self.working("REVIEW"):
            self.clinician = self.clinician or self.work[waits].person
        if not self.unread or self.working("LAB_REQUEST") or self.working("REVIEW"):
            return
        assert review is not None, "a result lies unread"
        self.clinician = self.writers["LAB_REQUEST", late[0]] if late else self.clinician
        assert self.clinician is not None
        self.work[review] = Work("REVIEW", Station.CONSULTATION, self.clinician)

    def answer(self, id: UUID) -> None:
        self.answered[id] = self.work.pop(id).kind

    def after_enter_in_error(self, action: Any, actor: Person, id: UUID) -> None:
        """The lines about it are not written any more. What waits for them again after the end waits for nobody."""
        about = action.record_id
        if action.record == "DISPENSING":
            self.left.pop(self.handed_on[about], None)
        elif self.kinds[about] in SERVICES:
            station = SERVICES[self.kinds[about]][0]
            self.left = {id: work for id, work in self.left.items() if work.station is not station}


def said(action: Any) -> str:
    return str((action.results or {}).get("hb", ""))
