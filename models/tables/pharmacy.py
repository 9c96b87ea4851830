"""The pharmacy: allergies, what was handed out, and the stock with its ledger."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.catalogue import Resource
from models.medication_words import (
    AllergyCategory,
    AllergyType,
    ClinicalStatus,
    Criticality,
    DispenseStatus,
    VerificationStatus,
)
from models.stock import MoveKind
from models.tables.base import Base, Erroneous, Record, one_of


class AllergyRow(Record):
    """FHIR's AllergyIntolerance. It is the patient's; `visit_id` is where it was told.

    `code`: the drug, ingredient or class as the medicines catalogue knows it; without one nothing is checked by it.
    """

    __tablename__ = "allergies"
    __table_args__ = (
        CheckConstraint(one_of("clinical_status", ClinicalStatus), name="clinical_status"),
        CheckConstraint(one_of("verification_status", VerificationStatus), name="verification_status"),
        CheckConstraint(one_of("type", AllergyType), name="type"),
        CheckConstraint(one_of("category", AllergyCategory), name="category"),
        CheckConstraint(one_of("criticality", Criticality), name="criticality"),
    )
    resource = Resource.ALLERGY

    substance: Mapped[str]
    code: Mapped[str | None]
    catalogue: Mapped[str]
    type: Mapped[str]
    category: Mapped[str]
    criticality: Mapped[str]
    clinical_status: Mapped[str]
    verification_status: Mapped[str]
    reaction: Mapped[str]
    notes: Mapped[str]
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[UUID | None]
    change_reason: Mapped[str]


class MedicationDispenseRow(Erroneous, Record):
    """FHIR's MedicationDispense: one occasion at the counter. Several belong to one prescription.

    `medication_name`: what was handed out; where `was_substituted`, another drug than was prescribed. `batches`: from
    which batches how many pieces, where the facility keeps stock of it.
    """

    __tablename__ = "medication_dispenses"
    __table_args__ = (
        CheckConstraint(one_of("status", DispenseStatus), name="status"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )
    resource = Resource.MEDICATION_DISPENSE

    prescription_id: Mapped[UUID] = mapped_column(ForeignKey("prescriptions.id"), index=True)
    medication_name: Mapped[str]
    quantity: Mapped[int]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    was_substituted: Mapped[bool]
    substitution_reason: Mapped[str | None]
    batches: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    checks: Mapped[dict[str, Any] | None]
    notes: Mapped[str]


class StockBatchRow(Base):
    """What is left of a batch, in pieces: always the sum of its movements."""

    __tablename__ = "stock_batches"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand"),
        Index(
            "stock_batches_facility_id_code_batch_key",
            "facility_id",
            text("lower(code)"),
            text("lower(batch_number)"),
            unique=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    code: Mapped[str]
    batch_number: Mapped[str]
    expires_on: Mapped[date]
    on_hand: Mapped[int]
    received_at: Mapped[datetime]
    received_by: Mapped[UUID | None]


class StockMovementRow(Base):
    """One line of the ledger; never changed. Its id follows from the command and the batch: no command moves twice."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint(one_of("kind", MoveKind), name="kind"),
        CheckConstraint("on_hand_after >= 0", name="on_hand_after"),
        Index("stock_movements_facility_id_moved_at_idx", "facility_id", "moved_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"), index=True)
    code: Mapped[str]
    kind: Mapped[str]
    quantity: Mapped[int]
    on_hand_after: Mapped[int]
    reason: Mapped[str]
    notes: Mapped[str]
    command_id: Mapped[UUID]
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visits.id"))
    prescription_id: Mapped[UUID | None] = mapped_column(ForeignKey("prescriptions.id"), index=True)
    moved_by: Mapped[UUID | None]
    moved_at: Mapped[datetime]
