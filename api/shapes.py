"""The shapes of answers, for OpenAPI: the visit's summary, and each table's record with the visit inside."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, create_model

from models.calls import Call
from models.deadlines import Step
from models.endings import Death, Departure, UndoneEnd
from models.orders import OrderKind
from models.paying import PaymentStatus, PaymentType
from models.problems import Problem
from models.staff import Station
from models.status import Status
from models.tables import Base
from models.urgency import PendingRetriage, TriageCategory, TriageColour
from models.visit import Bypass


class OpenOrder(BaseModel):
    id: UUID
    kind: OrderKind
    station: Station
    since: datetime
    gated: bool = False
    """It waits for payment."""


class OwedDrugs(BaseModel):
    """Pieces of a prescription that the pharmacy still has to hand out."""

    prescription_id: UUID
    quantity: int
    obligation_id: UUID


class StepDeadline(BaseModel):
    """By when the clinic wants a next step of the visit to be done."""

    step: Step
    since: datetime
    due_at: datetime


class VisitSummary(BaseModel):
    """A visit as every answer shows it. Money is KES as a decimal string."""

    id: UUID
    op_number: str
    patient_id: UUID
    status: Status
    waiting_at: list[Station]
    calls: list[Call]
    chief_complaint: str
    triage_category: TriageCategory | None
    triage_colour: TriageColour | None
    triage_incomplete: bool
    pending_retriage: PendingRetriage | None
    identity_pending: bool
    doubled: bool
    bypasses: list[Bypass]
    rules: dict[str, str]
    policy: str
    payment_type: PaymentType
    payment_reference: str | None
    payment_status: PaymentStatus
    total_amount: Decimal
    amount_paid: Decimal
    balance: Decimal
    held: Decimal = Decimal("0.00")
    gated: bool = False
    provider_id: UUID | None
    open_orders: list[OpenOrder]
    owed_drugs: list[OwedDrugs]
    arrived_at: datetime
    updated_at: datetime
    observe_until: datetime | None
    referred_out: list[UUID]
    deadlines: list[StepDeadline]
    completed_at: datetime | None
    discharge_notes: str | None
    death: Death | None
    departure: Departure | None
    undone_ends: list[UndoneEnd]
    version: int


class CommandStatus(BaseModel):
    """What became of a command that was accepted with 202."""

    id: UUID
    status: str
    record: dict[str, Any] | None = None
    problem: Problem | dict[str, Any] | None = None


class AuditItem(BaseModel):
    id: UUID
    facility_id: UUID
    visit_id: UUID | None
    user_id: UUID | None
    action: str
    resource: str
    resource_id: UUID | None
    details: str
    ip_address: str | None
    at: datetime
    chain: str
    seq: int
    previous_hash: str
    hash: str


class TimelineItem(BaseModel):
    """`entered_in_error_by`: the command that marked what this one had written down."""

    command_id: UUID
    kind: str
    actor_id: UUID
    at: datetime
    status: str
    problem: dict[str, Any] | None
    entered_in_error_by: UUID | None = None


class BillLine(BaseModel):
    code: str
    description: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    order_id: UUID | None
    gated: bool = False


class Gate(BaseModel):
    """What waits for payment, and how much is missing before it may be done."""

    station: Station
    order_id: UUID | None
    amount: Decimal
    missing: Decimal


class Bill(BaseModel):
    """total + held = (paid - refunded) + waived + covered + owed; `deposited` is a part of `paid`."""

    lines: list[BillLine]
    total: Decimal
    paid: Decimal
    deposited: Decimal = Decimal("0.00")
    refunded: Decimal = Decimal("0.00")
    waived: Decimal
    covered: Decimal
    pending: Decimal = Decimal("0.00")
    balance: Decimal
    owed: Decimal = Decimal("0.00")
    held: Decimal = Decimal("0.00")
    gates: list[Gate] = []


def record_shape(table: type[Base], *left_out: str) -> type[BaseModel]:
    """The columns of a table as an answer shows them."""
    fields: dict[str, Any] = {}
    for column in table.__table__.columns:
        if column.name in left_out:
            continue
        python = column.type.python_type if not is_json(column.type) else Any
        fields[column.name] = (python | None, None) if column.nullable else (python, ...)
    return create_model(table.__name__.removesuffix("Row"), **fields)


def is_json(kind: Any) -> bool:
    return "JSON" in type(kind).__name__


def with_visit(shape: type[BaseModel]) -> type[BaseModel]:
    return create_model(f"{shape.__name__}WithVisit", __base__=shape, visit=(VisitSummary, ...))


def list_of(shape: type[BaseModel]) -> type[BaseModel]:
    return create_model(f"{shape.__name__}List", items=(list[shape], ...), next_cursor=(str | None, None))  # type: ignore[valid-type]
