"""No request hangs, whatever hangs behind it."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.staff import Role
from tests.clinic import WholeClinic, eventually, whole_clinic
from tests.walks import Walk


@pytest.fixture(scope="module")
async def frozen_clinic() -> AsyncIterator[WholeClinic]:
    async with whole_clinic(patience_seconds=1.0) as clinic, clinic.worker():
        yield clinic


@contextmanager
def frozen(clinic: WholeClinic) -> Iterator[None]:
    """PostgreSQL neither answers nor refuses: a stalled disk, or a network that swallows packets."""
    parent = clinic.postgres.pid
    pids = [parent, *children(parent)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_everything_answers_while_the_database_is_frozen_and_works_afterwards(
    frozen_clinic: WholeClinic,
) -> None:
    walk = Walk(frozen_clinic)
    visit = await walk.taken_in()
    await frozen_clinic.desk(Role.ADMIN)
    body = {"visit_id": visit["id"], "diagnosis_code": "A09", "diagnosis_name": "Diarrhoea"}
    with frozen(frozen_clinic):
        stored = await walk.does(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body)
        assert stored.status_code == 202
        for who, method, path, sent in (
            (Role.ADMIN, "PUT", "/api/prices/HB", {"name": "Haemoglobin", "amount": "100"}),
            (Role.CLINICAL_OFFICER, "GET", f"/api/visits/{visit['id']}", None),
        ):
            answer = await walk.does(who, method, path, sent)
            assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)

    async def kept() -> list[dict[str, Any]]:
        return await frozen_clinic.rows("select 1 from diagnoses where visit_id = %s", visit["id"])

    await eventually(kept, 60)
    assert len(await kept()) == 1
