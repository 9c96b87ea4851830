"""The pharmacy: what was prescribed is handed out, whole or in parts, replaced, owed, set aside or cancelled."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.actions import owed_drugs
from models.actions.base import Action, Case, Change, Charge, Row, require_open
from models.actions.claimed import rebilled
from models.actions.handing_out import Handed, Substitution, declined, handed_over, set_aside
from models.actions.medication_safety import Override, overridden_kinds
from models.actions.orders import order_to_change, priced
from models.base import Note, Number
from models.catalogue import AffairsOfVisit, DebtsOfVisit, HistoryOf, PriceOf, Resource, RowOf, StockOf, Want
from models.gates import require_order_paid
from models.medication_words import request_status
from models.orders import Order, OrderKind, OwedDrug
from models.problems import AlreadyDone, invalid
from models.staff import Person, Role
from models.visit import Visit

GIVING = frozenset({"DISPENSED", "PARTIALLY_DISPENSED", "OWED"})
"""What may hand pieces out."""


class Dispense(Action):
    """What was handed out now, and what becomes of the rest.

    DISPENSED: all the rest; with `substitution`, another drug in its place. PARTIALLY_DISPENSED: some of it, the rest
    stays open. OWED: the rest, and perhaps all of it, is owed to the patient, who may go. OUT_OF_STOCK: nothing, it
    waits. CANCELLED: no more; only what was given is charged. Where the facility keeps stock of the drug, the pieces
    leave the batches that expire first, or nothing is done (409 out-of-stock). What was prescribed is looked at once
    more: a warning is 409 medication-warning, unless `override` gives the pharmacist's reason.
    """

    roles = frozenset({Role.PHARMACIST})
    resource = Resource.PRESCRIPTION
    writes = "UPDATE"
    said = "Medication dispensed"

    kind: Literal["dispense"] = "dispense"
    prescription_id: UUID
    status: Literal["DISPENSED", "PARTIALLY_DISPENSED", "OWED", "OUT_OF_STOCK", "CANCELLED"]
    quantity_dispensed: Annotated[int, Number, Field(ge=1, le=10_000, description="Pieces handed out now.")] | None = (
        None
    )
    substitution: Substitution | None = None
    override: Override | None = None
    dispensing_notes: Note = ""

    @model_validator(mode="after")
    def complete(self) -> "Dispense":
        if self.status == "PARTIALLY_DISPENSED" and self.quantity_dispensed is None:
            raise ValueError("PARTIALLY_DISPENSED needs quantity_dispensed, the pieces handed out now")
        if self.status in ("CANCELLED", "OUT_OF_STOCK") and self.quantity_dispensed is not None:
            raise ValueError(f"nothing is handed out with {self.status}; leave quantity_dispensed out")
        if self.substitution and (self.status != "DISPENSED" or self.quantity_dispensed is not None):
            raise ValueError("substitution replaces the rest: send DISPENSED with it, and its own quantity inside")
        return self

    @property
    def hands_out(self) -> bool:
        return self.status in GIVING and not (self.status == "OWED" and self.quantity_dispensed is None)

    def wants(self) -> tuple[Want, ...]:
        wanted: list[Want] = [RowOf(resource=Resource.PRESCRIPTION, id=self.prescription_id)]
        if self.substitution:
            wanted.append(PriceOf(code=self.substitution.medication_name, field="substitution.medication_name"))
        if self.hands_out:
            instead = self.substitution.medication_name if self.substitution else None
            wanted.append(HistoryOf(prescription_id=self.prescription_id))
            wanted.append(StockOf(code=instead, prescription_id=self.prescription_id))
        if self.status == "CANCELLED":
            wanted += [AffairsOfVisit(), DebtsOfVisit()]
        return tuple(wanted)

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.order(self.prescription_id) is None:
            return  # owed after the end, or the stored prescription says more than "not open": decided in apply
        require_open(visit)
        if self.status in GIVING:
            require_order_paid(visit, visit.order(self.prescription_id), OrderKind.PRESCRIPTION)

    def apply(self, case: Case) -> Change:
        debt = case.visit.owed_drug(self.prescription_id)
        order = debt.order if debt else order_to_change(case, self.prescription_id, OrderKind.PRESCRIPTION)
        if self.status == "CANCELLED":
            return self.cancelled(case, order, debt)
        if self.status == "OUT_OF_STOCK":
            if debt:
                raise AlreadyDone("This prescription is owed to the patient already. Hand it out, or cancel it.")
            return set_aside(case, order, self.row(case, order, "OUT_OF_STOCK"), self.dispensing_notes)
        given = self.given(order)
        if self.substitution:
            return self.replaced(case, order, debt)
        change = self.left(case, order.model_copy(update={"dispensed": given}), debt)
        pieces = given - order.dispensed
        return handed_over(case, change, order, Handed(pieces, self.override, self.dispensing_notes))

    def given(self, order: Order) -> int:
        """Pieces handed out in all, after this action."""
        remaining = order.quantity - order.dispensed
        now = self.quantity_dispensed or (0 if self.status == "OWED" else remaining)
        if self.status == "DISPENSED" and now not in (remaining, order.quantity):
            raise invalid("quantity_dispensed", f"{remaining} are to be dispensed; use PARTIALLY_DISPENSED for fewer")
        if self.status != "DISPENSED" and now >= remaining:
            raise invalid(
                "quantity_dispensed", f"{remaining} are to be dispensed; fewer are partial, all are DISPENSED"
            )
        return order.quantity if self.status == "DISPENSED" else order.dispensed + now

    def left(self, case: Case, order: Order, debt: OwedDrug | None) -> Change:
        """What becomes of the rest. What is owed stays owed until it is whole."""
        if order.dispensed == order.quantity:
            return self.finished(case, order, debt, self.row(case, order, "DISPENSED"))
        if debt or self.status == "OWED":
            owed = owed_drugs.owing(case, case.visit, order)
            return owed.model_copy(update={"rows": (self.row(case, order, "OWED"), *owed.rows)})
        visit = case.visit.closing(order.id).opening(order)
        return Change(visit=visit, rows=(self.row(case, order, self.status),))

    def finished(self, case: Case, order: Order, debt: OwedDrug | None, row: Row) -> Change:
        if debt is None:
            return Change(visit=case.visit.closing(order.id), rows=(row,))
        outcome = "Cancelled" if self.status == "CANCELLED" else "Handed out"
        done = owed_drugs.settled(case, case.visit, debt, outcome)
        return done.model_copy(update={"rows": (row, *done.rows)})

    def replaced(self, case: Case, order: Order, debt: OwedDrug | None) -> Change:
        """Another drug takes the place of the rest, and of its charge; of what is owed the charge was settled."""
        assert self.substitution is not None
        price = priced(case, "substitution.medication_name", self.substitution.medication_name)
        pieces = self.substitution.quantity or order.quantity - order.dispensed
        row = self.row(case, order, "DISPENSED")
        row = row.model_copy(update={"values": {**row.values, "substituted_by": price.code}})
        change = self.finished(case, order, debt, row)
        if debt is None:
            line = Charge(
                code=price.code, description=price.name, quantity=pieces, unit_price=price.amount, order_id=order.id
            )
            change = self.charged_anew(case, change, order, (line,))
        handed = Handed(pieces, self.override, self.dispensing_notes, self.substitution, price.code)
        return handed_over(case, change, order, handed)

    def cancelled(self, case: Case, order: Order, debt: OwedDrug | None) -> Change:
        change = self.finished(case, order, debt, self.row(case, order, "CANCELLED"))
        charged = rebilled(case, self.charged_anew(case, change, order, ()), "a medicine was not handed out")
        return declined(case, charged, order, self.dispensing_notes)

    def charged_anew(self, case: Case, change: Change, order: Order, instead: tuple[Charge, ...]) -> Change:
        """Only what was given of the order stays charged, and what took the place of the rest."""
        unit_price = order.charged / order.quantity
        kept = unit_price * order.dispensed
        charges = (self.kept_charge(case, order, unit_price), *instead) if order.dispensed else instead
        amount = kept + sum((line.amount for line in instead), Decimal(0))
        if instead and case.visit.order(order.id):
            require_order_paid(case.visit, order.model_copy(update={"charged": amount}), OrderKind.PRESCRIPTION)
        visit = change.visit.charging(amount - order.charged, is_first=order.pays_first)
        return change.model_copy(update={"visit": visit, "charges": charges, "uncharged": (order.id,)})

    def kept_charge(self, case: Case, order: Order, unit_price: Decimal) -> Charge:
        name = str((case.known.row or {})["medication_name"])
        return Charge(code=name, description=name, quantity=order.dispensed, unit_price=unit_price, order_id=order.id)

    def row(self, case: Case, order: Order, status: str) -> Row:
        """The prescription; `quantity_dispensed` are pieces of the drug that was prescribed."""
        values: dict[str, Any] = {
            "status": status,
            "request_status": request_status(status, order.dispensed),
            "dispensing_notes": self.dispensing_notes,
        }
        if self.hands_out:
            values |= {"dispensed_at": case.at, "dispensed_by": case.actor.id}
            values |= {"quantity_dispensed": order.dispensed}
        return Row(resource=Resource.PRESCRIPTION, id=order.id, values=values, former=case.known.row)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        """The prescription, with what was handed out now in `dispense`."""
        made = next(row for row in change.rows if row.resource is Resource.MEDICATION_DISPENSE)
        return {**super().answer(change, shown), "dispense": made.whole}

    def audit_id(self, case: Case) -> UUID:
        return self.prescription_id

    def audited(self, change: Change) -> str:
        made = next(row for row in change.rows if row.resource is Resource.MEDICATION_DISPENSE)
        overridden = overridden_kinds(made.values["checks"])
        return f"{self.said}, overriding {overridden}" if overridden else self.said
