"""Two registrations become one, or are parted again; then every open visit that moved hears of it."""

import asyncio
from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ValidationError

    from activities.identity import Identities, IdentityOutcome, IdentityTurn
    from activities.messenger import Messenger, News
    from models.envelope import Reply
    from models.identity import IdentityCommand
    from workflows.after_care import after_care_of
    from workflows.beginning import Beside, begin_or_tell
    from workflows.beside import call_back_of
    from workflows.freeing import NO_MESSAGE
    from workflows.surely import IN_SIGHT, surely
    from workflows.visit import plain

NOBODY_CAME = timedelta(minutes=10)


def workflow_id(command_id: UUID) -> str:
    """The one maker of a merge's workflow id."""
    return f"merge-{command_id}"


class MergeOpening(BaseModel):
    command_id: UUID


@workflow.defn(name="PatientMerge")
class PatientMergeWorkflow:
    """One command. The rows are moved at once; a visit that is told late looks them up, and is told once."""

    @workflow.init
    def __init__(self, opening: MergeOpening) -> None:
        self.command_id = opening.command_id
        self.outcome: IdentityOutcome | None = None
        self.news: list[News] = []
        self.told: set[UUID] = set()
        self.desk = asyncio.Lock()

    @workflow.run
    async def run(self, opening: MergeOpening) -> str:
        try:
            await workflow.wait_condition(
                lambda: self.outcome is not None, timeout=NOBODY_CAME, timeout_summary="Wait for the command"
            )
        except TimeoutError:
            return "NOTHING"
        for beside in self.beside():
            await begin_or_tell(beside)
        while True:
            await self.tell_visits()
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self.news:
                return "REFUSED" if self.outcome and self.outcome.problem else "DONE"

    def beside(self) -> tuple[Beside, ...]:
        """What goes by whose visit it is."""
        if self.outcome is None:
            return ()
        cares = (after_care_of(id) for id in self.outcome.patients)
        return (*cares, *(call_back_of(id) for id in self.outcome.call_backs))

    @workflow.update(name="perform", description="Merge or part two registrations, sent by the API.")
    async def perform(self, command: IdentityCommand) -> Reply:
        outcome = await self.carry_out(command, remember=False)
        return Reply(answer=outcome.answer, problem=outcome.problem)

    @workflow.signal(name="submit", description="A merge that needs no answer.")
    async def submit(self, message: RawValue = NO_MESSAGE) -> None:
        """Nothing may be raised here: it would close the workflow. What the API did not write is dropped."""
        try:
            command = IdentityCommand.model_validate(plain(message))
        except ValidationError:
            workflow.logger.warning("a merge's signal could not be read")
            return
        await self.carry_out(command, remember=True)

    async def carry_out(self, command: IdentityCommand, *, remember: bool) -> IdentityOutcome:
        async with self.desk:
            turn = IdentityTurn(command=command, remember=remember)
            self.show("The registrations are being moved.")
            outcome = await surely("Move what stands under the registrations", Identities.write, turn, self.delayed)
            self.news += [one for one in outcome.news if one.visit_id not in self.told]
            self.outcome = outcome
            return outcome

    async def tell_visits(self) -> None:
        """Each open visit, for as long as it takes."""
        while self.news:
            one = self.news[0]
            self.show(f"The registrations are moved; {len(self.news)} open visits are to hear of it.")
            await workflow.execute_activity_method(
                Messenger.tell_visit, one, summary="Tell a visit whose it is", **IN_SIGHT
            )
            self.told.add(one.visit_id)
            self.news = [other for other in self.news if other.visit_id != one.visit_id]
        self.show("Done.")

    def delayed(self) -> None:
        self.show("**The database does not answer; what was accepted is written when it returns.**")

    def show(self, said: str) -> None:
        workflow.set_current_details(said)
