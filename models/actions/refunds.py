"""Money that goes back to the patient: asked for, decided by another person, and paid out once."""

from typing import Any, Literal
from uuid import UUID

from models.actions import closing
from models.actions.base import Action, Case, Change, Row, Start
from models.actions.waivers import UNDECIDED, decided, require_another, told, waiting_row
from models.base import Amount, Line, Words
from models.catalogue import AffairsOfVisit, Resource, RowOf, Want
from models.events import Event
from models.paying import AskedFor, PaymentType
from models.problems import AlreadyDone, Conflict, Missing, NotFound, WrongStage, invalid
from models.staff import SUPERVISING, Person, Role
from models.tasks import TaskKind
from models.visit import Visit

PAYS_BACK = frozenset({Role.CASHIER, Role.SUPERVISOR})


def check_refundable(amount: Amount, visit: Visit) -> None:
    if amount > visit.refundable:
        raise invalid(
            "amount", f"KES {amount} is more than the patient paid beyond the bill, which is KES {visit.refundable}"
        )


class RequestRefund(Action):
    """Ask that so much of what the patient paid beyond the bill goes back, in KES; also after the visit has ended.

    What is not to be paid at all is waived, or its order cancelled, first. `payment_id`: which payment it was.
    """

    roles = PAYS_BACK
    resource = Resource.REFUND
    said = "Refund asked for"

    kind: Literal["request_refund"] = "request_refund"
    amount: Amount
    reason: Words
    payment_id: UUID | None = None

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.PAYMENT, id=self.payment_id),) if self.payment_id else ()

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.refund:
            raise Conflict(f"A refund of KES {visit.refund.amount} is under way already. Finish that one first.")
        check_refundable(self.amount, visit)

    def apply(self, case: Case) -> Change:
        if self.payment_id:
            self.require_payment(case)
        policy = case.known.policy
        values = {
            **self.fields(),
            "due_at": case.at + policy.lasting(policy.refunds.decide_within),
            "ladder": [rung.model_dump(mode="json") for rung in policy.ladder_of(policy.refunds.ladder)],
            **UNDECIDED,
            "payment_type": None,
            "payment_reference": None,
            "paid_by": None,
            "paid_at": None,
        }
        asked = AskedFor(id=case.id, amount=self.amount, by=case.actor.id, at=case.at)
        payload = {"visitId": case.visit_id, "refundId": case.id, "amount": self.amount}
        return Change(
            visit=case.visit.having(refund=asked),
            rows=(case.row(Resource.REFUND, values),),
            events=(Event(kind="refund:requested", audience=(Role.SUPERVISOR,), payload=payload),),
            starts=(Start(kind="Approval", id=case.id),),
        )

    def require_payment(self, case: Case) -> None:
        row = case.known.row
        if row is None or row["visit_id"] != case.visit.id:
            raise NotFound("There is no such payment on this visit. Leave payment_id out, or correct it.")
        if row["status"] != "COMPLETED" or row["amount"] < self.amount:
            raise invalid("payment_id", f"is a payment of KES {row['amount']} ({row['status']})")


class DecideRefund(Action):
    """Approve a refund, or refuse it. Never by who asked for it."""

    roles = SUPERVISING
    resource = Resource.REFUND
    writes = "UPDATE"
    said = "Refund decided"

    kind: Literal["decide_refund"] = "decide_refund"
    refund_id: UUID
    approved: bool
    reason: Words

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.REFUND, id=self.refund_id), AffairsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.refund and visit.refund.id == self.refund_id and not visit.refund.is_approved:
            require_another(visit.refund, actor)

    def apply(self, case: Case) -> Change:
        row = waiting_row(case, "refund")
        asked = case.visit.refund
        assert asked is not None
        status = "APPROVED" if self.approved else "REFUSED"
        written = Row(resource=Resource.REFUND, id=asked.id, values=decided(case, status, self.reason), former=row)
        tasks = self.paying_out(case, asked) if self.approved else ()
        own = {"is_approved": True, "task_id": tasks[0].id if tasks else None}
        after = asked.model_copy(update=own) if self.approved else None
        start = Start(kind="Approval", id=asked.id)
        said = told("refund:decided", case.visit, asked, status)
        return closing.changed(case.visit.having(refund=after), (written, *tasks), (start,), (said,))

    def paying_out(self, case: Case, asked: AskedFor) -> tuple[Row, ...]:
        """Where the end of the visit has not asked the cashier already."""
        if any(task["kind"] == TaskKind.REFUND_PATIENT for task in case.known.affairs.tasks):
            return ()
        return (closing.paying_out(case, case.visit, asked),)

    def audit_id(self, case: Case) -> UUID:
        return self.refund_id


class PayOutRefund(Action):
    """The money of an approved refund is in the patient's hands, or on their phone (`payment_reference`: its receipt).

    The task REFUND_PATIENT closes once nothing that the patient paid is held any more.
    """

    roles = frozenset({Role.CASHIER})
    resource = Resource.REFUND
    writes = "UPDATE"
    said = "Refund paid out"

    kind: Literal["pay_out_refund"] = "pay_out_refund"
    refund_id: UUID
    payment_type: Literal[PaymentType.CASH, PaymentType.MPESA]
    payment_reference: Line | None = None

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.REFUND, id=self.refund_id), AffairsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if self.payment_type is PaymentType.MPESA and self.payment_reference is None:
            raise invalid("payment_reference", "is missing; write down the receipt of what was sent")

    def apply(self, case: Case) -> Change:
        row = self.approved_row(case)
        asked = case.visit.refund
        assert asked is not None
        visit = case.visit.having(amount_refunded=case.visit.amount_refunded + asked.amount, refund=None)
        values = {
            "status": "PAID",
            "payment_type": self.payment_type,
            "payment_reference": self.payment_reference,
            "paid_by": case.actor.id,
            "paid_at": case.at,
        }
        written = Row(resource=Resource.REFUND, id=asked.id, values=values, former=row)
        payload = {"visitId": visit.id, "refundId": asked.id, "amount": asked.amount, "balance": visit.balance}
        said = Event(kind="refund:paid", audience=(Role.CASHIER, Role.SUPERVISOR), payload=payload)
        return closing.changed(visit, (written, *self.done(case, visit)), (), (said,))

    def approved_row(self, case: Case) -> dict[str, Any]:
        row = case.known.row
        if row is None or row["visit_id"] != case.visit.id:
            raise NotFound("There is no such refund on this visit.")
        if row["status"] == "PENDING":
            missing = Missing(what="approval of the refund", roles=tuple(sorted(SUPERVISING)))
            raise WrongStage("Nobody has approved this refund yet.", missing=[missing])
        if row["status"] != "APPROVED":
            raise AlreadyDone(f"The refund is {row['status']} already.")
        return row

    def done(self, case: Case, visit: Visit) -> tuple[Row, ...]:
        if visit.refundable > 0:
            return ()
        tasks = (task for task in case.known.affairs.tasks if task["kind"] == TaskKind.REFUND_PATIENT)
        values = {"status": "DONE", "outcome": self.said, "closed_at": case.at, "closed_by": case.actor.id}
        return tuple(Row(resource=Resource.TASK, id=task["id"], values=values, former=task) for task in tasks)

    def audit_id(self, case: Case) -> UUID:
        return self.refund_id
