"""What the cashiers took and paid back on one day."""

from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select

from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.lists import day_in
from api.security import Signed
from models.actions.base import require_role
from models.base import NOTHING, Date
from models.staff import SUPERVISING, THE_CLINIC, Person, Role
from models.tables import PaymentRow, RefundRow, UserRow

routes = APIRouter(prefix="/api/cashier", tags=["payment"], responses=REFUSALS)
READERS = SUPERVISING | {Role.CASHIER}
AT_THE_COUNTER = "M-Pesa, at the counter"


class CashLine(BaseModel):
    """One person and one way of paying, in KES. `deposits` is a part of `taken`; nobody: money that came by itself."""

    cashier_id: UUID
    cashier_name: str
    payment_type: str
    payments: int = 0
    taken: Decimal = NOTHING
    deposits: Decimal = NOTHING
    refunds: int = 0
    refunded: Decimal = NOTHING


class CashDay(BaseModel):
    date: Day
    lines: list[CashLine]
    taken: Decimal
    refunded: Decimal
    net: Decimal


@routes.get("/day", response_model=CashDay)
async def cash_day(
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    date: Annotated[Date | None, Query(description="A day in the clinic's zone; today if left out.")] = None,
) -> Any:
    """What was taken and paid back on a day: a CASHIER sees their own, a SUPERVISOR everybody's."""
    require_role(READERS, actor, "Reading the day's cash")
    zone = ZoneInfo(clinic.settings.time_zone)
    day = date or datetime.now(zone).date()
    between = day_in(day, zone)
    lines: dict[tuple[UUID, str], CashLine] = {}
    for row in (await db.execute(taken(actor, between))).mappings():
        add(lines, row, payments=row["n"], taken=row["amount"], deposits=row["deposits"])
    for row in (await db.execute(refunded(actor, between))).mappings():
        add(lines, row, refunds=row["n"], refunded=row["amount"])
    names = await names_of(db, {who for who, _ in lines})
    named = [line.model_copy(update={"cashier_name": names.get(line.cashier_id, "")}) for line in lines.values()]
    whole = sorted(named, key=lambda line: (line.cashier_name, line.payment_type))
    sums = {name: sum((getattr(line, name) for line in whole), NOTHING) for name in ("taken", "refunded")}
    return {"date": day, "lines": whole, **sums, "net": sums["taken"] - sums["refunded"]}


def taken(actor: Person, between: tuple[datetime, datetime]) -> Any:
    """Money counts on the day on which it was true."""
    row = PaymentRow
    deposits = func.coalesce(func.sum(row.amount).filter(row.purpose == "DEPOSIT"), 0)
    sums = (func.count().label("n"), func.sum(row.amount).label("amount"), deposits.label("deposits"))
    wanted = select(row.processed_by.label("who"), row.payment_type, *sums).where(row.status == "COMPLETED")
    return within(wanted, actor, row.facility_id, row.processed_by, row.processed_at, between).group_by(
        row.processed_by, row.payment_type
    )


def refunded(actor: Person, between: tuple[datetime, datetime]) -> Any:
    row = RefundRow
    sums = (func.count().label("n"), func.sum(row.amount).label("amount"))
    wanted = select(row.paid_by.label("who"), row.payment_type, *sums).where(row.status == "PAID")
    return within(wanted, actor, row.facility_id, row.paid_by, row.paid_at, between).group_by(
        row.paid_by, row.payment_type
    )


def within(wanted: Any, actor: Person, facility: Any, who: Any, moment: Any, between: tuple[datetime, datetime]) -> Any:
    begin, end = between
    conditions: list[ColumnElement[bool]] = [facility == actor.facility_id, moment >= begin, moment < end]
    if not actor.is_any_of(SUPERVISING):
        conditions.append(who == actor.id)
    return wanted.where(*conditions)


def add(lines: dict[tuple[UUID, str], CashLine], row: Any, **sums: Any) -> None:
    key = (row["who"], row["payment_type"])
    line = lines.get(key, CashLine(cashier_id=key[0], cashier_name="", payment_type=key[1]))
    lines[key] = line.model_copy(update=sums)


async def names_of(db: Reading, ids: set[UUID]) -> dict[UUID, str]:
    rows = await db.execute(select(UserRow.id, UserRow.full_name).where(UserRow.id.in_(ids)))
    return {THE_CLINIC: AT_THE_COUNTER, **{row.id: row.full_name for row in rows}}
