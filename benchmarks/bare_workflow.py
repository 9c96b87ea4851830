"""A workflow that is there to be asked and does nothing: Temporal's own price, without ours."""

from temporalio import workflow

ASK = "ask"


@workflow.defn(name="Bare")
class BareWorkflow:
    def __init__(self) -> None:
        self.is_told_to_end = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.is_told_to_end)

    @workflow.update(name=ASK)
    async def ask(self) -> None:
        return None

    @workflow.signal
    def end(self) -> None:
        self.is_told_to_end = True
