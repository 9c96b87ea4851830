"""What a patient cannot pay: asked for by whoever sees it, decided by a supervisor, and lapsed where nobody does."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, Start, require_bill_open
from models.actions.money import check_amount
from models.base import NOTHING, Amount, Words
from models.catalogue import DebtsOfVisit, Resource, RowOf, Want
from models.events import Event, for_person
from models.paying import AskedFor, Waived
from models.problems import AlreadyDone, Conflict, Missing, NotFound, WrongStage, invalid
from models.staff import SUPERVISING, THE_CLINIC, Person, Role
from models.visit import Visit
from models.waiving import waiving


class RequestWaiver(Action):
    """Ask that so much of what is owed need not be paid, in KES. A supervisor decides; one request at a time."""

    roles = frozenset({Role.CASHIER, Role.RECEPTIONIST, Role.CLINICAL_OFFICER, Role.SUPERVISOR})
    resource = Resource.WAIVER
    said = "Waiver asked for"

    kind: Literal["request_waiver"] = "request_waiver"
    amount: Amount
    reason: Words

    def check(self, visit: Visit, actor: Person) -> None:
        require_bill_open(visit)
        if visit.pending_waiver:
            raise Conflict(f"A waiver of KES {visit.pending_waiver.amount} waits to be decided. Wait for the answer.")
        check_amount("amount", self.amount, visit)

    def apply(self, case: Case) -> Change:
        deciding, policy = case.known.policy.waivers, case.known.policy
        lapses = case.at + policy.lasting(deciding.expires_after) if deciding.expires_after is not None else None
        values = {
            **self.fields(),
            "due_at": case.at + policy.lasting(deciding.decide_within),
            "expires_at": lapses,
            "ladder": [rung.model_dump(mode="json") for rung in policy.ladder_of(deciding.ladder)],
            "amount_approved": None,
            "amount_counted": NOTHING,
            **UNDECIDED,
        }
        asked = AskedFor(id=case.id, amount=self.amount, by=case.actor.id, at=case.at)
        payload = {"visitId": case.visit_id, "waiverId": case.id, "amount": self.amount}
        return Change(
            visit=case.visit.having(pending_waiver=asked),
            rows=(case.row(Resource.WAIVER, values),),
            events=(Event(kind="waiver:requested", audience=(Role.SUPERVISOR,), payload=payload),),
            starts=(Start(kind="Approval", id=case.id),),
        )


UNDECIDED: dict[str, Any] = {"status": "PENDING", "decided_by": None, "decided_at": None, "outcome": ""}


class DecideWaiver(Action):
    """Approve a waiver, wholly or up to `amount`, or refuse it. Never by who asked for it."""

    roles = SUPERVISING
    resource = Resource.WAIVER
    writes = "UPDATE"
    said = "Waiver decided"

    kind: Literal["decide_waiver"] = "decide_waiver"
    waiver_id: UUID
    approved: bool
    amount: Amount | None = None
    reason: Words

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.WAIVER, id=self.waiver_id), DebtsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        asked = visit.pending_waiver
        if asked is None or asked.id != self.waiver_id:
            return  # the stored request says more than "not waiting": decided in apply
        require_another(asked, actor)
        if self.approved and self.amount is not None and self.amount > asked.amount:
            raise invalid("amount", f"KES {self.amount} is more than was asked for, which is KES {asked.amount}")
        if self.approved:
            check_amount("amount", self.amount or asked.amount, visit)

    def apply(self, case: Case) -> Change:
        row = waiting_row(case, "waiver")
        asked = case.visit.pending_waiver
        assert asked is not None
        amount = (self.amount or asked.amount) if self.approved else None
        visit = case.visit.having(pending_waiver=None)
        if amount is not None:
            visit = waiving(visit, (*visit.waivers, Waived(id=asked.id, amount=amount)))
        status = "APPROVED" if self.approved else "REFUSED"
        values = {**decided(case, status, self.reason), "amount_approved": amount, "amount_counted": amount or NOTHING}
        return Change(
            visit=visit,
            rows=(Row(resource=Resource.WAIVER, id=asked.id, values=values, former=row),),
            events=(told("waiver:decided", visit, asked, status),),
            starts=(Start(kind="Approval", id=asked.id),),
        )

    def audit_id(self, case: Case) -> UUID:
        return self.waiver_id


class ExpireWaiver(Action):
    """Nobody decided in time. The cashier is told; another may be asked for."""

    roles = frozenset()
    by_the_clinic = True
    resource = Resource.WAIVER
    writes = "UPDATE"
    said = "Waiver lapsed"

    kind: Literal["expire_waiver"] = "expire_waiver"
    waiver_id: UUID

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.WAIVER, id=self.waiver_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        """Whatever the visit's stage."""

    def apply(self, case: Case) -> Change:
        row = waiting_row(case, "waiver")
        asked = case.visit.pending_waiver
        assert asked is not None
        values = decided(case, "EXPIRED", "Nobody decided in time.")
        return Change(
            visit=case.visit.having(pending_waiver=None),
            rows=(Row(resource=Resource.WAIVER, id=asked.id, values=values, former=row),),
            events=(told("waiver:decided", case.visit, asked, "EXPIRED"),),
            starts=(Start(kind="Approval", id=asked.id),),
        )

    def audit_id(self, case: Case) -> UUID:
        return self.waiver_id


def require_another(asked: AskedFor, actor: Person) -> None:
    if asked.by == actor.id:
        second = Missing(what="a second person", roles=tuple(sorted(SUPERVISING)))
        raise WrongStage("You asked for this yourself. Another person decides.", missing=[second])


def waiting_row(case: Case, named: str) -> dict[str, Any]:
    """The stored request of this visit, as long as it waits."""
    row = case.known.row
    if row is None or row["visit_id"] != case.visit.id:
        raise NotFound(f"There is no such {named} on this visit.")
    if row["status"] != "PENDING":
        raise AlreadyDone(f"The {named} is {row['status']} already.")
    return row


def decided(case: Case, status: str, outcome: str) -> dict[str, Any]:
    by = THE_CLINIC if status == "EXPIRED" else case.actor.id
    return {"status": status, "decided_by": by, "decided_at": case.at, "outcome": outcome}


def told(kind: str, visit: Visit, asked: AskedFor, status: str) -> Event:
    """To the cashier, and to whoever asked."""
    payload = {"visitId": visit.id, "id": asked.id, "status": status, "balance": visit.balance}
    return Event(kind=kind, audience=(Role.CASHIER, for_person(asked.by)), payload=payload)
