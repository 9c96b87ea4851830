"""The cashier: payments, and invoices that SHA is to cover."""

from typing import Literal

from models.actions.base import Action, Case, Change, require_open
from models.base import Amount, Line, Note, Words
from models.catalogue import NextNumber, Resource, Want
from models.events import CLINICIANS, Event
from models.problems import AlreadyDone, invalid
from models.staff import Person, Role
from models.visit import PaymentType, Visit


def check_amount(field: str, amount: Amount, visit: Visit) -> None:
    if amount > visit.balance:
        raise invalid(field, f"KES {amount} is above the balance of KES {max(visit.balance, 0)}; take at most that")


class TakePayment(Action):
    """Money received, in KES; partial payments are welcome, overpayment is refused."""

    roles = frozenset({Role.CASHIER})
    resource = Resource.PAYMENT
    said = "Payment processed"

    kind: Literal["take_payment"] = "take_payment"
    amount: Amount
    payment_type: PaymentType
    payment_reference: Line | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        check_amount("amount", self.amount, visit)

    def apply(self, case: Case) -> Change:
        visit = case.visit.having(amount_paid=case.visit.amount_paid + self.amount)
        values = {**self.fields(), "status": "COMPLETED", "processed_by": case.actor.id, "processed_at": case.at}
        payload = {
            "visitId": visit.id,
            "paymentId": case.id,
            "amount": self.amount,
            "balance": visit.balance,
        }
        received = Event(kind="payment:received", audience=(Role.CASHIER, *CLINICIANS), payload=payload)
        return Change(visit=visit, rows=(case.row(Resource.PAYMENT, values),), events=(received,))


class RaiseShaInvoice(Action):
    """An invoice to SHA over the balance or a part of it, which then counts as covered."""

    roles = frozenset({Role.CASHIER})
    resource = Resource.SHA_INVOICE
    said = "SHA invoice raised"

    kind: Literal["raise_sha_invoice"] = "raise_sha_invoice"
    sha_number: Line
    service_given: Words
    diagnosis: Note | None = None
    amount_charged: Amount | None = None

    def wants(self) -> tuple[Want, ...]:
        return (NextNumber(series="sha_invoice"),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.balance <= 0:
            raise AlreadyDone("Nothing is owed on this visit, so there is nothing to invoice.")
        check_amount("amount_charged", self.amount_charged or visit.balance, visit)

    def apply(self, case: Case) -> Change:
        amount = self.amount_charged or case.visit.balance
        values = {
            **self.fields(),
            "amount_charged": amount,
            "invoice_number": f"INV{case.known.number:05d}",
            "client_number": case.visit.op_number,
            "status": "PENDING",
            "created_by": case.actor.id,
        }
        visit = case.visit.having(amount_covered=case.visit.amount_covered + amount)
        return Change(visit=visit, rows=(case.row(Resource.SHA_INVOICE, values),))
