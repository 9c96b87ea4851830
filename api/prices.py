"""The price list."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel
from sqlalchemy import func, select, tuple_

from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.errands import Answer, TheErrand
from api.paging import Limit
from api.security import Signed
from api.staff import Admin
from models.administration import PriceForm
from models.base import Line, Price, storable
from models.tables import PriceRow

routes = APIRouter(prefix="/api/prices", tags=["prices"], responses=REFUSALS)
After = Annotated[
    str | None,
    AfterValidator(lambda code: code and storable(code)),
    Query(max_length=200, description="`next_cursor` of the page before."),
]


class PriceLine(BaseModel):
    """One code; the amount is KES as a decimal string."""

    code: str
    name: str
    amount: Price


class PriceList(BaseModel):
    items: list[PriceLine]
    next_cursor: str | None = None


@routes.get("", response_model=PriceList)
async def list_prices(person: Signed, db: Reading, limit: Limit = 200, cursor: After = None) -> Any:
    """Every price of the facility, by code."""
    place = tuple_(func.lower(PriceRow.code), PriceRow.code)
    wanted = select(PriceRow.code, PriceRow.name, PriceRow.amount).where(PriceRow.facility_id == person.facility_id)
    if cursor:
        wanted = wanted.where(place > tuple_(func.lower(cursor), cursor))
    found = await db.execute(wanted.order_by(func.lower(PriceRow.code), PriceRow.code).limit(limit + 1))
    rows = found.mappings().all()
    more = rows[limit - 1]["code"] if len(rows) > limit else None
    return {"items": [dict(row) for row in rows[:limit]], "next_cursor": more}


@routes.put("/{code}", response_model=PriceLine)
async def set_price(code: Line, _: Admin, errand: TheErrand, form: PriceForm, clinic: TheClinic) -> Answer:
    """Set the price of a code, or add the code (ADMIN). What is charged already stays."""
    return await clinic.administration.set_price(errand, code, form)
