"""How an effect on the database is made certain: at once and locally first, then slowly and in sight."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

Given = TypeVar("Given")
Got = TypeVar("Got")

# Attempts that fail at once are counted: the SDK notices that the time is over only while one is under way.
AT_ONCE: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=3),
    "schedule_to_close_timeout": timedelta(seconds=4),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=1), maximum_attempts=6
    ),
}
IN_SIGHT: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=5)),
}


async def surely(
    said: str, effect: Callable[[Any, Given], Awaitable[Got]], given: Given, on_delay: Callable[[], None]
) -> Got:
    """The effect's result, however long it takes. `said` names the attempt in the Temporal UI.

    A local activity that runs out of time raises ActivityError live, but a bare TimeoutError on replay: whoever
    catches only the first takes another branch after the next restart, and the workflow is wedged.
    """
    try:
        return await workflow.execute_local_activity_method(effect, given, summary=said, **AT_ONCE)
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
    on_delay()
    return await workflow.execute_activity_method(effect, given, summary=said, **IN_SIGHT)
