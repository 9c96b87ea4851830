"""Ready-made views of the Temporal UI: each a query in Temporal's list filter, with what it shows in words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from models.base import Value
from models.staff import Station

SOON = timedelta(minutes=15)


class View(Value):
    """`query`: Temporal's list filter; `url`: opens the UI with it, and keeps it there under its name."""

    name: str
    means: str
    query: str
    url: str


def views(page: str, facility_id: UUID, now: datetime) -> tuple[View, ...]:
    """`page`: the UI's list of workflows."""
    here = f'WorkflowType="Visit" AND Facility="{facility_id}" AND ExecutionStatus="Running"'
    visits = [(name, means, f"{here} AND {query}") for name, means, query in of_visits(now)]
    return tuple(
        View(name=name, means=means, query=query, url=f"{page}?query={quote(query)}&savedQuery={quote(name)}")
        for name, means, query in (*visits, *BESIDE)
    )


def of_visits(now: datetime) -> Iterator[tuple[str, str, str]]:
    soon = (now + SOON).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield "Late", "Visits with a step that was not done in time", 'Attention="OVERDUE"'
    yield "Due soon", "Visits with a step that is late, or due within a quarter of an hour", f'DueAt < "{soon}"'
    yield (
        "Emergencies not seen",
        "EMERGENCY, and with no clinician yet",
        'TriageCategory="EMERGENCY" AND VisitStatus="TRIAGED"',
    )
    yield "Something is wrong", "All that somebody should look at", "Attention IS NOT NULL"
    yield "The database is away", "Actions that were accepted and wait to be written", 'Attention="DATABASE"'
    yield "Cannot go on", "A fault in our code; tell an engineer", "TemporalReportedProblems IS NOT NULL"
    for station in Station:
        yield f"At {spoken(station)}", f"Visits that wait at {spoken(station)}", f'WaitingAt="{station}"'
    yield "With the clinician", "Patients who have been taken in", 'VisitStatus="IN_CONSULTATION"'
    yield "Ready to go home", "All done but the discharge", 'VisitStatus="READY_FOR_DISCHARGE"'


BESIDE = (
    (
        "Claims that wait for a clerk",
        "The claim's details say for what",
        'WorkflowType="Claim" AND Attention IS NOT NULL AND ExecutionStatus="Running"',
    ),
    (
        "Payers that do not answer",
        "Calls to them are repeated; nobody needs to act",
        'Attention IN ("SHA_AWAY", "SLADE_AWAY", "SMART_AWAY") AND ExecutionStatus="Running"',
    ),
    (
        "Waivers, refunds, opened gates",
        "Requests that a supervisor has to decide",
        'WorkflowType="Approval" AND ExecutionStatus="Running"',
    ),
    (
        "Calls to who has left",
        "Urgent patients who left, and are to be called",
        'WorkflowType="CallBack" AND ExecutionStatus="Running"',
    ),
)
"""What runs beside visits."""


def spoken(station: Station) -> str:
    return station.lower().replace("_", " ")
