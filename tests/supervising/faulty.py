"""A visit's workflow with a fault in it, as an engineer may ship one."""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue


@workflow.defn(name="Visit")
class FaultyVisit:
    @workflow.run
    async def run(self, opening: RawValue) -> None:
        raise RuntimeError("a fault")

    @workflow.signal(dynamic=True)
    async def anything(self, name: str, args: Sequence[RawValue]) -> None:
        """Never comes so far."""
