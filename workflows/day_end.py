"""The end of a facility day, started by a schedule: open visits get an owner, who is reminded as the doors open."""

from datetime import date, datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.day_end import DayEnded, DayEnds, DayToEnd, Reminding
    from models.deadlines import Deadline, Rung
    from models.staff import Role
    from models.words import clock as by_the_clock
    from workflows.clock import watch
    from workflows.surely import IN_SIGHT

SCHEDULED_AT: SearchAttributeKey[datetime] = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


def workflow_id(day: date) -> str:
    """Of a run that somebody starts for a day; those of the schedule bear the moment."""
    return f"day-end-{day.isoformat()}"


class DayEndOpening(BaseModel):
    """`day`: which; the last that has ended, where it is left out."""

    day: date | None = None


@workflow.defn(name="DayEnd")
class DayEndWorkflow:
    """Ends when each of the visits went on, or everybody was reminded. Runs of two evenings may overlap."""

    @workflow.init
    def __init__(self, opening: DayEndOpening) -> None:
        self.is_over = False

    @workflow.run
    async def run(self, opening: DayEndOpening) -> str:
        moment = workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()
        ended = await workflow.execute_activity_method(
            DayEnds.end,
            DayToEnd(moment=moment, day=opening.day),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=PATIENT,
            summary="Open visits get an owner for the night",
        )
        workflow.set_current_details(f"Whoever has an open visit is reminded at **{by_the_clock(ended.due_at)}**.")
        await self.remind(ended)
        return ended.day.isoformat()

    async def remind(self, ended: DayEnded) -> None:
        ladder = tuple(Rung(after=after, to=Role.SUPERVISOR) for after in ended.rungs)

        async def climb(rung: Rung, step: int) -> None:
            left = await workflow.execute_activity_method(
                DayEnds.remind,
                Reminding(day=ended.day, step=step),
                summary=f"Remind of visits from {ended.day.isoformat()}",
                **IN_SIGHT,
            )
            self.is_over = left == 0 or step == len(ladder)

        deadline = Deadline(due=ended.due_at, ladder=ladder)
        await watch(deadline, lambda: self.is_over, climb, "The doors open")
