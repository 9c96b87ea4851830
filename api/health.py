"""Whether the clinic can work: the database and the Temporal server answer; the body says whether a worker does."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest

from api.clinic import Clinic, TheClinic

routes = APIRouter()
ANSWER_SECONDS = 2.0


class Health(BaseModel):
    """Which parts answer."""

    database: bool
    temporal: bool
    worker: bool


@routes.get("/healthz", tags=["health"], responses={200: {"model": Health}, 503: {"model": Health}})
async def health(clinic: TheClinic) -> JSONResponse:
    """200 when database and Temporal answer, else 503."""
    database, temporal, worker = await asyncio.gather(
        answers(ask_database(clinic)), answers(ask_temporal(clinic)), answers(ask_worker(clinic))
    )
    body = {"database": database, "temporal": temporal, "worker": worker}
    return JSONResponse(body, 200 if database and temporal else 503)


async def answers(question: Any) -> bool:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return bool(await question)
    except Exception:  # whatever the reason: it does not answer
        return False


async def ask_database(clinic: Clinic) -> bool:
    async with clinic.reading.connect() as db:
        return bool((await db.execute(text("select true"))).scalar())


async def ask_temporal(clinic: Clinic) -> bool:
    await clinic.temporal.workflow_service.get_system_info(
        GetSystemInfoRequest(), timeout=timedelta(seconds=ANSWER_SECONDS)
    )
    return True


async def ask_worker(clinic: Clinic) -> bool:
    """Whether a worker asked for visits lately (the server remembers pollers for some minutes)."""
    asked = DescribeTaskQueueRequest(
        namespace=clinic.settings.temporal_namespace,
        task_queue=TaskQueue(name=clinic.settings.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    found = await clinic.temporal.workflow_service.describe_task_queue(asked, timeout=timedelta(seconds=ANSWER_SECONDS))
    return bool(found.pollers)
