"""An order that is not wanted any more."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, require_open
from models.actions.lab_results import (
    back_to_clinician,
    loop_starts,
    notice_of,
    reported,
    request_row,
    watched,
)
from models.actions.laboratory import cancelled
from models.actions.orders import order_to_change
from models.base import Words
from models.catalogue import Resource, RowOf, Want
from models.orders import OrderKind
from models.problems import Missing, OutstandingWork
from models.staff import Person, Role
from models.visit import Visit

HEARING = (Role.LAB_TECHNICIAN, Role.CLINICAL_OFFICER)


class CancelOrder(Action):
    """The clinician takes a laboratory test back, and what it charged with it.

    Preliminary results stay readable; a critical one is read back first. Who takes back a test of another clinician
    sends the patient back to that one.
    """

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.LAB_REQUEST
    writes = "UPDATE"
    said = "Lab test cancelled"

    kind: Literal["cancel_order"] = "cancel_order"
    order_id: UUID
    reason: Words

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.LAB_REQUEST, id=self.order_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.order(self.order_id) is None and visit.awaited_order(self.order_id) is None:
            return  # the stored request says more than "not open": decided in apply
        require_open(visit)

    def apply(self, case: Case) -> Change:
        order = order_to_change(case, self.order_id, OrderKind.LAB_REQUEST)
        row = case.known.row or {}
        require_read_back(row)
        report = reported(case, row, None)
        done = {"completed_at": case.at, "completed_by": case.actor.id}
        values = {**report.values, **done, "status": "CANCELLED", "reason": self.reason}
        uncharged = case.visit.closing(order.id).charging(-order.charged, is_first=order.pays_first)
        visit = watched(uncharged, order.id, report)
        if order.person_id != case.actor.id:
            visit = visit.having(has_unread_results=True)
        visit = back_to_clinician(case, visit, order.person_id)
        return Change(
            visit=visit,
            rows=(request_row(row, values),),
            uncharged=(order.id,),
            events=(cancelled(visit, order.id, HEARING),),
            starts=(*loop_starts(order.id, report), *notice_of(visit)),
        )

    def audit_id(self, case: Case) -> UUID:
        return self.order_id


def require_read_back(row: dict[str, Any]) -> None:
    """Whether the test is still wanted or not: the patient has that value until somebody says otherwise."""
    if not row.get("critical_since") or row.get("acknowledged_at"):
        return
    missing = Missing(what="acknowledge the critical value", roles=(Role.CLINICAL_OFFICER,))
    raise OutstandingWork(
        "A critical value of this test was reported and nobody has read it back. Acknowledge it first; a value that is "
        "wrong is cancelled by the laboratory.",
        missing=[missing],
    )
