"""The cashier: invoices that somebody else is to cover. What is invoiced counts as covered, whether or not the payer
can be asked at the moment: nobody is charged because a portal is down."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from models.actions.base import Action, Case, Change, Start, require_bill_open
from models.actions.money import check_amount
from models.base import Amount, Line, Note, Words
from models.catalogue import DebtsOfVisit, NextNumber, Resource, RowOf, Want
from models.claims import Payer, claim_id_of
from models.problems import AlreadyDone, Conflict, NotFound
from models.staff import Person, Role
from models.visit import Visit

NHIF = "NHIF"
NHIF_ENDED = datetime(2024, 10, 1, tzinfo=ZoneInfo("Africa/Nairobi"))
"""The Social Health Authority took over from the National Health Insurance Fund on that day; nothing is claimed from
the fund for later services (see docs/decisions/0017-nhif-is-run-off.md)."""


class Invoice(Action):
    """A payer is to cover the balance or a part of it."""

    roles = frozenset({Role.CASHIER})

    amount_charged: Amount | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        require_bill_open(visit)
        if visit.balance <= 0:
            raise AlreadyDone("Nothing is owed on this visit, so there is nothing to invoice.")
        check_amount("amount_charged", self.amount_charged or visit.balance, visit)

    def covered(self, case: Case, payer: Payer, values: dict[str, Any]) -> Change:
        amount = self.amount_charged or case.visit.balance
        row = {
            **values,
            "amount_charged": amount,
            "invoice_number": f"INV{case.known.number:05d}",
            "status": "PENDING",
            "created_by": case.actor.id,
        }
        visit = case.visit.having(amount_covered=case.visit.amount_covered + amount)
        claim = Start(kind="Claim", id=claim_id_of(visit.id, payer), payer=payer)
        return Change(visit=visit, rows=(case.row(self.resource, row),), starts=(claim,))


class RaiseShaInvoice(Invoice):
    """An invoice to SHA over the balance or a part of it, which then counts as covered."""

    resource = Resource.SHA_INVOICE
    said = "SHA invoice raised"

    kind: Literal["raise_sha_invoice"] = "raise_sha_invoice"
    sha_number: Line
    service_given: Words
    diagnosis: Note | None = None

    def wants(self) -> tuple[Want, ...]:
        return (NextNumber(series="sha_invoice"), DebtsOfVisit())

    def apply(self, case: Case) -> Change:
        return self.covered(case, Payer.SHA, {**self.fields(), "client_number": case.visit.op_number})


class BillInsurer(Invoice):
    """An invoice to a private insurer over the balance or a part of it, which then counts as covered.

    The claim goes out by the insurer's gateway, or by hand where there is none.
    """

    resource = Resource.INSURER_INVOICE
    said = "Insurer invoiced"

    kind: Literal["bill_insurer"] = "bill_insurer"
    insurer_id: UUID
    member_number: Line
    service_given: Words = "Outpatient services"

    def wants(self) -> tuple[Want, ...]:
        insurer = RowOf(resource=Resource.INSURER, id=self.insurer_id)
        return (insurer, NextNumber(series="sha_invoice"), DebtsOfVisit())

    def apply(self, case: Case) -> Change:
        insurer = case.known.row
        if insurer is None:
            raise NotFound("There is no such insurer. See GET /api/insurers.")
        is_nhif = insurer["code"] == NHIF
        if is_nhif and case.visit.arrived_at >= NHIF_ENDED:
            raise Conflict(
                "NHIF ended on 2024-10-01 and takes no claims for later services. Check the patient's cover with SHA "
                "and use POST /api/sha-invoices."
            )
        change = self.covered(case, Payer.NHIF if is_nhif else Payer.INSURANCE, self.fields())
        asked = () if is_nhif else (Start(kind="CoverageCheck", id=case.visit.id),)
        return change.model_copy(update={"starts": (*change.starts, *asked)})
