"""One SMS to a patient, within its time; afterwards a person tells it instead."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.messages import MessageDesk
    from activities.outbox import Outbox
    from models.notices import Notice, Standing, Told
    from models.services import Service, queue_of
    from workflows.surely import IN_SIGHT

A_SENDING: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=2),
    "heartbeat_timeout": timedelta(seconds=20),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)),
}
"""One message: tried again soon, then seldom. A worker that gives no sign of life is taken for dead."""


async def send(notice: Notice, closes: datetime, summary: str) -> Standing:
    """Send it. Where that takes until it is too late, a person tells the patient instead."""
    patience = closes - workflow.now()
    if patience > timedelta(0):
        try:
            told: Told = await workflow.execute_activity_method(
                MessageDesk.send,
                notice,
                summary=summary,
                task_queue=queue_of(Service.SMS),
                schedule_to_close_timeout=patience,
                **A_SENDING,
            )
        except ActivityError as failed:
            if is_cancelled_exception(failed):
                raise
        else:
            return told.status
    told = await workflow.execute_activity_method(Outbox.give_up, notice, summary="Too late", **IN_SIGHT)
    return told.status
