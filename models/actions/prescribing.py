"""A clinician prescribes: the medicine is looked at first, and charged by the piece."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from models.actions.base import Action, Case, Change, Charge, require_consultation, require_open
from models.actions.consultation import require_same_visit
from models.actions.medication_safety import Override, kept, looked_at, overridden_kinds, require_override
from models.actions.orders import priced
from models.base import Line, Note, Number
from models.catalogue import HistoryOf, PriceOf, Resource, RowOf, Want
from models.events import Event
from models.gates import pays_first
from models.medication_words import request_status
from models.orders import OrderKind
from models.staff import Person, Role, Station
from models.visit import Visit


class Prescribe(Action):
    """A drug by its code in the price list; charged price × quantity when prescribed.

    Allergies, duplicate therapy, age and pregnancy are looked at. A warning is 409 medication-warning, unless
    `override` gives a reason. `pregnant`: what the clinician knows of it. `checks` also says what was not looked at.
    """

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
    pregnant: bool | None = None
    override: Override | None = None

    def wants(self) -> tuple[Want, ...]:
        wanted: tuple[Want, ...] = (PriceOf(code=self.medication_name, field="medication_name"), HistoryOf())
        return (*wanted, RowOf(resource=Resource.ENCOUNTER, id=self.encounter_id)) if self.encounter_id else wanted

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_consultation(visit)

    def apply(self, case: Case) -> Change:
        require_same_visit(case, self.encounter_id)
        price = priced(case, "medication_name", self.medication_name)
        found = looked_at(case, price.code, said_pregnant=self.pregnant)
        require_override(found, self.override, Role.CLINICAL_OFFICER, "medication_name")
        charge = Charge(
            code=price.code,
            description=price.name,
            quantity=self.quantity,
            unit_price=price.amount,
            order_id=case.id,
        )
        order = case.order(
            kind=OrderKind.PRESCRIPTION,
            station=Station.PHARMACY,
            quantity=self.quantity,
            charged=charge.amount,
            pays_first=pays_first(case.visit, Station.PHARMACY),
        )
        visit = case.visit.opening(order).charging(charge.amount, is_first=order.pays_first, id=case.id)
        checks = {**kept(case, found, self.override, Role.CLINICAL_OFFICER), "pregnant": self.pregnant}
        values = {**self.fields("pregnant", "override"), **self.not_yet_dispensed(price.code), "checks": checks}
        payload = {"patientId": visit.patient_id, "visitId": visit.id, "prescriptionId": case.id}
        ready = Event(kind="prescription:ready", audience=(Role.PHARMACIST,), payload=payload)
        row = case.row(Resource.PRESCRIPTION, values)
        return Change(visit=visit, rows=(row,), charges=(charge,), events=(ready,))

    def not_yet_dispensed(self, code: str) -> dict[str, Any]:
        return {
            "medication_name": code,
            "status": "PENDING",
            "request_status": request_status("PENDING", 0),
            "substituted_by": None,
            "quantity_dispensed": 0,
            "dispensed_at": None,
            "dispensed_by": None,
            "dispensing_notes": "",
        }

    def audited(self, change: Change) -> str:
        overridden = overridden_kinds(change.rows[0].values["checks"])
        return f"{self.said}, overriding {overridden}" if overridden else self.said
