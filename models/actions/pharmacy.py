"""The pharmacy: a drug is prescribed, dispensed whole or in parts, or cancelled."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.actions.base import Action, Case, Change, Charge, Row, require_consultation, require_open
from models.actions.consultation import require_same_visit
from models.actions.orders import order_to_change, priced
from models.base import Line, Note, Number
from models.catalogue import PriceOf, Resource, RowOf, Want
from models.events import Event
from models.problems import invalid
from models.staff import Person, Role, Station
from models.visit import Order, OrderKind, Visit


class Prescribe(Action):
    """A drug by its code in the price list; charged price × quantity when prescribed."""

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.PRESCRIPTION
    said = "Medication prescribed"

    kind: Literal["prescribe"] = "prescribe"
    encounter_id: UUID | None = None
    medication_name: Line
    dosage: Line
    frequency: Line
    duration: Line
    quantity: Annotated[int, Number, Field(ge=1, le=10_000, description="Pieces to hand out.")] = 1
    instructions: Note = ""

    def wants(self) -> tuple[Want, ...]:
        price = PriceOf(code=self.medication_name, field="medication_name")
        return (price, RowOf(resource=Resource.ENCOUNTER, id=self.encounter_id)) if self.encounter_id else (price,)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_consultation(visit)

    def apply(self, case: Case) -> Change:
        require_same_visit(case, self.encounter_id)
        price = priced(case, "medication_name", self.medication_name)
        charge = Charge(
            code=price.code,
            description=price.name,
            quantity=self.quantity,
            unit_price=price.amount,
            order_id=case.id,
        )
        order = case.order(
            kind=OrderKind.PRESCRIPTION, station=Station.PHARMACY, quantity=self.quantity, charged=charge.amount
        )
        visit = case.visit.opening(order).charging(charge.amount)
        row = case.row(Resource.PRESCRIPTION, {**self.fields(), **self.not_yet_dispensed(price.code)})
        payload = {"patientId": visit.patient_id, "visitId": visit.id, "prescriptionId": case.id}
        ready = Event(kind="prescription:ready", audience=(Role.PHARMACIST,), payload=payload)
        return Change(visit=visit, rows=(row,), charges=(charge,), events=(ready,))

    def not_yet_dispensed(self, code: str) -> dict[str, Any]:
        return {
            "medication_name": code,
            "status": "PENDING",
            "quantity_dispensed": 0,
            "dispensed_at": None,
            "dispensed_by": None,
            "dispensing_notes": "",
        }


class Dispense(Action):
    """What was handed out now. Partly dispensed stays open; a cancelled prescription charges only what was given."""

    roles = frozenset({Role.PHARMACIST})
    resource = Resource.PRESCRIPTION
    writes = "UPDATE"
    said = "Medication dispensed"

    kind: Literal["dispense"] = "dispense"
    prescription_id: UUID
    status: Literal["DISPENSED", "PARTIALLY_DISPENSED", "CANCELLED"]
    quantity_dispensed: Annotated[int, Number, Field(ge=1, le=10_000, description="Pieces handed out now.")] | None = (
        None
    )
    dispensing_notes: Note = ""

    @model_validator(mode="after")
    def complete(self) -> "Dispense":
        if self.status == "PARTIALLY_DISPENSED" and self.quantity_dispensed is None:
            raise ValueError("PARTIALLY_DISPENSED needs quantity_dispensed, the pieces handed out now")
        if self.status == "CANCELLED" and self.quantity_dispensed is not None:
            raise ValueError("nothing is handed out with CANCELLED; leave quantity_dispensed out")
        return self

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.PRESCRIPTION, id=self.prescription_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.order(self.prescription_id) is None:
            return  # the stored prescription says more than "not open": decided in apply
        require_open(visit)

    def apply(self, case: Case) -> Change:
        order = order_to_change(case, self.prescription_id, OrderKind.PRESCRIPTION)
        if self.status == "CANCELLED":
            return self.cancelled(case, order)
        given = self.given(order)
        left = case.visit.closing(order.id)
        if given < order.quantity:
            left = left.opening(order.model_copy(update={"dispensed": given}))
        return Change(visit=left, rows=(self.row(case, order, given),))

    def given(self, order: Order) -> int:
        """Pieces handed out in all, after this action."""
        remaining = order.quantity - order.dispensed
        now = self.quantity_dispensed or remaining
        if self.status == "DISPENSED" and now not in (remaining, order.quantity):
            raise invalid("quantity_dispensed", f"{remaining} are to be dispensed; use PARTIALLY_DISPENSED for fewer")
        if self.status == "PARTIALLY_DISPENSED" and now >= remaining:
            raise invalid(
                "quantity_dispensed", f"{remaining} are to be dispensed; fewer are partial, all are DISPENSED"
            )
        return order.quantity if self.status == "DISPENSED" else order.dispensed + now

    def cancelled(self, case: Case, order: Order) -> Change:
        unit_price = order.charged / order.quantity
        kept = unit_price * order.dispensed
        charges: tuple[Charge, ...] = ()
        if order.dispensed:
            name = str((case.known.row or {})["medication_name"])
            charges = (self.kept_charge(name, order, unit_price),)
        visit = case.visit.closing(order.id).charging(kept - order.charged)
        row = self.row(case, order, order.dispensed)
        return Change(visit=visit, rows=(row,), charges=charges, uncharged=(order.id,))

    def kept_charge(self, name: str, order: Order, unit_price: Decimal) -> Charge:
        return Charge(code=name, description=name, quantity=order.dispensed, unit_price=unit_price, order_id=order.id)

    def row(self, case: Case, order: Order, given: int) -> Row:
        values: dict[str, Any] = {"status": self.status, "dispensing_notes": self.dispensing_notes}
        if self.status != "CANCELLED":
            values |= {"quantity_dispensed": given, "dispensed_at": case.at, "dispensed_by": case.actor.id}
        return Row(resource=Resource.PRESCRIPTION, id=order.id, values=values, former=case.known.row)

    def audit_id(self, case: Case) -> UUID:
        return self.prescription_id
