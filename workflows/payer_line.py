"""A claim's calls to its payer: each until it is answered, however long the payer is away, in everybody's sight."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

Given = TypeVar("Given")
Got = TypeVar("Got")

ONE_CALL = timedelta(minutes=2)
SILENCE = timedelta(seconds=20)
"""After so long without a sign of life its worker is taken for dead."""

LATE = timedelta(minutes=1)
UNSURE_PAUSE = timedelta(seconds=30)
SOON_THEN_SELDOM = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5))
ONCE = RetryPolicy(maximum_attempts=1)


class Answered(NamedTuple, Generic[Got]):
    """How a call ended: with a value, with a no in the payer's words, or left because something else came first."""

    value: Got | None = None
    refusal: str | None = None
    was_left: bool = False


class PayerLine:
    """`queue`: of the payer's gateway. `on_late` hears of a call that is not answered within a minute, and when it is
    over."""

    def __init__(self, queue: str, on_late: Callable[[bool], None]) -> None:
        self.queue = queue
        self.on_late = on_late

    async def until_answered(
        self,
        effect: Callable[[Any, Given], Awaitable[Got]],
        given: Given,
        summary: str,
        leave: Callable[[], bool],
    ) -> Answered[Got]:
        """For calls that may be repeated: whatever is not a clear answer is asked again."""
        try:
            while True:
                try:
                    return await self.one_round(effect, given, summary, leave)
                except ActivityError as failed:
                    if type_of(failed) in ("SaidNo", "NoSuchClaim"):
                        return Answered(refusal=words_of(failed))
                    if await waited(leave, UNSURE_PAUSE, "Ask again"):
                        return Answered(was_left=True)
        finally:
            self.on_late(False)

    async def one_round(
        self, effect: Callable[[Any, Given], Awaitable[Got]], given: Given, summary: str, leave: Callable[[], bool]
    ) -> Answered[Got]:
        call = workflow.start_activity_method(
            effect,
            given,
            summary=summary,
            task_queue=self.queue,
            start_to_close_timeout=ONE_CALL,
            heartbeat_timeout=SILENCE,
            retry_policy=SOON_THEN_SELDOM,
        )
        is_over = lambda: call.done() or leave()  # noqa: E731
        if not await waited(is_over, LATE, "The payer is late"):
            self.on_late(True)
            await workflow.wait_condition(is_over)
        if not call.done():
            call.cancel()
            return Answered(was_left=True)
        return Answered(value=await call)

    async def once(self, effect: Callable[[Any, Given], Awaitable[Got]], given: Given, summary: str) -> Got:
        """For the calls that must not be doubled. Raises ActivityError however it fails."""
        return await workflow.execute_activity_method(
            effect,
            given,
            summary=summary,
            task_queue=self.queue,
            start_to_close_timeout=ONE_CALL,
            heartbeat_timeout=SILENCE,
            retry_policy=ONCE,
        )


async def waited(is_so: Callable[[], bool], longest: timedelta, summary: str) -> bool:
    """Whether it became so within that time."""
    try:
        await workflow.wait_condition(is_so, timeout=longest, timeout_summary=summary)
    except TimeoutError:
        return False
    return True


def type_of(failed: ActivityError) -> str:
    return (failed.cause.type or "") if isinstance(failed.cause, ApplicationError) else ""


def words_of(failed: ActivityError) -> str:
    """The payer's own words where it said some; else its code. What is shown to clerks, sealed in history."""
    cause = failed.cause
    told = cause.details[0] if isinstance(cause, ApplicationError) and cause.details else {}
    said = told if isinstance(told, dict) else {}
    return str(said.get("words") or said.get("code") or (cause.message if isinstance(cause, ApplicationError) else ""))
