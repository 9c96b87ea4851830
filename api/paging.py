"""Lists: `{"items": […], "next_cursor": …}`, newest first, in pages that do not shift while new rows arrive."""

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from models.problems import invalid

Limit = Annotated[int, Query(ge=1, le=200, description="How many items a page has.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


def written(moment: datetime, id: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), str(id)]).encode()).decode()


def read(cursor: str) -> tuple[datetime, UUID]:
    try:
        moment, id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError("a moment without its zone")
        return at, UUID(id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as wrong:
        raise invalid("cursor", "is not a cursor that a page gave; leave it out to start anew") from wrong


async def page(
    db: AsyncConnection,
    wanted: Select[Any],
    moment: ColumnElement[datetime],
    id: ColumnElement[UUID],
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """One page of `wanted`, ordered by (moment, id) downwards."""
    if cursor:
        wanted = wanted.where(tuple_(moment, id) < tuple_(*read(cursor)))
    rows = (await db.execute(wanted.order_by(moment.desc(), id.desc()).limit(limit + 1))).mappings().all()
    items = [dict(row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return {"items": items, "next_cursor": written(last[moment.key or ""], last[id.key or ""]) if last else None}
