"""What a workflow that watches over rows hears of: it looks until nothing is left to do, and nothing has changed."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

TO_THE_END = "heard to the end"
"""The patch since which news that comes during the last step is looked at before the run ends."""


async def looked_to_the_end(changes: Callable[[], int], look: Callable[[int], Awaitable[str]]) -> str:
    """How it ended. `changes`: how many were heard of so far; `look`: one look at the rows and the work that follows,
    given the changes before it; empty where the rows are to be looked at again."""
    while True:
        heard = changes()
        end = await look(heard)
        if end and may_end(changes() != heard):
            return end


def may_end(has_news: bool) -> bool:
    """False where something changed since the rows were looked at: whoever told of it found this run still there, and
    begins no other."""
    return not (has_news and workflow.patched(TO_THE_END))
