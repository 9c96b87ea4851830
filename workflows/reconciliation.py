"""Every hour, by a schedule: whether rows, queues, ledger and workflows agree with each other."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.reconciliation import Reconciliations
    from models.command import NAIROBI
    from models.reconciliation import Report, Scope
    from workflows.seal import SCHEDULED_AT

AT_NIGHT = 3
"""In that hour, by the clocks on the wall, everything is compared; else what is open, or moved lately."""

A_LOOK: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=30),
    "heartbeat_timeout": timedelta(minutes=1),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=5), maximum_attempts=10
    ),
}
"""One that fails for long is given up: the next hour looks at the same."""


@workflow.defn(name="Reconciliation")
class ReconciliationWorkflow:
    """Ends with how many differences there were. What may be repaired was repaired; the rest is told to people."""

    @workflow.run
    async def run(self) -> int:
        moment: datetime = workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()
        scope = Scope(everything=moment.astimezone(NAIROBI).hour == AT_NIGHT)
        said = "Compare everything" if scope.everything else "Compare what moved lately"
        report: Report = await workflow.execute_activity_method(
            Reconciliations.reconcile, scope, summary=said, **A_LOOK
        )
        workflow.set_current_details(report.in_words())
        return report.differences
