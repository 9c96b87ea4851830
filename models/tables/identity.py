"""Who the patient is: registrations that were merged, and records that moved from one registration to another."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.identity import MoveKind
from models.tables.base import Base, one_of


class PatientMergeRow(Base):
    """Two registrations of one person, and all that it takes to part them again.

    `survivor_before`, `merged_before`: both as they stood. `filled`: what the survivor took over from the other.
    `aliases`: registrations that had been merged into the other before. `visits`: the steps that moved each visit;
    `undo_visits`: those that moved it back.
    """

    __tablename__ = "patient_merges"
    __table_args__ = (
        Index("patient_merges_one_per_patient", "merged_id", unique=True, postgresql_where=text("undone_at is null")),
        CheckConstraint("survivor_id <> merged_id", name="two"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    survivor_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    merged_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    reason: Mapped[str]
    override_reason: Mapped[str | None]
    survivor_before: Mapped[dict[str, Any]]
    merged_before: Mapped[dict[str, Any]]
    filled: Mapped[dict[str, Any]]
    aliases: Mapped[list[str]] = mapped_column(JSONB)
    visits: Mapped[list[dict[str, Any]]]
    merged_by: Mapped[UUID]
    merged_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    undo_id: Mapped[UUID | None] = mapped_column(unique=True)
    undo_reason: Mapped[str | None]
    undo_visits: Mapped[list[dict[str, Any]] | None]


class RecordMoveRow(Base):
    """One record that stood under a registration and now stands under another; `record`: as it was before.

    This is how it stays readable from where it was entered in error. Rows are only ever added.
    """

    __tablename__ = "record_moves"
    __table_args__ = (
        CheckConstraint(one_of("kind", MoveKind), name="kind"),
        Index("record_moves_from_patient_moved_at_idx", "from_patient", "moved_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    change_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    reason: Mapped[str]
    table_name: Mapped[str]
    record_id: Mapped[UUID]
    visit_id: Mapped[UUID | None]
    from_patient: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    to_patient: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    record: Mapped[dict[str, Any]]
    moved_by: Mapped[UUID]
    moved_at: Mapped[datetime]
