"""What is asked of supervisors about money: waivers, refunds, and gates that were opened without it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.catalogue import Resource
from models.tables.base import Record


class Decision(Record):
    """`recorded_by` asks; by `due_at` somebody else should have decided, else the `ladder` hears of it."""

    __abstract__ = True

    reason: Mapped[str]
    status: Mapped[str]
    due_at: Mapped[datetime]
    ladder: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str]


class WaiverRow(Decision):
    """`amount_counted`: what still counts of it; it shrinks when less is owed without it."""

    __tablename__ = "waivers"
    __table_args__ = (
        CheckConstraint("status in ('PENDING', 'APPROVED', 'REFUSED', 'EXPIRED', 'CANCELLED')", name="status"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("amount_approved is null or amount_approved <= amount", name="approved"),
        CheckConstraint("amount_counted between 0 and coalesce(amount_approved, 0)", name="counted"),
        Index("waivers_pending_idx", "visit_id", unique=True, postgresql_where=text("status = 'PENDING'")),
    )
    resource = Resource.WAIVER

    amount: Mapped[Decimal]
    amount_approved: Mapped[Decimal | None]
    amount_counted: Mapped[Decimal]
    expires_at: Mapped[datetime | None]


class RefundRow(Decision):
    """Money that goes back; PAID is the end of it."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("status in ('PENDING', 'APPROVED', 'REFUSED', 'CANCELLED', 'PAID')", name="status"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(status = 'PAID') = (paid_at is not null)", name="paid"),
        Index("refunds_open_idx", "visit_id", unique=True, postgresql_where=text("status in ('PENDING', 'APPROVED')")),
        Index("refunds_paid_idx", "facility_id", "paid_at", postgresql_where=text("status = 'PAID'")),
    )
    resource = Resource.REFUND

    amount: Mapped[Decimal]
    payment_id: Mapped[UUID | None]
    payment_type: Mapped[str | None]
    payment_reference: Mapped[str | None]
    paid_by: Mapped[UUID | None]
    paid_at: Mapped[datetime | None]


class BreakGlassRow(Decision):
    """A money gate that was opened; `order_id`: of one order only."""

    __tablename__ = "break_glasses"
    __table_args__ = (CheckConstraint("status in ('PENDING', 'REVIEWED')", name="status"),)
    resource = Resource.BREAK_GLASS

    station: Mapped[str]
    order_id: Mapped[UUID | None]
