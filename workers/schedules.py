"""What Temporal starts by the clock."""

from datetime import timedelta

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
from workflows.seal import AuditSealWorkflow

AUDIT_SEAL = "audit-seal"


async def ensure_schedule(client: Client, settings: Settings) -> None:
    """The audit is sealed daily at 23:55 in Nairobi. Every worker may call this at its start, several at once.

    A schedule that is there gets today's definition; whether it is paused stays as an operator left it.
    """
    wanted = audit_seal(settings)
    try:
        await client.create_schedule(AUDIT_SEAL, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(AUDIT_SEAL).update(lambda now: renewed(now, wanted))


def audit_seal(settings: Settings) -> Schedule:
    at = ScheduleCalendarSpec(hour=[ScheduleRange(23)], minute=[ScheduleRange(55)], comment="before midnight")
    return Schedule(
        action=ScheduleActionStartWorkflow(AuditSealWorkflow.run, id=AUDIT_SEAL, task_queue=settings.task_queue),
        spec=ScheduleSpec(calendars=[at], time_zone_name="Africa/Nairobi"),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(days=7)),
    )


def renewed(now: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    wanted.state = now.description.schedule.state
    return ScheduleUpdate(wanted)
