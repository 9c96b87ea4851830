"""What Temporal starts by the clock."""

from collections.abc import Callable
from datetime import time, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from integrations.settings import Settings
from workflows.day_end import DayEndOpening, DayEndWorkflow
from workflows.reconciliation import ReconciliationWorkflow
from workflows.seal import AuditSealWorkflow

AUDIT_SEAL = "audit-seal"
RECONCILIATION = "reconciliation"
DAY_END = "day-end"


async def ensure_schedule(client: Client, settings: Settings) -> None:
    """Every schedule of the clinic. Every worker may call this at its start, several at once.

    A schedule that is there gets today's definition; whether it is paused stays as an operator left it.
    """
    for name, wanted in SCHEDULES.items():
        await ensure(client, name, wanted(settings))


async def ensure(client: Client, name: str, wanted: Schedule) -> None:
    try:
        await client.create_schedule(name, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(lambda now: renewed(now, wanted))


def at(moment: time, comment: str) -> ScheduleCalendarSpec:
    """Every day, by the clocks on the wall."""
    return ScheduleCalendarSpec(
        hour=[ScheduleRange(moment.hour)],
        minute=[ScheduleRange(moment.minute)],
        second=[ScheduleRange(moment.second)],
        comment=comment,
    )


def audit_seal(settings: Settings) -> Schedule:
    """Daily at 23:55 in Nairobi."""
    return Schedule(
        action=ScheduleActionStartWorkflow(AuditSealWorkflow.run, id=AUDIT_SEAL, task_queue=settings.task_queue),
        spec=ScheduleSpec(calendars=[at(time(23, 55), "before midnight")], time_zone_name="Africa/Nairobi"),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(days=7)),
    )


def reconciliation(settings: Settings) -> Schedule:
    """Every hour. One that is late is not made up for: the next looks at the same."""
    hourly = ScheduleCalendarSpec(hour=[ScheduleRange(0, 23)], minute=[ScheduleRange(20)], comment="every hour")
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ReconciliationWorkflow.run, id=RECONCILIATION, task_queue=settings.task_queue
        ),
        spec=ScheduleSpec(calendars=[hourly], time_zone_name="Africa/Nairobi"),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=10)),
    )


def day_end(settings: Settings) -> Schedule:
    """When the policy says that the day ends; each of its versions has a say, the run knows which one counts.

    One night may begin while the one before is not over (from Saturday to Monday). Of nights that were missed only the
    last is made up for: for the others it is too late.
    """
    moments = sorted({policy.day_ends for policy in settings.policies.policy})
    return Schedule(
        action=ScheduleActionStartWorkflow(
            DayEndWorkflow.run, DayEndOpening(), id=DAY_END, task_queue=settings.task_queue
        ),
        spec=ScheduleSpec(
            calendars=[at(moment, "the day ends") for moment in moments], time_zone_name="Africa/Nairobi"
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=timedelta(days=1)),
    )


SCHEDULES: dict[str, Callable[[Settings], Schedule]] = {
    AUDIT_SEAL: audit_seal,
    RECONCILIATION: reconciliation,
    DAY_END: day_end,
}


def renewed(now: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    wanted.state = now.description.schedule.state
    return ScheduleUpdate(wanted)
