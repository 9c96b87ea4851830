"""Patients and their visits."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.catalogue import Resource
from models.status import Status
from models.tables.base import Base, one_of
from models.urgency import TriageCategory, TriageColour

CALL_IS_OPEN = """
    departure->'call_back'->>'id' is not null
    and jsonb_array_length(departure->'call_back'->'attempts') < (departure->'call_back'->>'wanted')::int
    and not departure->'call_back'->'attempts' @? '$[*] ? (@.outcome != "NOT_REACHED")'
"""
"""Of a visit: a call is owed to its patient, who left (`models.departures.CallBack.is_open`)."""


class PatientRow(Base):
    __tablename__ = "patients"
    __table_args__ = (
        Index(
            "patients_facility_id_national_id_key",
            "facility_id",
            "national_id",
            unique=True,
            postgresql_where=text("national_id is not null"),
        ),
    )
    resource: ClassVar[Resource] = Resource.PATIENT

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"), index=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    gender: Mapped[str]
    date_of_birth: Mapped[date | None]
    age: Mapped[int | None]
    age_stated_on: Mapped[date | None]
    phone_number: Mapped[str]
    national_id: Mapped[str | None]
    sha_number: Mapped[str | None]
    insurance_type: Mapped[str]
    next_of_kin: Mapped[str | None]
    email: Mapped[str | None]
    registration_type: Mapped[str]
    registered_by: Mapped[UUID]
    registration_date: Mapped[datetime]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"), index=True)
    deceased_at: Mapped[datetime | None]


class VisitRow(Base):
    """The facts of a visit, column by column as `models.visit.Visit` names them."""

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("facility_id", "op_number"),
        Index(
            "visits_one_open_per_patient",
            "patient_id",
            unique=True,
            postgresql_where=text("completed_at is null and not doubled"),
        ),
        Index("visits_waiting_at_idx", "waiting_at", postgresql_using="gin"),
        Index("visits_facility_id_arrived_at_idx", "facility_id", "arrived_at"),
        Index("visits_in_consultation_idx", "facility_id", postgresql_where=text("status = 'IN_CONSULTATION'")),
        Index(
            "visits_call_back_idx",
            text("((departure -> 'call_back'::text) ->> 'id'::text)"),
            postgresql_where=text("departure is not null"),
        ),
        CheckConstraint(one_of("status", Status), name="status"),
        CheckConstraint(f"triage_category is null or {one_of('triage_category', TriageCategory)}", name="triage"),
        CheckConstraint(f"triage_colour is null or {one_of('triage_colour', TriageColour)}", name="colour"),
        CheckConstraint("version >= 1", name="version"),
    )
    resource: ClassVar[Resource] = Resource.VISIT

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    op_number: Mapped[str]
    status: Mapped[str]
    waiting_at: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    waiting: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    calls: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    clocks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    chief_complaint: Mapped[str]
    rules: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    policy: Mapped[str] = mapped_column(server_default="")
    triage_category: Mapped[str | None]
    triage_colour: Mapped[str | None]
    triage_incomplete: Mapped[bool] = mapped_column(server_default="false")
    pending_retriage: Mapped[dict[str, Any] | None]
    triaged_at: Mapped[datetime | None]
    identity_pending: Mapped[bool] = mapped_column(server_default="false")
    doubled: Mapped[bool] = mapped_column(server_default="false")
    bypasses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    payment_type: Mapped[str]
    payment_reference: Mapped[str | None]
    payment_status: Mapped[str]
    total_amount: Mapped[Decimal]
    amount_paid: Mapped[Decimal]
    amount_covered: Mapped[Decimal]
    amount_waived: Mapped[Decimal]
    amount_pending: Mapped[Decimal] = mapped_column(server_default="0")
    amount_deposited: Mapped[Decimal] = mapped_column(server_default="0")
    amount_refunded: Mapped[Decimal] = mapped_column(server_default="0")
    amount_first: Mapped[Decimal] = mapped_column(server_default="0")
    paid_first: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    waivers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    pending_waiver: Mapped[dict[str, Any] | None]
    refund: Mapped[dict[str, Any] | None]
    gates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    consultation_fee: Mapped[dict[str, Any] | None]
    cover: Mapped[str | None]
    provider_id: Mapped[UUID | None]
    age_years: Mapped[int | None]
    taken_in: Mapped[bool]
    seen: Mapped[bool]
    referred_to: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    clinician_needed: Mapped[bool] = mapped_column(server_default="false")
    has_unread_results: Mapped[bool]
    open_orders: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    awaited: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    critical_results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    untold: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    owed_drugs: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    referred_out: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    arrived_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    stage_since: Mapped[datetime]
    observe_until: Mapped[datetime | None]
    observation_note: Mapped[str | None]
    observation_ended_at: Mapped[datetime | None]
    end: Mapped[str | None]
    completed_at: Mapped[datetime | None]
    discharge_notes: Mapped[str | None]
    ending: Mapped[dict[str, Any] | None]
    death: Mapped[dict[str, Any] | None]
    departure: Mapped[dict[str, Any] | None]
    look_again_since: Mapped[datetime | None]
    handover: Mapped[dict[str, Any] | None]
    undone_ends: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    version: Mapped[int]
    audit_head: Mapped[str]
    audit_length: Mapped[int]
