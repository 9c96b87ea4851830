"""The visit's workflow as a later version may have it: a second look after each action, behind a patch or not."""

from datetime import timedelta

from temporalio import workflow

from workflows.visit import Opening, VisitWorkflow

with workflow.unsafe.imports_passed_through():
    from models.command import Command, Outcome

SECOND_LOOK = "2026-12-second-look"
A_MOMENT = timedelta(milliseconds=10)


class Looking(VisitWorkflow):
    """What both versions do after an action: a timer that today's code knows nothing of."""

    async def second_look(self) -> None:
        await workflow.sleep(A_MOMENT, summary="Second look")


@workflow.defn(name="Visit")
class Patched(Looking):
    """As it is done."""

    @workflow.run
    async def run(self, opening: Opening) -> str:
        return await super().run(opening)

    async def carry_out(self, command: Command, *, remember: bool) -> Outcome:
        outcome = await super().carry_out(command, remember=remember)
        if workflow.patched(SECOND_LOOK):
            await self.second_look()
        return outcome


@workflow.defn(name="Visit")
class Unguarded(Looking):
    """As it must not be done."""

    @workflow.run
    async def run(self, opening: Opening) -> str:
        return await super().run(opening)

    async def carry_out(self, command: Command, *, remember: bool) -> Outcome:
        outcome = await super().carry_out(command, remember=remember)
        await self.second_look()
        return outcome


@workflow.defn(name="Visit")
class Deprecated(Looking):
    """The version after: nobody is on the old way any more."""

    @workflow.run
    async def run(self, opening: Opening) -> str:
        return await super().run(opening)

    async def carry_out(self, command: Command, *, remember: bool) -> Outcome:
        outcome = await super().carry_out(command, remember=remember)
        workflow.deprecate_patch(SECOND_LOOK)
        await self.second_look()
        return outcome


VERSIONS = {"patched": Patched, "deprecated": Deprecated, "without": Unguarded, "unguarded": Unguarded}
"""The last two are the same code, once at the end of the patch's life and once where it should have begun."""
