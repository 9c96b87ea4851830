"""What the clinic keeps: the only SQLAlchemy under `models`. One class per table."""

from models.catalogue import Catalogue, Resource
from models.tables.base import Base, Record
from models.tables.claims import (
    ClaimDocumentRow,
    ClaimRow,
    ClaimStepRow,
    DiagnosisCodeRow,
    InsurerInvoiceRow,
    InsurerRow,
    ServiceCodeRow,
)
from models.tables.clinic import (
    FacilityRow,
    FamilyPlanningMethodRow,
    Listed,
    MchServiceRow,
    NumberRow,
    PriceRow,
    SignInFailureRow,
    UserRow,
    VaccineRow,
)
from models.tables.identity import PatientMergeRow, RecordMoveRow
from models.tables.journal import AuditRow, ChainRow, CommandRow, EventRow, SealRow
from models.tables.outside import (
    CallbackRow,
    CounterPaymentRow,
    CoverageRow,
    MessageRow,
    MobilePaymentRow,
    OptOutRow,
    ServiceRow,
    TaskRow,
)
from models.tables.records import (
    AppointmentRow,
    ChargeRow,
    CriticalNoticeRow,
    DiagnosisRow,
    EncounterRow,
    FamilyPlanningRow,
    ImmunizationRow,
    LabRequestRow,
    MchRecordRow,
    ObligationRow,
    PaymentRow,
    PrescriptionRow,
    ReferralRow,
    ShaInvoiceRow,
)
from models.tables.visits import PatientRow, VisitRow

RECORDS: tuple[type[Record], ...] = (
    EncounterRow,
    DiagnosisRow,
    PrescriptionRow,
    LabRequestRow,
    CriticalNoticeRow,
    ObligationRow,
    ReferralRow,
    ImmunizationRow,
    FamilyPlanningRow,
    MchRecordRow,
    PaymentRow,
    ShaInvoiceRow,
    InsurerInvoiceRow,
    AppointmentRow,
)
"""The records of a visit; each is listed by the API under its own route."""

TABLE_OF: dict[Resource, type[Base]] = {
    Resource.PATIENT: PatientRow,
    Resource.VISIT: VisitRow,
    Resource.INSURER: InsurerRow,
    Resource.TASK: TaskRow,
    **{table.resource: table for table in RECORDS},
}

LIST_OF: dict[Catalogue, type[Listed]] = {
    Catalogue.VACCINES: VaccineRow,
    Catalogue.METHODS: FamilyPlanningMethodRow,
    Catalogue.SERVICES: MchServiceRow,
}

__all__ = [
    "LIST_OF",
    "RECORDS",
    "TABLE_OF",
    "AppointmentRow",
    "AuditRow",
    "Base",
    "CallbackRow",
    "ChainRow",
    "ChargeRow",
    "ClaimDocumentRow",
    "ClaimRow",
    "ClaimStepRow",
    "CommandRow",
    "CounterPaymentRow",
    "CoverageRow",
    "CriticalNoticeRow",
    "DiagnosisCodeRow",
    "DiagnosisRow",
    "EncounterRow",
    "EventRow",
    "FacilityRow",
    "FamilyPlanningMethodRow",
    "FamilyPlanningRow",
    "ImmunizationRow",
    "InsurerInvoiceRow",
    "InsurerRow",
    "LabRequestRow",
    "Listed",
    "MchRecordRow",
    "MchServiceRow",
    "MessageRow",
    "MobilePaymentRow",
    "NumberRow",
    "ObligationRow",
    "OptOutRow",
    "PatientMergeRow",
    "PatientRow",
    "PaymentRow",
    "PrescriptionRow",
    "PriceRow",
    "Record",
    "RecordMoveRow",
    "ReferralRow",
    "SealRow",
    "ServiceCodeRow",
    "ServiceRow",
    "ShaInvoiceRow",
    "SignInFailureRow",
    "TaskRow",
    "UserRow",
    "VaccineRow",
    "VisitRow",
]
