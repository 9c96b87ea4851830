"""What reports have in common: each is judged, replaces nothing without trace, and finds its reader."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models.actions.base import Case, Change, Row, Start
from models.actions.obligations import obligation
from models.base import Value
from models.catalogue import Resource
from models.events import CLINICIANS, Event
from models.lab_flags import critical_values, judge, whose
from models.laboratory import catalogue_of
from models.orders import Order, OrderKind, Untold
from models.problems import AlreadyDone, Conflict, NotFound
from models.staff import Station
from models.visit import Visit

UNANSWERED: dict[str, Any] = {
    "status": "PENDING",
    "results": None,
    "flags": None,
    "interpretation": None,
    "catalogue_version": None,
    "former_results": [],
    "reason": None,
    "reported_at": None,
    "reported_by": None,
    "critical_since": None,
    "acknowledged_at": None,
    "acknowledged_by": None,
    "read_back": None,
    "completed_at": None,
    "completed_by": None,
}
"""A request as it is ordered."""

REPLACED = ("status", "results", "flags", "interpretation", "notes", "reported_at", "reported_by", "acknowledged_at")


class Reported(Value):
    """The new values of a request, and whether somebody must acknowledge them or need not any more."""

    values: dict[str, Any]
    is_critical: bool = False
    is_open: bool = False
    was_open: bool = False

    @property
    def is_news(self) -> bool:
        """Whether a loop begins with it."""
        return self.is_open and "critical_since" in self.values


def request_of(case: Case) -> dict[str, Any]:
    """The stored request of this visit."""
    row = case.known.row
    if row is None:
        raise NotFound("There is no such lab request.")
    if row["visit_id"] != case.visit.id:
        raise Conflict("This lab request belongs to another visit.")
    if row.get("entered_in_error_at"):
        raise AlreadyDone("This lab request was entered in error. Order the test anew where it is wanted.")
    return row


def reported(case: Case, row: Mapping[str, Any], results: Mapping[str, Any] | None) -> Reported:
    """The results judged by the catalogue that the visit began with; what they replace is kept."""
    catalogue = catalogue_of(case.visit.arrived_at)
    patient = whose(case.known.patient, case.visit.age_years, case.today)
    verdict = judge(catalogue, row["test_type"], results or {}, patient)
    flags = {name: str(flag) for name, flag in verdict.flags.items()}
    values = {
        "results": dict(results) if results else None,
        "flags": flags,
        "interpretation": verdict.interpretation,
        "catalogue_version": catalogue.version,
        "former_results": former_results(case, row),
        "reported_at": case.at,
        "reported_by": case.actor.id,
    }
    return looped(case, row, values)


def former_results(case: Case, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was reported so far, the latest last, marked with when and by whom it was replaced."""
    kept: list[dict[str, Any]] = list(row.get("former_results") or [])
    if not row.get("results"):
        return kept
    replaced = {"replaced_at": case.at, "replaced_by": case.actor.id}
    return [*kept, {**{name: row.get(name) for name in REPLACED}, **replaced}]


def looped(case: Case, row: Mapping[str, Any], values: dict[str, Any]) -> Reported:
    """A critical value is to be acknowledged, unless the same was; a loop that runs goes on from where it began."""
    was_open = bool(row.get("critical_since") and not row.get("acknowledged_at"))
    critical = critical_values(values["results"], values["flags"])
    if not critical:
        return Reported(values={**values, **no_loop(None)}, was_open=was_open)
    is_same = critical == critical_values(row.get("results"), row.get("flags"))
    if was_open or (is_same and row.get("acknowledged_at")):
        return Reported(values=values, is_critical=True, is_open=was_open, was_open=was_open)
    return Reported(values={**values, **no_loop(case.at)}, is_critical=True, is_open=True)


def no_loop(since: datetime | None) -> dict[str, Any]:
    return {"critical_since": since, "acknowledged_at": None, "acknowledged_by": None, "read_back": None}


def request_row(row: Mapping[str, Any], values: Mapping[str, Any]) -> Row:
    return Row(resource=Resource.LAB_REQUEST, id=row["id"], values=values, former=row)


def watched(visit: Visit, request_id: UUID, report: Reported) -> Visit:
    """The visit knows which of its tests wait to be acknowledged."""
    others = tuple(id for id in visit.critical_results if id != request_id)
    return visit.having(critical_results=(*others, request_id) if report.is_open else others)


def loop_starts(request_id: UUID, report: Reported) -> tuple[Start, ...]:
    """The loop begins, or hears that it has nothing left to do."""
    return (Start(kind="CriticalResult", id=request_id),) if report.is_open or report.was_open else ()


def ready(visit: Visit, row: Mapping[str, Any], kind: str = "lab:results_ready") -> Event:
    payload = {
        "patientId": visit.patient_id,
        "visitId": visit.id,
        "labRequestId": row["id"],
        "status": row["status"],
        "results": row["results"],
        "flags": row["flags"],
    }
    return Event(kind=kind, audience=CLINICIANS, payload=payload)


def notice_of(visit: Visit) -> tuple[Start, ...]:
    """The patient hears of the results when no test is open any more: once, not test by test."""
    is_open = any(o.kind is OrderKind.LAB_REQUEST for o in visit.open_orders) or visit.awaited
    is_ready = (visit.has_unread_results or visit.is_over) and not is_open
    return (Start(kind="ResultsNotice", id=visit.id),) if is_ready else ()


def back_to_clinician(case: Case, visit: Visit, ordered_by: UUID) -> Visit:
    """Open the review for the ordering clinician once no test is open and an answer waits to be read."""
    kinds = {order.kind for order in visit.open_orders}
    if not visit.has_unread_results or kinds & {OrderKind.LAB_REQUEST, OrderKind.REVIEW}:
        return visit
    review = Order(
        id=case.derived_id("review"),
        kind=OrderKind.REVIEW,
        station=Station.CONSULTATION,
        since=case.at,
        person_id=ordered_by,
    )
    return visit.opening(review).having(provider_id=ordered_by)


def leaving(case: Case, visit: Visit) -> Change:
    """The patient leaves: tests that are still open are awaited, and critical values that nobody has acknowledged
    are told to the patient all the same."""
    tests = tuple(order for order in visit.open_orders if order.kind is OrderKind.LAB_REQUEST)
    change = Change(visit=visit.closing(*(o.id for o in tests)).having(awaited=(*visit.awaited, *tests)))
    for request_id in visit.critical_results:
        debt = Debt(request_id=request_id, owner_id=visit.provider_id or case.actor.id, critical=True)
        owed = owing(case, change.visit, debt)
        change = Change(visit=owed.visit, rows=(*change.rows, *owed.rows), starts=(*change.starts, *owed.starts))
    return change


class Debt(Value):
    """What a patient who has left is to hear: about which test, from whom, and how urgently."""

    request_id: UUID
    owner_id: UUID
    critical: bool


def owing(case: Case, visit: Visit, debt: Debt) -> Change:
    """The visit with an obligation to tell the patient; one that is open for the same test is enough, unless a
    critical value came since."""
    is_owed = any(one.lab_request_id == debt.request_id for one in visit.untold)
    if is_owed and not debt.critical:
        return Change(visit=visit)
    id = case.derived_id(f"tell {debt.request_id}")
    due = catalogue_of(visit.arrived_at).late.due(case.at, critical=debt.critical)
    row = obligation(
        case,
        "RESULT_TO_TELL",
        debt.request_id,
        id=id,
        owner_id=debt.owner_id,
        due_at=due,
        is_critical=debt.critical,
    )
    owed = visit.having(untold=(*visit.untold, Untold(obligation_id=id, lab_request_id=debt.request_id)))
    return Change(visit=owed, rows=(row,), starts=(Start(kind="Obligation", id=id),))
