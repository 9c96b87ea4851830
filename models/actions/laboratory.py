"""The laboratory: a test is ordered, answered or cancelled, and the patient returns to the same clinician."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.actions.base import Action, Case, Change, Charge, Row, Start, require_consultation, require_open
from models.actions.orders import order_to_change, priced
from models.base import Details, Line, Note
from models.catalogue import PriceOf, Resource, RowOf, Want
from models.events import CLINICIANS, Event
from models.staff import Person, Role, Station
from models.visit import Order, OrderKind, Visit


class OrderLabTest(Action):
    """A test by its code in the price list; charged when ordered."""

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.LAB_REQUEST
    said = "Lab test ordered"

    kind: Literal["order_lab_test"] = "order_lab_test"
    test_type: Line
    urgency: Literal["NORMAL", "URGENT"] = "NORMAL"
    notes: Note = ""

    def wants(self) -> tuple[Want, ...]:
        return (PriceOf(code=self.test_type, field="test_type"),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_consultation(visit)

    def apply(self, case: Case) -> Change:
        price = priced(case, "test_type", self.test_type)
        charge = Charge(code=price.code, description=price.name, quantity=1, unit_price=price.amount, order_id=case.id)
        order = case.order(
            kind=OrderKind.LAB_REQUEST,
            station=Station.LABORATORY,
            urgent=self.urgency == "URGENT",
            charged=charge.amount,
        )
        values = {
            **self.fields(),
            "test_type": price.code,
            "requested_by": case.actor.id,
            "status": "PENDING",
            "results": None,
            "completed_at": None,
            "completed_by": None,
        }
        visit = case.visit.opening(order).charging(charge.amount)
        return Change(visit=visit, rows=(case.row(Resource.LAB_REQUEST, values),), charges=(charge,))


class ReportLabTest(Action):
    """The results of a test, or why it was not done."""

    roles = frozenset({Role.LAB_TECHNICIAN})
    resource = Resource.LAB_REQUEST
    writes = "UPDATE"
    said = "Lab request answered"

    kind: Literal["report_lab_test"] = "report_lab_test"
    lab_request_id: UUID
    status: Literal["COMPLETED", "CANCELLED"]
    results: Annotated[Details, Field(description="Values by name, as the analyser gives them.")] | None = None
    notes: Note | None = None

    @model_validator(mode="after")
    def complete(self) -> "ReportLabTest":
        if self.status == "COMPLETED" and not self.results:
            raise ValueError("a COMPLETED test needs results; cancel it if it could not be done")
        if self.status == "CANCELLED" and self.results:
            raise ValueError("a CANCELLED test has no results; complete it instead")
        return self

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.LAB_REQUEST, id=self.lab_request_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.order(self.lab_request_id) is None:
            return  # the stored request says more than "not open": decided in apply
        require_open(visit)

    def apply(self, case: Case) -> Change:
        order = order_to_change(case, self.lab_request_id, OrderKind.LAB_REQUEST)
        done = self.status == "COMPLETED"
        values = {
            "status": self.status,
            "results": self.results,
            "completed_at": case.at,
            "completed_by": case.actor.id,
            **({"notes": self.notes} if self.notes is not None else {}),
        }
        row = Row(resource=Resource.LAB_REQUEST, id=order.id, values=values, former=case.known.row)
        visit = case.visit.closing(order.id)
        if not done:
            visit = back_to_clinician(case, visit.charging(-order.charged), order)
            return Change(visit=visit, rows=(row,), uncharged=(order.id,), starts=notice_of(visit))
        visit = back_to_clinician(case, visit.having(has_unread_results=True), order)
        return Change(visit=visit, rows=(row,), events=(self.ready(visit),), starts=notice_of(visit))

    def ready(self, visit: Visit) -> Event:
        payload = {
            "patientId": visit.patient_id,
            "visitId": visit.id,
            "labRequestId": self.lab_request_id,
            "results": self.results,
        }
        return Event(kind="lab:results_ready", audience=CLINICIANS, payload=payload)

    def audit_id(self, case: Case) -> UUID:
        return self.lab_request_id


def notice_of(visit: Visit) -> tuple[Start, ...]:
    """The patient hears of the results when no test is open any more: once, not test by test."""
    is_ready = visit.has_unread_results and all(o.kind is not OrderKind.LAB_REQUEST for o in visit.open_orders)
    return (Start(kind="ResultsNotice", id=visit.id),) if is_ready else ()


def back_to_clinician(case: Case, visit: Visit, last: Order) -> Visit:
    """Open the review for the ordering clinician once no test is open and results wait to be read."""
    kinds = {order.kind for order in visit.open_orders}
    if not visit.has_unread_results or kinds & {OrderKind.LAB_REQUEST, OrderKind.REVIEW}:
        return visit
    review = Order(
        id=case.derived_id("review"),
        kind=OrderKind.REVIEW,
        station=Station.CONSULTATION,
        since=case.at,
        person_id=last.person_id,
    )
    return visit.opening(review).having(provider_id=last.person_id)
