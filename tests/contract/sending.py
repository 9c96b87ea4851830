"""Sends bytes as they are, and looks whether anything was written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from tests.contract.forms import Write
from tests.walks import Walk, fresh

WRITTEN = """
    select (select count(*) from commands) as commands, (select count(*) from audit_logs) as audit,
           (select count(*) from events) as events, (select count(*) from patients) as patients
"""


@asynccontextmanager
async def nothing_written(walk: Walk) -> AsyncIterator[None]:
    before = await walk.clinic.rows(WRITTEN)
    yield
    assert await walk.clinic.rows(WRITTEN) == before


async def sent(walk: Walk, write: Write, content: bytes, content_type: str = "application/json") -> httpx2.Response:
    """The bytes as they are, from somebody who may send them."""
    desk = await walk.clinic.desk(next(iter(write.roles)))
    headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": fresh(), "Content-Type": content_type}
    return await walk.clinic.http.request(write.method, write.address, content=content, headers=headers)


def named(answer: httpx2.Response, status: int = 422) -> set[str]:
    """The fields that a refusal names, each by its first part."""
    assert answer.status_code == status, answer.text
    assert all(error["reason"] for error in answer.json()["errors"])
    return {error["field"].partition(".")[0] for error in answer.json()["errors"]}
