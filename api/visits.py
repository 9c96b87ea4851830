"""Writing: every staff action's route. `PUT /api/visits/{id}` carries several actions and is written by hand."""

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, create_model

from api.actions import (
    REFUSALS,
    Accepting,
    TheSender,
    action_route,
    body_of,
    path_visit,
    visit_of_record,
)
from api.shapes import VisitSummary, record_shape
from models.actions import (
    Action,
    AnyVisitAction,
    Discharge,
    Dispense,
    FollowUp,
    OpenVisit,
    OrderLabTest,
    Prescribe,
    RaiseShaInvoice,
    ReceiveEmergency,
    RecordDiagnosis,
    RecordEncounter,
    RecordFamilyPlanning,
    RecordImmunization,
    RecordMchService,
    RecordTriage,
    Refer,
    RegisterPatient,
    ReportLabTest,
    TakeIn,
    TakePayment,
)
from models.actions.base import require_role
from models.base import Note, Words
from models.problems import invalid
from models.tables import AppointmentRow, Base, EncounterRow, MedicationDispenseRow, PatientRow
from models.urgency import TriageCategory
from models.vitals import DangerSigns, VitalSigns

routes = APIRouter(prefix="/api")


def optional(table: type[Base]) -> Any:
    return (record_shape(table) | None, None)


if TYPE_CHECKING:  # the type checker cannot follow a body that is made of a form
    PatientBody = BaseModel
    VisitBody = BaseModel
    EmergencyBody = BaseModel
else:
    PatientBody = body_of(RegisterPatient, names_visit=False)
    VisitBody = body_of(OpenVisit, names_visit=False)
    EmergencyBody = body_of(ReceiveEmergency, names_visit=False)
Registered: Any = create_model("Registered", patient=(record_shape(PatientRow), ...), visit=(VisitSummary, ...))
VisitChanged: Any = create_model(
    "VisitChanged",
    __base__=VisitSummary,
    encounter=optional(EncounterRow),
    appointment=optional(AppointmentRow),
)


async def start(sender: TheSender, action: Action) -> Response:
    """The key of a registration becomes the visit's id."""
    require_role(action.roles, sender.actor, action.said)
    return await sender.send(sender.command(sender.key, action), 201)


@routes.post(
    "/patients",
    status_code=201,
    tags=["patient"],
    responses={**REFUSALS, 201: {"model": Registered}, 202: {"model": Accepting}},
)
async def register_patient(sender: TheSender, body: Annotated[PatientBody, Body()]) -> Response:
    """Register a new patient, or find a returning one, and open a visit (RECEPTIONIST)."""
    return await start(sender, RegisterPatient.model_validate(given(body)))


@routes.post(
    "/visits",
    status_code=201,
    tags=["visit"],
    responses={**REFUSALS, 201: {"model": VisitSummary}, 202: {"model": Accepting}},
)
async def open_visit(sender: TheSender, body: Annotated[VisitBody, Body()]) -> Response:
    """Open a visit for a known patient (RECEPTIONIST)."""
    return await start(sender, OpenVisit.model_validate(given(body)))


@routes.post(
    "/emergencies",
    status_code=201,
    tags=["visit"],
    responses={**REFUSALS, 201: {"model": Registered}, 202: {"model": Accepting}},
)
async def receive_emergency(sender: TheSender, body: Annotated[EmergencyBody, Body()]) -> Response:
    """Take in whom nobody knows, at once (RECEPTIONIST, TRIAGE_NURSE, CLINICAL_OFFICER)."""
    return await start(sender, ReceiveEmergency.model_validate(given(body)))


def given(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(exclude_unset=True)


class VisitUpdate(BaseModel):
    """Exactly one of `vital_signs` (triage) and `status` (take in, or discharge)."""

    model_config = ConfigDict(extra="forbid")

    vital_signs: VitalSigns | None = None
    danger_signs: DangerSigns | None = None
    triage_category: TriageCategory | None = None
    incomplete: bool | None = None
    confirmed: bool | None = None
    retriage: bool | None = None
    reason: Words | None = None
    chief_complaint: Words | None = None
    notes: Note | None = None
    status: Literal["IN_CONSULTATION", "COMPLETED"] | None = None
    discharge_notes: Words | None = None
    follow_up: FollowUp | None = None
    results_to_follow: bool | None = None

    def action(self) -> Action:
        """The action that these fields are; refuses a mixture, naming the field that does not belong."""
        fields = self.model_dump(exclude_unset=True)
        if ("vital_signs" in fields) == ("status" in fields):
            raise invalid("vital_signs", "give exactly one of vital_signs (triage) and status (take in, discharge)")
        if "vital_signs" in fields:
            return RecordTriage.model_validate(fields)
        status = fields.pop("status")
        return TakeIn.model_validate(fields) if status == "IN_CONSULTATION" else Discharge.model_validate(fields)


@routes.put(
    "/visits/{id}",
    tags=["visit"],
    responses={**REFUSALS, 200: {"model": VisitChanged}, 202: {"model": Accepting}},
)
async def update_visit(sender: TheSender, id: UUID, body: VisitUpdate) -> Response:
    """Triage (TRIAGE_NURSE), take the patient in (CLINICAL_OFFICER), or discharge (CLINICAL_OFFICER)."""
    action = body.action()
    require_role(action.roles, sender.actor, action.said)
    return await sender.send(sender.command(id, action), 200)


@routes.post(
    "/visits/{id}/actions",
    status_code=201,
    tags=["visit"],
    responses={**REFUSALS, 201: {"description": "As the action's own route answers."}, 202: {"model": Accepting}},
)
async def perform(sender: TheSender, id: UUID, body: Annotated[AnyVisitAction, Body(discriminator="kind")]) -> Response:
    """The general door: every action on a visit, told apart by `kind`."""
    require_role(body.roles, sender.actor, body.said)
    return await sender.send(sender.command(id, body), 201)


action_route(routes, "POST", "/patient-encounters", RecordEncounter)
action_route(routes, "POST", "/diagnoses", RecordDiagnosis)
action_route(routes, "POST", "/prescriptions", Prescribe)
action_route(
    routes,
    "PUT",
    "/prescriptions/{id}",
    Dispense,
    find=visit_of_record(Dispense),
    path_field="prescription_id",
    beside={"dispense": MedicationDispenseRow},
)
action_route(routes, "POST", "/lab-requests", OrderLabTest)
action_route(
    routes, "PUT", "/lab-requests/{id}", ReportLabTest, find=visit_of_record(ReportLabTest), path_field="lab_request_id"
)
action_route(routes, "POST", "/visits/{id}/referrals", Refer, find=path_visit)
action_route(routes, "POST", "/immunization/patients/{id}/immunizations", RecordImmunization)
action_route(routes, "POST", "/family-planning/patients/{id}/records", RecordFamilyPlanning)
action_route(routes, "POST", "/mch-services/patients/{id}/services", RecordMchService)
action_route(routes, "POST", "/payments", TakePayment)
action_route(routes, "POST", "/sha-invoices", RaiseShaInvoice)
