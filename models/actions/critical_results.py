"""Critical values: a clinician reads the value back, and only then is it known to be heard."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from models.actions.base import Action, Case, Change, Row, Start
from models.actions.lab_results import request_of, request_row
from models.base import Details, Line, Number
from models.catalogue import Resource, RowOf, Want
from models.events import Event
from models.lab_flags import critical_values, same_value
from models.problems import AlreadyDone, Conflict, invalid
from models.staff import Person, Role
from models.visit import Visit

HEARING = (Role.CLINICAL_OFFICER, Role.LAB_TECHNICIAN, Role.SUPERVISOR)


class AcknowledgeCritical(Action):
    """A clinician has heard a critical value, and says it again. That ends the loop, also after the patient has left.

    `read_back`: the value; where several are critical, each by its name. It must be what the laboratory reported.
    """

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.LAB_REQUEST
    writes = "UPDATE"
    said = "Critical result acknowledged"

    kind: Literal["acknowledge_critical"] = "acknowledge_critical"
    lab_request_id: UUID
    read_back: (
        Annotated[Details, Field(min_length=1)]
        | Line
        | Annotated[int, Number]
        | Annotated[float, Number, Field(allow_inf_nan=False)]
    )

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.LAB_REQUEST, id=self.lab_request_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        """A critical value is heard whenever somebody hears it."""

    def apply(self, case: Case) -> Change:
        row = request_of(case)
        if not row.get("critical_since"):
            raise Conflict("This test has no critical value.")
        if row.get("acknowledged_at"):
            raise AlreadyDone("This critical value is acknowledged already.")
        said = self.said_of(critical_values(row["results"], row["flags"]), row["interpretation"])
        values = {"acknowledged_at": case.at, "acknowledged_by": case.actor.id, "read_back": said}
        others = tuple(id for id in case.visit.critical_results if id != self.lab_request_id)
        return Change(
            visit=case.visit.having(critical_results=others),
            rows=(request_row(row, values), self.notice(case, row, said)),
            events=(self.heard(case),),
            starts=(Start(kind="CriticalResult", id=self.lab_request_id),),
        )

    def said_of(self, reported: dict[str, Any], interpretation: dict[str, Any]) -> dict[str, Any]:
        """What was read back by name; refused without saying what would have been right."""
        said = self.read_back if isinstance(self.read_back, dict) else dict.fromkeys(reported, self.read_back)
        if not isinstance(self.read_back, dict) and len(reported) > 1:
            names = ", ".join(reported)
            raise invalid("read_back", f"several values are critical; read each back by its name: {names}")
        for name, value in reported.items():
            if name not in said:
                raise invalid("read_back", f"{name} is missing")
            if not same_value(said[name], value, interpretation[name]["read_as"]):
                raise invalid("read_back", f"{name} is not what the laboratory reported; read the result again")
        return {name: said[name] for name in reported}

    def notice(self, case: Case, row: dict[str, Any], said: dict[str, Any]) -> Row:
        values = {
            "lab_request_id": self.lab_request_id,
            "critical_since": row["critical_since"],
            "kind": "ACKNOWLEDGED",
            "step": 0,
            "told_role": None,
            "told_person": case.actor.id,
            "flags": row["flags"],
            "read_back": said,
        }
        return case.row(Resource.CRITICAL_NOTICE, values)

    def heard(self, case: Case) -> Event:
        payload = {"visitId": case.visit.id, "labRequestId": self.lab_request_id, "acknowledgedBy": case.actor.id}
        return Event(kind="lab:critical_acknowledged", audience=HEARING, payload=payload)

    def audit_id(self, case: Case) -> UUID:
        return self.lab_request_id
