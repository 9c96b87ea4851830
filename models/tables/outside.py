"""What outside services were asked and what they said; and the tasks that come of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.services import Service
from models.tables.base import Base, one_of


class ServiceRow(Base):
    """How an outside service stands: up, failing since, or paused by whom and why."""

    __tablename__ = "services"
    __table_args__ = (CheckConstraint(one_of("name", Service), name="name"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    is_paused: Mapped[bool] = mapped_column(server_default="false")
    paused_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    failures: Mapped[int] = mapped_column(server_default="0")
    failing_since: Mapped[datetime | None]
    last_failure: Mapped[str] = mapped_column(server_default="")
    last_success_at: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    next_claim_at: Mapped[datetime | None]


class CounterPaymentRow(Base):
    """Money that reached the clinic's M-Pesa number, by the menu of a phone or by a prompt: one row for each receipt.

    `amount`: as M-Pesa confirmed it, none before. `payment_id`: the payment that it became, never a second one.
    `told_at`: when a confirmation came, none where a patient showed the receipt.
    """

    __tablename__ = "counter_payments"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        UniqueConstraint("receipt", "payment_id"),
        CheckConstraint("state in ('TOLD', 'UNKNOWN', 'UNANSWERED', 'UNPLACED', 'PLACED')", name="state"),
        CheckConstraint("(state = 'PLACED') = (payment_id is not null)", name="placed"),
        CheckConstraint("state not in ('PLACED', 'UNPLACED') or amount is not null", name="amount"),
        Index("counter_payments_told_idx", "receipt", postgresql_where=text("state = 'TOLD'")),
    )

    receipt: Mapped[str] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    reference: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str]
    amount: Mapped[Decimal | None]
    paid_at: Mapped[datetime | None]
    payment_id: Mapped[UUID | None]
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visits.id"))
    told_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]


class MobilePaymentRow(Base):
    """The intent behind an M-Pesa payment, written before the push, and what became of it.

    `account_reference` is the payment's own. `shown_receipt`: paid at the counter already; nobody is prompted. A
    `receipt` stands in `counter_payments` as this payment's, so none is credited to two.
    """

    __tablename__ = "mobile_payments"
    __table_args__ = (
        UniqueConstraint("checkout_request_id"),
        UniqueConstraint("receipt"),
        UniqueConstraint("account_reference"),
        ForeignKeyConstraint(["receipt", "id"], ["counter_payments.receipt", "counter_payments.payment_id"]),
        CheckConstraint("state in ('INTENDED', 'PUSHED', 'PAID', 'FAILED', 'UNKNOWN')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    facility_id: Mapped[UUID]
    visit_id: Mapped[UUID] = mapped_column(index=True)
    phone_number: Mapped[str]
    amount: Mapped[Decimal]
    account_reference: Mapped[str]
    shown_receipt: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str]
    checkout_request_id: Mapped[str | None]
    merchant_request_id: Mapped[str | None]
    receipt: Mapped[str | None]
    result_code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]


class CallbackRow(Base):
    """What came in at a callback's path, kept as it came before anything is made of it."""

    __tablename__ = "callbacks"
    __table_args__ = (UniqueConstraint("service", "digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str]
    kind: Mapped[str]
    digest: Mapped[str]
    body: Mapped[bytes]
    address: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    times: Mapped[int] = mapped_column(server_default="1")


class TaskRow(Base):
    """Work for a person that no screen asks for: a document that is missing, money that nobody can place."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("status in ('OPEN', 'DONE', 'CANCELLED')", name="status"),
        Index("tasks_open_idx", "facility_id", "role", postgresql_where=text("status = 'OPEN'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    kind: Mapped[str]
    role: Mapped[str]
    owner_id: Mapped[UUID | None]
    visit_id: Mapped[UUID | None] = mapped_column(index=True)
    claim_id: Mapped[UUID | None] = mapped_column(index=True)
    words: Mapped[str]
    closes_itself: Mapped[bool] = mapped_column(server_default="true")
    due_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(server_default="OPEN")
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    escalations: Mapped[int] = mapped_column(server_default="0")
    escalated_to: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(server_default="")


class MessageRow(Base):
    """One SMS or e-mail, written before it is sent: the key says what it is about, and makes it go out once."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("channel in ('SMS', 'EMAIL')", name="channel"),
        CheckConstraint(
            "status in ('INTENDED', 'SENT', 'DELIVERED', 'FAILED', 'UNKNOWN', 'SUPPRESSED')", name="status"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    patient_id: Mapped[UUID] = mapped_column(index=True)
    visit_id: Mapped[UUID | None]
    channel: Mapped[str]
    template: Mapped[str]
    key: Mapped[str]
    status: Mapped[str]
    provider_id: Mapped[str | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class OptOutRow(Base):
    """A phone number that wants no SMS any more."""

    __tablename__ = "opt_outs"

    phone_number: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class CoverageRow(Base):
    """What a payer said about a visit's cover; PROVISIONAL while it cannot be asked."""

    __tablename__ = "coverages"
    __table_args__ = (
        CheckConstraint("status in ('PROVISIONAL', 'ACTIVE', 'INACTIVE', 'NOT_FOUND', 'ENDED')", name="status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), unique=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    payer: Mapped[str]
    status: Mapped[str]
    member_number: Mapped[str | None]
    schemes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    advice: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    answered_at: Mapped[datetime | None]
