"""Reading records and lists: one route per table, made from the table."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select

from api.actions import REFUSALS
from api.aliases import is_of
from api.clinic import Reading
from api.noting import NoteReads
from api.paging import Cursor, Limit, page
from api.security import Signed
from api.shapes import list_of, record_shape
from models.actions.base import require_role
from models.problems import NotFound, invalid
from models.staff import CLINICAL, Role
from models.tables import (
    AllergyRow,
    AppointmentRow,
    Base,
    BreakGlassRow,
    CriticalNoticeRow,
    DiagnosisRow,
    EncounterRow,
    FamilyPlanningMethodRow,
    FamilyPlanningRow,
    ImmunizationRow,
    InsurerInvoiceRow,
    InsurerRow,
    LabRequestRow,
    MchRecordRow,
    MchServiceRow,
    MedicationDispenseRow,
    ObligationRow,
    PaymentRow,
    PrescriptionRow,
    Record,
    ReferralRow,
    RefundRow,
    ShaInvoiceRow,
    VaccineRow,
    VisitRow,
    WaiverRow,
)

routes = APIRouter(prefix="/api", responses=REFUSALS)
EVERYBODY = frozenset(Role)
CLINICAL_READERS = CLINICAL | {Role.SUPERVISOR}
READERS: dict[str, frozenset[Role]] = {}
"""Who may read the records of which table."""


def with_version(stored: Any) -> Any:
    """The table's rows, and at which version their visit was when they were read."""
    version = select(VisitRow.version).where(VisitRow.id == stored.c.visit_id).scalar_subquery()
    return select(stored, version.label("visit_version"))


def having(stored: Any, status: str) -> Any:
    if "status" not in stored.c:
        raise invalid("status", "these records have none; leave it out")
    return stored.c.status == status.replace("\x00", "")


def collection(path: str, table: type[Record], readers: frozenset[Role]) -> None:
    """`GET path?visit_id=|patient_id=` and `GET path/{id}`."""
    stored: Any = table.__table__
    shape = record_shape(table)
    READERS[table.__tablename__] = readers

    async def listing(
        actor: Signed,
        db: Reading,
        note: NoteReads,
        visit_id: UUID | None = None,
        patient_id: UUID | None = None,
        status: Annotated[str | None, Query(max_length=40)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Any:
        require_role(readers, actor, "Reading these records")
        if not (visit_id or patient_id):
            raise invalid("visit_id", "is missing; ask by visit_id or patient_id")
        wanted = with_version(stored).where(stored.c.facility_id == actor.facility_id)
        if visit_id:
            wanted = wanted.where(stored.c.visit_id == visit_id)
        if patient_id:
            wanted = wanted.where(is_of(stored.c.patient_id, patient_id))
        if status:
            wanted = wanted.where(having(stored, status))
        found = await page(db, wanted, stored.c.recorded_at, stored.c.id, limit, cursor)
        note(table, found["items"])
        return found

    async def one(id: UUID, actor: Signed, db: Reading, note: NoteReads) -> Any:
        require_role(readers, actor, "Reading these records")
        wanted = with_version(stored).where(stored.c.id == id, stored.c.facility_id == actor.facility_id)
        found = (await db.execute(wanted)).mappings().first()
        if found is None:
            raise NotFound("There is no such record.")
        note(table, [dict(found)])
        return dict(found)

    tag = table.resource.lower()
    routes.add_api_route(path, listing, response_model=list_of(shape), tags=[tag], name=f"list {tag}")
    routes.add_api_route(f"{path}/{{id}}", one, response_model=shape, tags=[tag], name=f"read {tag}")


def of_parent(path: str, table: type[Record], column: str, routes: APIRouter = routes) -> None:
    """`GET path` with the patient's or visit's id inside."""
    stored: Any = table.__table__
    READERS[table.__tablename__] = CLINICAL_READERS

    async def listing(
        id: UUID, actor: Signed, db: Reading, note: NoteReads, limit: Limit = 50, cursor: Cursor = None
    ) -> Any:
        require_role(CLINICAL_READERS, actor, "Reading these records")
        about = is_of(stored.c.patient_id, id) if column == "patient_id" else stored.c[column] == id
        wanted = with_version(stored).where(stored.c.facility_id == actor.facility_id, about)
        found = await page(db, wanted, stored.c.recorded_at, stored.c.id, limit, cursor)
        note(table, found["items"])
        return found

    tag = table.resource.lower()
    routes.add_api_route(path, listing, response_model=list_of(record_shape(table)), tags=[tag], name=f"list {path}")


def whole_list(path: str, table: type[Base]) -> None:
    """The list that a service chooses from, by name."""
    stored: Any = table.__table__

    async def listing(actor: Signed, db: Reading, query: Annotated[str, Query(max_length=100)] = "") -> Any:
        wanted = select(stored).where(stored.c.facility_id == actor.facility_id)
        wanted = wanted.where(stored.c.name.icontains(query.replace("\x00", ""), autoescape=True))
        rows = (await db.execute(wanted.order_by(stored.c.name, stored.c.id))).mappings()
        return {"items": [dict(row) for row in rows], "next_cursor": None}

    routes.add_api_route(
        path, listing, response_model=list_of(record_shape(table)), tags=["lists"], name=f"list {path}"
    )


# Before `/prescriptions/{id}`, which would take "patient" for an id.
of_parent("/prescriptions/patient/{id}", PrescriptionRow, "patient_id")
of_parent("/patients/{id}/allergies", AllergyRow, "patient_id")
of_parent("/prescriptions/{id}/dispenses", MedicationDispenseRow, "prescription_id")
of_parent("/immunization/patients/{id}/immunizations", ImmunizationRow, "patient_id")
of_parent("/family-planning/patients/{id}/records", FamilyPlanningRow, "patient_id")
of_parent("/mch-services/patients/{id}/services", MchRecordRow, "patient_id")
of_parent("/visits/{id}/referrals", ReferralRow, "visit_id")
collection("/patient-encounters", EncounterRow, CLINICAL_READERS)
collection("/diagnoses", DiagnosisRow, CLINICAL_READERS)
collection("/prescriptions", PrescriptionRow, CLINICAL_READERS)
collection("/medication-dispenses", MedicationDispenseRow, CLINICAL_READERS)
collection("/allergies", AllergyRow, CLINICAL_READERS)
collection("/lab-requests", LabRequestRow, CLINICAL_READERS)
collection("/critical-notices", CriticalNoticeRow, CLINICAL_READERS)
collection("/obligations", ObligationRow, CLINICAL_READERS)
collection("/referrals", ReferralRow, CLINICAL_READERS)
collection("/immunizations", ImmunizationRow, CLINICAL_READERS)
collection("/family-planning-records", FamilyPlanningRow, CLINICAL_READERS)
collection("/mch-records", MchRecordRow, CLINICAL_READERS)
collection("/payments", PaymentRow, EVERYBODY)
collection("/waivers", WaiverRow, EVERYBODY)
collection("/refunds", RefundRow, EVERYBODY)
collection("/break-glasses", BreakGlassRow, EVERYBODY)
collection("/sha-invoices", ShaInvoiceRow, EVERYBODY)
collection("/insurer-invoices", InsurerInvoiceRow, EVERYBODY)
collection("/appointments", AppointmentRow, EVERYBODY)
whole_list("/vaccines", VaccineRow)
whole_list("/family-planning-methods", FamilyPlanningMethodRow)
whole_list("/mch-services", MchServiceRow)
whole_list("/insurers", InsurerRow)
