"""What was commanded, what was audited, what was told."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class CommandRow(Base):
    """One command, once: its primary key is what makes every effect happen at most once.

    `starts`: what it was to begin, for a worker that finds it done but does not know whether that began.
    `wrote`: the fields of visit and records as it left them, to put the past together again; None in older ones.
    """

    __tablename__ = "commands"
    __table_args__ = (CheckConstraint("status in ('DONE', 'REFUSED')", name="status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID]
    visit_id: Mapped[UUID | None] = mapped_column(index=True)
    actor_id: Mapped[UUID]
    kind: Mapped[str]
    digest: Mapped[str]
    status: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    starts: Mapped[list[dict[str, Any]] | None]
    wrote: Mapped[list[dict[str, Any]] | None]
    problem: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]
    written_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class AuditRow(Base):
    """One write. Rows of a chain follow each other by `seq`; each hash covers the row and the hash before it."""

    __tablename__ = "audit_logs"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("audit_logs_facility_id_at_idx", "facility_id", "at"),
        Index("audit_logs_corrections_idx", "resource_id", postgresql_where=text("visit_id is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID]
    chain: Mapped[str]
    seq: Mapped[int]
    visit_id: Mapped[UUID | None] = mapped_column(index=True)
    user_id: Mapped[UUID | None]
    action: Mapped[str]
    resource: Mapped[str]
    resource_id: Mapped[UUID | None]
    details: Mapped[str]
    ip_address: Mapped[str | None]
    at: Mapped[datetime]
    previous_hash: Mapped[str]
    hash: Mapped[str]


class ChainRow(Base):
    """The head of an administration chain; a visit keeps its own head in its row."""

    __tablename__ = "audit_chains"

    chain: Mapped[str] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    head: Mapped[str]
    length: Mapped[int]


class SealRow(Base):
    """One day's digest over the heads of all chains that grew since the seal before, chained to that seal."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
    heads: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_digest: Mapped[str]
    digest: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class EventRow(Base):
    """What boards hear. The id is drawn after the transaction's own id (see `next_event_id` in the migration)."""

    __tablename__ = "events"
    __table_args__ = (Index("events_facility_id_id_idx", "facility_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=text("next_event_id()"))
    facility_id: Mapped[UUID]
    kind: Mapped[str]
    audience: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]


class ReadRow(Base):
    """Who read what of a visit, the first time at that version of it. `what`: a table's name."""

    __tablename__ = "reads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    version: Mapped[int]
    person_id: Mapped[UUID]
    what: Mapped[str]
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
