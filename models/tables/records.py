"""What staff write down during a visit: one class per table, columns named as in the action that fills them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.catalogue import Resource
from models.medication_words import RequestStatus
from models.tables.base import Erroneous, Record, one_of


class EncounterRow(Erroneous, Record):
    __tablename__ = "patient_encounters"
    resource = Resource.ENCOUNTER

    encounter_type: Mapped[str]
    provider_id: Mapped[UUID]
    vital_signs: Mapped[dict[str, Any] | None]
    assessment: Mapped[dict[str, Any] | None]
    notes: Mapped[str]
    findings: Mapped[str]
    recommendations: Mapped[str]


class DiagnosisRow(Erroneous, Record):
    __tablename__ = "diagnoses"
    resource = Resource.DIAGNOSIS

    encounter_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient_encounters.id"))
    diagnosis_code: Mapped[str]
    coding_system: Mapped[str]
    diagnosis_name: Mapped[str]
    status: Mapped[str]
    notes: Mapped[str]


class PrescriptionRow(Erroneous, Record):
    __tablename__ = "prescriptions"
    __table_args__ = (
        CheckConstraint("quantity_dispensed between 0 and quantity", name="quantity"),
        CheckConstraint(one_of("request_status", RequestStatus), name="request_status"),
    )
    resource = Resource.PRESCRIPTION

    encounter_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient_encounters.id"))
    medication_name: Mapped[str]
    dosage: Mapped[str]
    frequency: Mapped[str]
    duration: Mapped[str]
    quantity: Mapped[int]
    instructions: Mapped[str]
    status: Mapped[str]
    quantity_dispensed: Mapped[int]
    dispensed_at: Mapped[datetime | None]
    dispensed_by: Mapped[UUID | None]
    dispensing_notes: Mapped[str]
    request_status: Mapped[str] = mapped_column(server_default="active")
    substituted_by: Mapped[str | None]
    checks: Mapped[dict[str, Any] | None]


class LabRequestRow(Erroneous, Record):
    """`results`: as they stand; what they replaced is in `former_results`, with status, flags and who reported it."""

    __tablename__ = "lab_requests"
    __table_args__ = (
        Index("lab_requests_open_idx", "facility_id", postgresql_where=text("status in ('PENDING', 'PRELIMINARY')")),
        Index(
            "lab_requests_critical_idx",
            "critical_since",
            postgresql_where=text("critical_since is not null and acknowledged_at is null"),
        ),
    )
    resource = Resource.LAB_REQUEST

    requested_by: Mapped[UUID]
    test_type: Mapped[str]
    urgency: Mapped[str]
    status: Mapped[str]
    notes: Mapped[str]
    results: Mapped[dict[str, Any] | None]
    flags: Mapped[dict[str, Any] | None]
    interpretation: Mapped[dict[str, Any] | None]
    catalogue_version: Mapped[str | None]
    former_results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    reason: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[UUID | None]
    critical_since: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    read_back: Mapped[dict[str, Any] | None]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[UUID | None]


class CriticalNoticeRow(Record):
    """One attempt to have a critical value heard, or the answer to it. `step`: of the ladder, from 1; an answer has 0.

    `critical_since` tells the loops of one test apart. No value stands here; what was read back does with the answer.
    """

    __tablename__ = "critical_notices"
    __table_args__ = (CheckConstraint("kind in ('NOTIFIED', 'ACKNOWLEDGED')", name="kind"),)
    resource = Resource.CRITICAL_NOTICE

    lab_request_id: Mapped[UUID] = mapped_column(ForeignKey("lab_requests.id"), index=True)
    critical_since: Mapped[datetime]
    kind: Mapped[str]
    step: Mapped[int]
    told_role: Mapped[str | None]
    told_person: Mapped[UUID | None]
    flags: Mapped[dict[str, Any]]
    read_back: Mapped[dict[str, Any] | None]


class ObligationRow(Record):
    """What the clinic owes a patient, by whom and until when: a result to tell, pieces of a drug (`quantity`), or to
    hear what came of a referral, or to see them again (`service`, `due_on`, and the record from which that follows).

    `arrived_at`: when what the pharmacy owes came in.
    """

    __tablename__ = "obligations"
    __table_args__ = (
        CheckConstraint(
            "kind in ('RESULT_TO_TELL', 'DRUGS_OWED', 'REFERRAL_FEEDBACK', 'NEXT_DOSE', 'RETURN_VISIT')", name="kind"
        ),
        CheckConstraint("num_nonnulls(lab_request_id, prescription_id, referral_id, service) = 1", name="about"),
        CheckConstraint("num_nonnulls(service, record_id, due_on) in (0, 3)", name="recall"),
        CheckConstraint("status in ('OPEN', 'DONE', 'CANCELLED')", name="status"),
        Index("obligations_open_idx", "facility_id", "due_at", postgresql_where=text("status = 'OPEN'")),
    )
    resource = Resource.OBLIGATION

    kind: Mapped[str]
    lab_request_id: Mapped[UUID | None] = mapped_column(ForeignKey("lab_requests.id"), index=True)
    prescription_id: Mapped[UUID | None] = mapped_column(ForeignKey("prescriptions.id"), index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referrals.id"), index=True)
    service: Mapped[str | None]
    record_id: Mapped[UUID | None]
    due_on: Mapped[date | None]
    quantity: Mapped[int | None]
    arrived_at: Mapped[datetime | None]
    owner_id: Mapped[UUID]
    due_at: Mapped[datetime]
    status: Mapped[str]
    is_critical: Mapped[bool]
    outcome: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]


class ReferralRow(Erroneous, Record):
    """Within the clinic to a `station`, answered by a record of that service; or out, to a facility of that name.

    Who is referred out is `feedback_by` then to have been heard of; `feedback` is what came back.
    """

    __tablename__ = "referrals"
    __table_args__ = (CheckConstraint("num_nonnulls(station, facility_name) = 1", name="whereto"),)
    resource = Resource.REFERRAL

    station: Mapped[str | None]
    reason: Mapped[str]
    status: Mapped[str]
    referred_by: Mapped[UUID]
    answered_by: Mapped[UUID | None]
    replaces_consultation: Mapped[bool | None]
    facility_name: Mapped[str | None]
    urgency: Mapped[str | None]
    clinical_summary: Mapped[str | None]
    feedback_by: Mapped[datetime | None]
    feedback: Mapped[str | None]
    feedback_from: Mapped[str | None]
    feedback_on: Mapped[date | None]
    feedback_at: Mapped[datetime | None]
    feedback_recorded_by: Mapped[UUID | None]
    rules_version: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    cancel_reason: Mapped[str | None]
    quoted_item: Mapped[str | None]


class ImmunizationRow(Erroneous, Record):
    __tablename__ = "patient_immunizations"
    resource = Resource.IMMUNIZATION

    vaccine_id: Mapped[UUID] = mapped_column(ForeignKey("vaccines.id"))
    immunization_date: Mapped[date]
    batch_number: Mapped[str]
    site: Mapped[str]
    route: Mapped[str]
    dosage: Mapped[str]
    status: Mapped[str]
    notes: Mapped[str]
    administered_by: Mapped[UUID]
    conditions: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    override_reason: Mapped[str | None]
    dose_number: Mapped[int | None]
    schedule_version: Mapped[str | None]
    warnings: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    observe_until: Mapped[datetime | None]
    next_dose: Mapped[str | None]
    next_date: Mapped[date | None]


class ReactionRow(Erroneous, Record):
    """An adverse event following immunization."""

    __tablename__ = "vaccine_reactions"
    resource = Resource.REACTION

    immunization_id: Mapped[UUID] = mapped_column(ForeignKey("patient_immunizations.id"), index=True)
    reaction: Mapped[str]
    severity: Mapped[str]
    anaphylaxis: Mapped[bool]
    onset_at: Mapped[datetime | None]
    action_taken: Mapped[str]
    notes: Mapped[str]


class FamilyPlanningRow(Erroneous, Record):
    __tablename__ = "patient_family_planning"
    resource = Resource.FAMILY_PLANNING

    method_id: Mapped[UUID] = mapped_column(ForeignKey("family_planning_methods.id"))
    start_date: Mapped[date]
    counseling_provided: Mapped[bool]
    counseling_notes: Mapped[str]
    status: Mapped[str]
    notes: Mapped[str]
    provider_id: Mapped[UUID]
    conditions: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    next_date: Mapped[date | None]
    return_for: Mapped[str | None]
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    appointment_id: Mapped[UUID | None]
    rules_version: Mapped[str | None]


class MchRecordRow(Erroneous, Record):
    __tablename__ = "patient_mch_services"
    resource = Resource.MCH_SERVICE

    service_id: Mapped[UUID] = mapped_column(ForeignKey("mch_services.id"))
    service_date: Mapped[date]
    service_details: Mapped[dict[str, Any]]
    findings: Mapped[str]
    recommendations: Mapped[str]
    status: Mapped[str]
    notes: Mapped[str]
    provider_id: Mapped[UUID]
    lmp: Mapped[date | None]
    gestational_age_weeks: Mapped[int | None]
    delivered_on: Mapped[date | None]
    danger_signs: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    contact_due: Mapped[str | None]
    next_contact: Mapped[str | None]
    next_date: Mapped[date | None]
    advice: Mapped[str | None]
    rules_version: Mapped[str | None]


class FamilyLinkRow(Record):
    """`visit_id` and `patient_id` are the child's; `related_visit_id` is the mother's visit, which knows who she is."""

    __tablename__ = "family_links"
    resource = Resource.FAMILY_LINK

    relation: Mapped[str]
    related_visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)


class PaymentRow(Record):
    __tablename__ = "payments"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)
    resource = Resource.PAYMENT

    amount: Mapped[Decimal]
    payment_type: Mapped[str]
    payment_reference: Mapped[str | None]
    phone_number: Mapped[str | None]
    status: Mapped[str]
    processed_by: Mapped[UUID]
    processed_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(server_default="BILL")


class ShaInvoiceRow(Record):
    __tablename__ = "sha_invoices"
    __table_args__ = (UniqueConstraint("facility_id", "invoice_number"),)
    resource = Resource.SHA_INVOICE

    invoice_number: Mapped[str]
    sha_number: Mapped[str]
    client_number: Mapped[str]
    service_given: Mapped[str]
    diagnosis: Mapped[str | None]
    amount_charged: Mapped[Decimal]
    status: Mapped[str]
    created_by: Mapped[UUID]


class AppointmentRow(Record):
    """`version` grows with each change; appointments are the only records that outlive their visit.

    `fulfilled_by`: the visit of that day which shows that the patient came. `times_missed`: how often it was given a
    new day because the patient had not come.
    """

    __tablename__ = "appointments"
    resource = Resource.APPOINTMENT

    appointment_date: Mapped[datetime]
    appointment_type: Mapped[str]
    provider_id: Mapped[UUID | None]
    notes: Mapped[str]
    status: Mapped[str]
    created_by: Mapped[UUID]
    fulfilled_by: Mapped[UUID | None]
    times_missed: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")


class ChargeRow(Record):
    """One line of a bill. A line taken back stays, with the command that took it back."""

    __tablename__ = "charges"

    order_id: Mapped[UUID | None]
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    amount: Mapped[Decimal]
    taken_back_by: Mapped[UUID | None]
