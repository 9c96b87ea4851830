"""How a run of a visit is started, whoever starts it: the API, or recovery."""

from typing import Any
from uuid import UUID

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from workflows.visit import Opening, VisitWorkflow, workflow_id


def visit_start(own_url: str, visit_id: UUID) -> dict[str, Any]:
    """What names and describes the run; the details are links, and sealed like every payload."""
    page = f"{own_url}/api/visits/{visit_id}"
    return {
        "id": workflow_id(visit_id),
        "run": VisitWorkflow.run,
        "opening": Opening(visit_id=visit_id),
        "static_summary": "Outpatient visit",
        "static_details": f"[The visit]({page}) · [its timeline]({page}/timeline) · [its bill]({page}/bill)",
    }


async def start_visit_run(client: Client, own_url: str, task_queue: str, visit_id: UUID) -> None:
    """A run that carries on from the visit's rows; nothing happens where one is open."""
    start = visit_start(own_url, visit_id)
    await client.start_workflow(
        start.pop("run"),
        start.pop("opening"),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        **start,
    )
