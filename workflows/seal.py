"""The daily seal of the audit, started by a schedule."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.audit import AuditSeals
    from models.command import NAIROBI

SCHEDULED_AT: SearchAttributeKey[datetime] = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))


@workflow.defn(name="AuditSeal")
class AuditSealWorkflow:
    """Seals the day that it was scheduled for, also when it comes late."""

    @workflow.run
    async def run(self) -> int:
        moment = workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()
        day = moment.astimezone(NAIROBI).date()
        return await workflow.execute_activity_method(
            AuditSeals.seal_day,
            day,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=PATIENT,
            summary=f"seal {day.isoformat()}",
        )
