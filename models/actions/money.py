"""The cashier: payments."""

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, Start, require_bill_open
from models.base import Amount, Line
from models.catalogue import DebtsOfVisit, Resource, RowOf, Want
from models.demographics import MobilePhone
from models.events import CLINICIANS, Event
from models.mobile_money import is_receipt
from models.paying import PaymentType
from models.problems import AlreadyDone, Conflict, NotFound, invalid
from models.staff import Person, Role
from models.status import Status
from models.visit import Visit


def check_amount(field: str, amount: Amount, visit: Visit) -> None:
    if amount > visit.balance:
        raise invalid(field, f"KES {amount} is above the balance of KES {max(visit.balance, 0)}; take at most that")


def check_receipt(reference: str | None, amount: Amount) -> None:
    """What M-Pesa can be asked for: money by a prompt, or whether a receipt is true."""
    if reference is not None and not is_receipt(reference):
        raise invalid("payment_reference", "is no M-Pesa receipt, which is letters and digits like SKJ4ABC123")
    if reference is None and amount != int(amount):
        raise invalid("amount", "M-Pesa takes whole shillings only")


class TakePayment(Action):
    """Money received, in KES; partial payments are welcome, overpayment is refused.

    MPESA prompts the phone (`phone_number`, else the patient's). With `payment_reference`, the receipt of what was
    paid at the counter already, nobody is prompted and M-Pesa is asked for it. Either way the payment is PENDING and
    the balance unchanged until M-Pesa says that it is true.
    """

    roles = frozenset({Role.CASHIER})
    resource = Resource.PAYMENT
    said = "Payment processed"

    kind: Literal["take_payment"] = "take_payment"
    amount: Amount
    payment_type: PaymentType
    payment_reference: Line | None = None
    phone_number: MobilePhone | None = None

    @property
    def is_mobile(self) -> bool:
        return self.payment_type is PaymentType.MPESA

    def wants(self) -> tuple[Want, ...]:
        return (DebtsOfVisit(),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_bill_open(visit)
        check_amount("amount", self.amount, visit)
        if not self.is_mobile:
            return
        if visit.end is Status.DECEASED and not (self.phone_number or self.payment_reference):
            raise invalid("phone_number", "is missing; the patient has died, so say whose phone is to be asked")
        check_receipt(self.payment_reference, self.amount)
        if visit.amount_pending + self.amount > visit.balance:
            raise Conflict(f"KES {visit.amount_pending} waits for M-Pesa already. Wait for the answer.")

    def apply(self, case: Case) -> Change:
        return self.asked(case) if self.is_mobile else self.taken(case)

    def taken(self, case: Case) -> Change:
        visit = case.visit.having(amount_paid=case.visit.amount_paid + self.amount)
        row = case.row(Resource.PAYMENT, {**self.fields(), **processed(case, "COMPLETED")})
        return Change(visit=visit, rows=(row,), events=(received(visit, case.id, self.amount),))

    def asked(self, case: Case) -> Change:
        visit = case.visit.having(amount_pending=case.visit.amount_pending + self.amount)
        row = case.row(Resource.PAYMENT, {**self.fields(), **processed(case, "PENDING")})
        return Change(visit=visit, rows=(row,), starts=(Start(kind="MobilePayment", id=case.id),))


def processed(case: Case, status: str) -> dict[str, Any]:
    return {"status": status, "processed_by": case.actor.id, "processed_at": case.at, "purpose": "BILL"}


def received(visit: Visit, payment_id: UUID, amount: Decimal) -> Event:
    payload = {"visitId": visit.id, "paymentId": payment_id, "amount": amount, "balance": visit.balance}
    return Event(kind="payment:received", audience=(Role.CASHIER, *CLINICIANS), payload=payload)


class Settling(Action):
    """What became of a payment that was asked for by phone; learned by the clinic itself, also after discharge."""

    roles = frozenset()
    by_the_clinic = True
    resource = Resource.PAYMENT
    writes = "UPDATE"

    payment_id: UUID

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.PAYMENT, id=self.payment_id), DebtsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        """Money is credited whenever it comes."""

    def pending(self, case: Case, *statuses: str) -> dict[str, Any]:
        """The payment as it stands, in one of these statuses."""
        row = case.known.row
        if row is None or row["visit_id"] != case.visit.id:
            raise NotFound("There is no such payment on this visit.")
        if row["status"] not in statuses:
            raise AlreadyDone(f"The payment is {row['status']} already.")
        return row

    def change(self, case: Case, visit: Visit, former: dict[str, Any], values: dict[str, Any]) -> Change:
        if former["status"] == "PENDING":
            visit = visit.having(amount_pending=visit.amount_pending - former["amount"])
        return Change(
            visit=visit, rows=(Row(resource=self.resource, id=self.payment_id, values=values, former=former),)
        )

    def audit_id(self, case: Case) -> UUID:
        return self.payment_id


class ConfirmPayment(Settling):
    """M-Pesa says that the money is there. Late money counts too, even where it was given up."""

    said = "Payment received by M-Pesa"

    kind: Literal["confirm_payment"] = "confirm_payment"
    amount: Amount
    payment_reference: Line | None = None

    def apply(self, case: Case) -> Change:
        former = self.pending(case, "PENDING", "FAILED")
        visit = case.visit.having(amount_paid=case.visit.amount_paid + self.amount)
        if former.get("purpose") == "DEPOSIT":
            visit = visit.having(amount_deposited=visit.amount_deposited + self.amount)
        values = {"status": "COMPLETED", "amount": self.amount, "payment_reference": self.payment_reference}
        change = self.change(case, visit, former, {**values, "processed_at": case.at})
        event = received(change.visit, self.payment_id, self.amount)
        return change.model_copy(update={"events": (event,)})


class FailPayment(Settling):
    """The payer declined, or M-Pesa could not ask. `reason`: M-Pesa's result code, or ours."""

    said = "Payment did not come about"

    kind: Literal["fail_payment"] = "fail_payment"
    reason: Line

    def apply(self, case: Case) -> Change:
        return self.change(case, case.visit, self.pending(case, "PENDING"), {"status": "FAILED"})


class CreditPayment(Action):
    """Money that reached the clinic's M-Pesa number by itself; M-Pesa confirmed it. Credited whenever it comes.

    `payment_id` is made from the receipt, so that one receipt makes one payment.
    """

    roles = frozenset()
    by_the_clinic = True
    resource = Resource.PAYMENT
    said = "Payment at the counter received by M-Pesa"

    kind: Literal["credit_payment"] = "credit_payment"
    payment_id: UUID
    amount: Amount
    payment_reference: Line

    def wants(self) -> tuple[Want, ...]:
        return (DebtsOfVisit(),)

    def check(self, visit: Visit, actor: Person) -> None:
        """Money is credited whenever it comes."""

    def apply(self, case: Case) -> Change:
        visit = case.visit.having(amount_paid=case.visit.amount_paid + self.amount)
        values = {**self.fields("payment_id"), "payment_type": PaymentType.MPESA, "phone_number": None}
        row = case.row(Resource.PAYMENT, {**values, **processed(case, "COMPLETED")})
        event = received(visit, self.payment_id, self.amount)
        return Change(visit=visit, rows=(row.model_copy(update={"id": self.payment_id}),), events=(event,))

    def audit_id(self, case: Case) -> UUID:
        return self.payment_id
