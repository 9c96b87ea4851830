"""The laboratory: a test is ordered, answered or cancelled, and the patient returns to the same clinician."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.actions.base import Action, Case, Change, Charge, require_consultation, require_open
from models.actions.claimed import rebilled
from models.actions.lab_results import (
    UNANSWERED,
    Debt,
    Reported,
    back_to_clinician,
    loop_starts,
    notice_of,
    owing,
    ready,
    reported,
    request_of,
    request_row,
    watched,
)
from models.actions.orders import priced
from models.base import Details, Line, Note
from models.catalogue import AffairsOfVisit, DebtsOfVisit, PatientOfVisit, PriceOf, Resource, RowOf, Want
from models.events import CLINICIANS, Event
from models.gates import pays_first, require_order_paid
from models.orders import Order, OrderKind
from models.problems import AlreadyDone
from models.staff import Person, Role, Station
from models.visit import Visit


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
            pays_first=pays_first(case.visit, Station.LABORATORY),
        )
        values = {**self.fields(), **UNANSWERED, "test_type": price.code, "requested_by": case.actor.id}
        visit = case.visit.opening(order).charging(charge.amount, is_first=order.pays_first, id=case.id)
        return Change(visit=visit, rows=(case.row(Resource.LAB_REQUEST, values),), charges=(charge,))


class ReportLabTest(Action):
    """The results of a test, or why it was not done.

    PRELIMINARY results may be reported again and again, and leave the request open; COMPLETED ones are final, and
    corrected by `correct_lab_result`. What the catalogue knows is flagged N, L, H, LL or HH; LL and HH are critical.
    """

    roles = frozenset({Role.LAB_TECHNICIAN})
    resource = Resource.LAB_REQUEST
    writes = "UPDATE"
    said = "Lab request answered"

    kind: Literal["report_lab_test"] = "report_lab_test"
    lab_request_id: UUID
    status: Literal["PRELIMINARY", "COMPLETED", "CANCELLED"]
    results: Annotated[Details, Field(description="Values by name, as the analyser gives them.")] | None = None
    notes: Note | None = None

    @model_validator(mode="after")
    def complete(self) -> "ReportLabTest":
        if self.status == "CANCELLED" and self.results:
            raise ValueError("a CANCELLED test has no results; complete it instead")
        if self.status != "CANCELLED" and not self.results:
            raise ValueError(f"a {self.status} test needs results; cancel it if it could not be done")
        return self

    def wants(self) -> tuple[Want, ...]:
        of_the_bill = (AffairsOfVisit(), DebtsOfVisit()) if self.status == "CANCELLED" else ()
        return (RowOf(resource=Resource.LAB_REQUEST, id=self.lab_request_id), PatientOfVisit(), *of_the_bill)

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.order(self.lab_request_id) is None:
            return  # the stored request says more than "not open": decided in apply
        require_open(visit)
        if self.status != "CANCELLED":
            require_order_paid(visit, visit.order(self.lab_request_id), OrderKind.LAB_REQUEST)

    def apply(self, case: Case) -> Change:
        row = request_of(case)
        order = case.visit.order(self.lab_request_id) or case.visit.awaited_order(self.lab_request_id)
        if order is None:
            raise AlreadyDone(f"This lab request is {row['status']} already.")
        report = reported(case, row, self.results)
        values = {**report.values, **self.standing(case)}
        visit = watched(case.visit, order.id, report)
        if self.status != "PRELIMINARY":
            visit = without(visit, order)
        change = Change(
            visit=visit,
            rows=(request_row(row, values),),
            events=self.told(visit, {**row, **values}),
            starts=loop_starts(order.id, report),
        )
        return self.handed_on(case, self.taken_back(case, change, order), order, report)

    def standing(self, case: Case) -> dict[str, Any]:
        done = {} if self.status == "PRELIMINARY" else {"completed_at": case.at, "completed_by": case.actor.id}
        reason = {"reason": self.notes} if self.status == "CANCELLED" else {}
        return {"status": self.status, **done, **reason, **({"notes": self.notes} if self.notes is not None else {})}

    def told(self, visit: Visit, row: dict[str, Any]) -> tuple[Event, ...]:
        if self.status == "CANCELLED":
            return (cancelled(visit, self.lab_request_id, CLINICIANS),)
        return (ready(visit, row, "lab:results_ready" if self.status == "COMPLETED" else "lab:results_preliminary"),)

    def taken_back(self, case: Case, change: Change, order: Order) -> Change:
        """Nobody pays for a test that was not done."""
        if self.status != "CANCELLED":
            return change
        visit = change.visit.charging(-order.charged, is_first=order.pays_first)
        uncharged = change.model_copy(update={"visit": visit, "uncharged": (order.id,)})
        return rebilled(case, uncharged, "a test could not be done")

    def handed_on(self, case: Case, change: Change, order: Order, report: Reported) -> Change:
        """To the clinician who ordered it; where the patient has left, to somebody who tells them."""
        if case.visit.is_over:
            if self.status == "PRELIMINARY" and not report.is_news:
                return change
            debt = Debt(request_id=order.id, owner_id=order.person_id, critical=report.is_news)
            return joined(change, owing(case, change.visit, debt))
        if self.status == "PRELIMINARY":
            return change
        visit = back_to_clinician(case, change.visit.having(has_unread_results=True), order.person_id)
        return change.model_copy(update={"visit": visit, "starts": (*change.starts, *notice_of(visit))})

    def audit_id(self, case: Case) -> UUID:
        return self.lab_request_id


def without(visit: Visit, order: Order) -> Visit:
    return visit.closing(order.id).having(awaited=tuple(one for one in visit.awaited if one.id != order.id))


def joined(change: Change, debt: Change) -> Change:
    """What was reported, and what is owed because of it; the patient hears that a report waits, too."""
    starts = (*change.starts, *debt.starts, *notice_of(debt.visit))
    return change.model_copy(update={"visit": debt.visit, "rows": (*change.rows, *debt.rows), "starts": starts})


def cancelled(visit: Visit, request_id: UUID, audience: tuple[Role, ...]) -> Event:
    payload = {"patientId": visit.patient_id, "visitId": visit.id, "labRequestId": request_id}
    return Event(kind="lab:request_cancelled", audience=audience, payload=payload)
