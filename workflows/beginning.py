"""How a workflow begins another that outlives it, or lets it hear of a change where it runs already."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

ROUNDS = 3
"""How often a workflow may end between being found and being told, before its next look at the rows is trusted."""


class Beside(NamedTuple):
    """A workflow, what it starts from, and the signal by which it hears of a change where it runs already."""

    run: Callable[..., Any]
    opening: BaseModel
    id: str
    summary: str
    hears: str = ""


async def begin_or_tell(beside: Beside) -> None:
    """Begin it; where it runs already, let it hear that something changed."""
    for _ in range(ROUNDS):
        if await begun(beside) or not beside.hears or await told(beside):
            return


async def begun(beside: Beside) -> bool:
    """False where it runs already."""
    try:
        child = await workflow.start_child_workflow(
            beside.run,
            beside.opening,
            id=beside.id,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=beside.summary,
        )
    except WorkflowAlreadyStartedError:
        return False
    child.add_done_callback(looked_at)
    return True


async def told(beside: Beside) -> bool:
    """False where it does not run (any more)."""
    try:
        await workflow.get_external_workflow_handle(beside.id).signal(beside.hears)
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
        return False
    return True


def looked_at(child: asyncio.Task[Any]) -> None:
    """How it ends is told by a command; that it was terminated, say, is nothing to complain of here."""
    if not child.cancelled():
        child.exception()
