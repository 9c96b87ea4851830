"""What every staff action is: a form, who may do it, when, and what it changes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid5

from models.base import Value
from models.catalogue import MARKABLE, Known, Resource, Want
from models.claims import Payer
from models.events import Event
from models.orders import Order
from models.policy import Policy
from models.problems import Missing, NotFound, NotYourRole, OutstandingWork, VisitClosed, WrongStage
from models.staff import SERVES, Person, Role, Station
from models.stock import StockMove
from models.visit import Visit

MARKS = ("entered_in_error_at", "entered_in_error_by", "entered_in_error_reason")


class Row(Value):
    """A record to write: a new one, or, with `former`, the changed fields of one that is there."""

    resource: Resource
    id: UUID
    values: Mapping[str, Any]
    former: Mapping[str, Any] | None = None

    @property
    def whole(self) -> dict[str, Any]:
        """The record as it stands afterwards."""
        return {**(self.former or {}), "id": self.id, **self.values}


class Start(Value):
    """A workflow of its own that begins with the change, or hears of it where it runs already.

    `id` names what it is about; `payer`: for a claim, whose.
    """

    kind: Literal[
        "MobilePayment",
        "Reminder",
        "ResultsNotice",
        "CoverageCheck",
        "Claim",
        "CriticalResult",
        "Obligation",
        "AfterCare",
        "CallBack",
        "Approval",
    ]
    id: UUID
    payer: Payer | None = None


def after_care(*patient_ids: UUID) -> tuple[Start, ...]:
    """What is owed to these patients after their visits is looked at again."""
    return tuple(Start(kind="AfterCare", id=id) for id in patient_ids)


def here(call_backs: tuple[UUID, ...]) -> tuple[Start, ...]:
    """Calls that are owed to a patient look again whether they are needed."""
    return tuple(Start(kind="CallBack", id=id) for id in call_backs)


class Charge(Value):
    """One line of the bill; an order's lines are taken back when it is cancelled."""

    code: str
    description: str
    quantity: int
    unit_price: Decimal
    order_id: UUID | None = None

    @property
    def amount(self) -> Decimal:
        return self.unit_price * self.quantity


class Recharge(Value):
    """Lines of an order's bill that were taken back, and are there again: which command took them back."""

    order_id: UUID
    taken_back_by: UUID


def charge_id(command_id: UUID, number: int) -> UUID:
    """The line's own id: what no order made (the consultation) is found by it."""
    return uuid5(command_id, f"charge-{number}")


class Change(Value):
    """What an accepted action does: the visit's new facts and everything to write with them."""

    visit: Visit
    rows: tuple[Row, ...] = ()
    charges: tuple[Charge, ...] = ()
    uncharged: tuple[UUID, ...] = ()
    recharged: tuple[Recharge, ...] = ()
    events: tuple[Event, ...] = ()
    starts: tuple[Start, ...] = ()
    moves: tuple[StockMove, ...] = ()
    """What leaves the pharmacy's shelf, or comes back to it."""
    unserved: tuple[UUID, ...] = ()
    """Records that were entered in error: whoever waited for what they say has not been served by it."""
    moved_from: UUID | None = None
    """The patient whose records of this visit are now those of the visit's patient."""
    moved_because: str = ""
    """Why, where the visit had been made for the wrong registration: then only this visit's records move."""


class Case(Value):
    """One action in its circumstances: who, when, on which visit, and what was looked up."""

    id: UUID
    visit_id: UUID
    actor: Person
    at: datetime
    today: date
    before: Visit | None
    known: Known = Known()

    @property
    def visit(self) -> Visit:
        if self.before is None:
            raise NotFound("There is no such visit. Register the patient first.")
        return self.before

    def derived_id(self, name: str) -> UUID:
        """A further id that the same command always makes anew."""
        return uuid5(self.id, name)

    def order(self, **facts: Any) -> Order:
        return Order(id=self.id, since=self.at, person_id=self.actor.id, **facts)

    def row(self, resource: Resource, values: Mapping[str, Any]) -> Row:
        """A new record of this visit, whose id is the command's."""
        stamped = {
            "facility_id": self.visit.facility_id,
            "visit_id": self.visit.id,
            "patient_id": self.visit.patient_id,
            "recorded_by": self.actor.id,
            "recorded_at": self.at,
        }
        unmarked = dict.fromkeys(MARKS) if resource in MARKABLE else {}
        return Row(resource=resource, id=self.id, values={**stamped, **unmarked, **values})


class Action(Value, ABC):
    """A form that staff fill in, with the rule for what it does to the visit.

    Class facts: `roles` that may do it, `resource` and `writes` as the audit names them, `said` for people.
    """

    roles: ClassVar[frozenset[Role]]
    resource: ClassVar[Resource]
    writes: ClassVar[Literal["CREATE", "UPDATE"]] = "CREATE"
    said: ClassVar[str]
    starts_visit: ClassVar[bool] = False
    by_the_clinic: ClassVar[bool] = False
    """Whether only the clinic's own workflows do it, and no person."""
    is_progress: ClassVar[bool] = True
    """Whether the visit gets on by it; it does not by being handed over."""

    kind: str

    def wants(self) -> tuple[Want, ...]:
        """What must be looked up before the decision."""
        return ()

    def wants_under(self, policy: Policy) -> tuple[Want, ...]:
        """The same, with what the clinic's policy asks for besides."""
        return self.wants()

    def check(self, visit: Visit, actor: Person) -> None:
        """Raise Refused when the visit's own facts already say no. Asked twice: early, and where it is written."""
        require_open(visit)
        require_triage(visit)

    @abstractmethod
    def apply(self, case: Case) -> Change:
        """Return what the action does, or raise Refused."""

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        """The body of the answer: the record, with the visit's summary inside."""
        return {**change.rows[0].whole, "visit": shown}

    @property
    def audited_resource(self) -> Resource:
        """What kind of record the audit entry is about."""
        return self.resource

    def audit_id(self, case: Case) -> UUID:
        """Which record the audit entry is about."""
        return case.id

    def audited(self, change: Change) -> str:
        """What the audit entry says of it; never what a patient has."""
        return self.said

    def fields(self, *left_out: str) -> dict[str, Any]:
        """The form's fields as they are stored."""
        return self.model_dump(exclude={"kind", *left_out})


def require_role(roles: frozenset[Role], actor: Person, said: str) -> None:
    if not actor.is_any_of(roles):
        named = ", ".join(sorted(roles))
        raise NotYourRole(f"{said}: only {named} may do this. Ask one of them.", roles=sorted(roles))


def require_open(visit: Visit) -> None:
    if visit.end:
        raise VisitClosed(f"The visit ended as {visit.end}. Open a new visit to go on.")


def require_bill_open(visit: Visit) -> None:
    """Money is taken while the visit is open, and afterwards as long as something is owed: by the family of who has
    died, say."""
    if visit.end and visit.balance <= 0:
        require_open(visit)


def require_triage(visit: Visit) -> None:
    if visit.triage_category is None:
        missing = Missing(what="triage", roles=(Role.TRIAGE_NURSE,))
        raise WrongStage("The patient has not been triaged yet. Triage comes first.", missing=[missing])


def require_consultation(visit: Visit) -> None:
    require_triage(visit)
    if not visit.was_consulted:
        missing = Missing(what="consultation", roles=(Role.CLINICAL_OFFICER,))
        raise WrongStage("The patient waits for consultation. Take the patient in first.", missing=[missing])


def require_nothing_open(visit: Visit, first: Sequence[Missing] = ()) -> None:
    """Refuse while an order is open or a balance stands, naming each and who can close it.

    `first`: what is missing too and should be done before, for it adds to the bill.
    """
    missing = [Missing(what=f"{o.said} ({o.id})", roles=(SERVES[o.station],)) for o in visit.open_orders]
    if visit.balance > 0:
        missing.append(Missing(what=f"payment of KES {visit.balance}", roles=(SERVES[Station.CASHIER],)))
    if missing:
        named = "; ".join(m.what for m in (*first, *missing))
        raise OutstandingWork(f"Still open: {named}.", missing=(*first, *missing))
