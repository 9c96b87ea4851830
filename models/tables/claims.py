"""Claims to payers, what came of them, and the lists by which they are coded."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.catalogue import Resource
from models.claims import ClaimStatus, Gateway, Payer
from models.tables.base import Base, Record, one_of
from models.tables.clinic import Listed


class ClaimRow(Base):
    """One visit's claim to one payer. `session` is sealed: it opens the patient's claim over there.

    `handed_in` is marked INTENDED before the one call that must not be doubled, YES once the payer certainly has it.
    """

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("visit_id", "payer"),
        CheckConstraint(one_of("payer", Payer), name="payer"),
        CheckConstraint(one_of("gateway", Gateway), name="gateway"),
        CheckConstraint(one_of("status", ClaimStatus), name="status"),
        CheckConstraint("handed_in in ('NO', 'INTENDED', 'YES')", name="handed_in"),
        Index("claims_facility_id_opened_at_idx", "facility_id", "opened_at"),
        Index("claims_queued_idx", "gateway", "opened_at", postgresql_where=text("status = 'QUEUED'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    payer: Mapped[str]
    gateway: Mapped[str]
    insurer_id: Mapped[UUID | None] = mapped_column(ForeignKey("insurers.id"))
    number: Mapped[str]
    status: Mapped[str]
    raw_status: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    amount: Mapped[Decimal] = mapped_column(server_default="0")
    amount_paid: Mapped[Decimal | None]
    payer_reference: Mapped[str] = mapped_column(server_default="")
    practitioner: Mapped[str] = mapped_column(server_default="")
    session: Mapped[bytes | None]
    handed_in: Mapped[str] = mapped_column(server_default="NO")
    opened_at: Mapped[datetime]
    turn_asked_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")


class ClaimStepRow(Base):
    """Each status that a claim had, in order; the payer's own words beside ours."""

    __tablename__ = "claim_steps"
    __table_args__ = (UniqueConstraint("claim_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    version: Mapped[int]
    status: Mapped[str]
    raw_status: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    actor_id: Mapped[UUID]
    at: Mapped[datetime]


class ClaimDocumentRow(Base):
    """A paper that goes with a claim, sealed; `attached_at` once the payer has it, `refusal` where it never will."""

    __tablename__ = "claim_documents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"), index=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    content_type: Mapped[str]
    content: Mapped[bytes]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    attached_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(server_default="")


class InsurerRow(Listed):
    """An insurer of the facility's list, and the way to it; `payer_code` is its name over there."""

    __tablename__ = "insurers"
    __table_args__ = (
        UniqueConstraint("facility_id", "code"),
        CheckConstraint(one_of("gateway", Gateway), name="gateway"),
    )

    gateway: Mapped[str]
    payer_code: Mapped[str] = mapped_column(server_default="")


class InsurerInvoiceRow(Record):
    """What an insurer is to cover of a visit's bill."""

    __tablename__ = "insurer_invoices"
    __table_args__ = (UniqueConstraint("facility_id", "invoice_number"),)
    resource = Resource.INSURER_INVOICE

    invoice_number: Mapped[str]
    insurer_id: Mapped[UUID] = mapped_column(ForeignKey("insurers.id"))
    member_number: Mapped[str]
    service_given: Mapped[str]
    amount_charged: Mapped[Decimal]
    status: Mapped[str]
    created_by: Mapped[UUID]


class DiagnosisCodeRow(Base):
    """One diagnosis in both codings, as a coder of the facility (or the seed) has paired them."""

    __tablename__ = "diagnosis_codes"

    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"), primary_key=True)
    icd10: Mapped[str] = mapped_column(primary_key=True)
    icd11: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    valid_from: Mapped[date] = mapped_column(server_default=func.current_date())
    recorded_by: Mapped[UUID | None]


class ServiceCodeRow(Base):
    """What a payer calls a kind of service of ours (SHA: the intervention), from a day on."""

    __tablename__ = "service_codes"
    __table_args__ = (CheckConstraint(one_of("gateway", Gateway), name="gateway"),)

    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"), primary_key=True)
    gateway: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    code: Mapped[str]
    source: Mapped[str]
