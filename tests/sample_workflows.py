"""Small workflows that carry secrets everywhere Temporal lets them, and whose handlers have bugs. For tests only."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

ONCE = RetryPolicy(maximum_attempts=1)
SOON = timedelta(seconds=10)
A_BEAT = timedelta(seconds=1)


class Story(BaseModel):
    """What somebody told in confidence."""

    told: str


@activity.defn
async def keep(story: Story) -> Story:
    return Story(told=f"kept {story.told}")


@activity.defn
async def lose(story: Story) -> None:
    raise ApplicationError(f"lost {story.told}", f"details of {story.told}", type="Lost") from ValueError(story.told)


@activity.defn
async def fall_silent(story: Story) -> None:
    activity.heartbeat(f"heartbeat {story.told}")
    await asyncio.sleep(60)


@workflow.defn
class ConfidingWorkflow:
    """Hands a story to everything that may write it into a history: activities, timers, memo, children, a next run."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @workflow.run
    async def run(self, story: Story) -> Story:
        if "again" not in story.told and "child" not in story.told:
            await self.confide(story)
        return Story(told=f"ended {story.told}")

    async def confide(self, story: Story) -> None:
        workflow.set_current_details(f"details {story.told}")
        workflow.upsert_memo({"note": f"memo {story.told}"})
        await workflow.sleep(0.01, summary=f"timer {story.told}")
        await workflow.execute_local_activity(keep, story, start_to_close_timeout=SOON)
        await workflow.execute_activity(keep, story, start_to_close_timeout=SOON, summary=f"summary {story.told}")
        for failing in (lose, fall_silent):
            with suppress(ActivityError):
                await workflow.execute_activity(
                    failing, story, start_to_close_timeout=SOON, heartbeat_timeout=A_BEAT, retry_policy=ONCE
                )
        await workflow.execute_child_workflow(
            ConfidingWorkflow.run, Story(told=f"child {story.told}"), id=f"{workflow.info().workflow_id}-child"
        )
        await workflow.wait_condition(lambda: "signalled" in self.heard and workflow.all_handlers_finished())
        workflow.continue_as_new(Story(told=f"again {story.told}"))

    @workflow.signal
    async def tell(self, story: Story) -> None:
        self.heard.append("signalled")

    @workflow.update
    async def ask(self, story: Story) -> Story:
        return Story(told=f"answer to {story.told}")

    @workflow.update
    async def refuse(self, story: Story) -> None:
        raise ApplicationError(f"no {story.told}", f"details {story.told}", type="Refused")


class Bug(Exception):
    """Nobody expected it."""


@workflow.defn
class ClumsyWorkflow:
    """Whose handlers fail in every way that handlers can."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: "end" in self.done)
        return self.done

    @workflow.update
    async def note(self, word: str) -> list[str]:
        self.done.append(word)
        return self.done

    @workflow.update
    async def stumble(self, word: str) -> None:
        await asyncio.sleep(0)
        raise Bug(f"stumbled over {word}")

    @workflow.update
    def stumble_at_once(self, word: str) -> None:
        raise Bug(f"stumbled over {word}")

    @workflow.update
    async def wait_in_vain(self) -> None:
        await workflow.wait_condition(lambda: False, timeout=0.01)

    @workflow.update
    async def refuse(self, word: str) -> None:
        raise ApplicationError(f"no {word}", type="Refused", non_retryable=True)

    @workflow.update
    async def fail_elsewhere(self, word: str) -> None:
        story = Story(told=word)
        await workflow.execute_activity(lose, story, start_to_close_timeout=SOON, retry_policy=ONCE)

    @workflow.signal
    async def trip(self, word: Any) -> None:
        self.done.append("tripped")
        raise Bug(f"tripped over {word}")

    @workflow.signal
    async def trip_hard(self, word: str) -> None:
        self.done.append("tripped hard")
        raise ApplicationError(f"tripped over {word}")
