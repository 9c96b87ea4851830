"""The cashier: money that is there before the bill is."""

from typing import Any, Literal

from models.actions.base import Action, Case, Change, Start, require_open
from models.actions.money import check_receipt, processed, received
from models.base import Amount, Line
from models.catalogue import DebtsOfVisit, Resource, Want
from models.demographics import MobilePhone
from models.paying import LARGEST_BILL, PaymentType
from models.problems import invalid
from models.staff import Person, Role
from models.visit import Visit


class TakeDeposit(Action):
    """Money held for the visit, in KES: it counts towards the bill as that grows, and the rest goes back in the end.

    MPESA as with `take_payment`: PENDING, and held by nobody, until M-Pesa says that it is true.
    """

    roles = frozenset({Role.CASHIER})
    resource = Resource.PAYMENT
    said = "Deposit taken"

    kind: Literal["take_deposit"] = "take_deposit"
    amount: Amount
    payment_type: Literal[PaymentType.CASH, PaymentType.MPESA]
    payment_reference: Line | None = None
    phone_number: MobilePhone | None = None

    def wants(self) -> tuple[Want, ...]:
        return (DebtsOfVisit(),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.settled_amount + visit.amount_pending + self.amount > LARGEST_BILL:
            raise invalid("amount", "is more than any bill; check it")
        if self.payment_type is PaymentType.MPESA:
            check_receipt(self.payment_reference, self.amount)

    def apply(self, case: Case) -> Change:
        if self.payment_type is PaymentType.MPESA:
            visit = case.visit.having(amount_pending=case.visit.amount_pending + self.amount)
            start = Start(kind="MobilePayment", id=case.id)
            return Change(
                visit=visit, rows=(case.row(Resource.PAYMENT, self.stored(case, "PENDING")),), starts=(start,)
            )
        visit = deposited(case.visit, self.amount)
        row = case.row(Resource.PAYMENT, self.stored(case, "COMPLETED"))
        return Change(visit=visit, rows=(row,), events=(received(visit, case.id, self.amount),))

    def stored(self, case: Case, status: str) -> dict[str, Any]:
        return {**self.fields(), **processed(case, status), "purpose": "DEPOSIT"}


def deposited(visit: Visit, amount: Amount) -> Visit:
    return visit.having(amount_paid=visit.amount_paid + amount, amount_deposited=visit.amount_deposited + amount)
