"""What follows when a record counts no more: results that are unread, who is watched, who waits for a service again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.actions.base import Case, Row
from models.actions.lab_results import back_to_clinician
from models.actions.obligations import COMES_BACK
from models.catalogue import Resource, VisitRecords
from models.orders import Order, OrderKind
from models.staff import Station
from models.visit import Visit

SERVICE_AT = {
    Station.IMMUNIZATION: Resource.IMMUNIZATION,
    Station.FAMILY_PLANNING: Resource.FAMILY_PLANNING,
    Station.MCH: Resource.MCH_SERVICE,
}
FINAL = frozenset({"COMPLETED", "CORRECTED"})


def consultations(records: VisitRecords, but: UUID | None = None) -> list[dict[str, Any]]:
    """The written consultations that count, oldest first."""
    rows = records.standing(Resource.ENCOUNTER, but)
    return [row for row in rows if row["encounter_type"] == "CONSULTATION"]


def read_again(case: Case, visit: Visit, tests: Sequence[Mapping[str, Any]], seen: list[dict[str, Any]]) -> Visit:
    """The visit whose answers are unread as the records now say: a review opens, or nobody is asked any more.

    `tests`: the lab requests as they stand afterwards; `seen`: the consultations that count.
    """
    last, ended = seen[-1]["recorded_at"] if seen else None, visit.completed_at
    if ended is not None:
        tests = [as_it_stood(row, ended) for row in tests]
    news = [one for one in news_of_all(case, tests, seen) if last is None or one[0] > last]
    if ended is not None:
        return unread_at_the_end(visit, [at for at, _ in news if at < ended])
    unread = [by for _, by in news]
    visit = visit.having(has_unread_results=bool(unread))
    asked = [order for order in visit.open_orders if order.kind is OrderKind.REVIEW]
    reviews = [order.id for order in asked if order.person_id not in unread]
    if unread:
        return back_to_clinician(case, visit.closing(*reviews), unread[-1])
    if reviews and seen:
        visit = visit.having(provider_id=seen[-1]["provider_id"])
    return visit.closing(*reviews)


def as_it_stood(row: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """A test as it had been answered by then, where a correction came afterwards; what is an error is one whenever it
    is found."""
    former = [one for one in row.get("former_results") or () if moment(one["reported_at"]) < at]
    answered = row.get("reported_at")
    if row.get("entered_in_error_at") or not former or answered is None or answered < at:
        return row
    return {
        **row,
        "status": former[-1]["status"],
        "reported_at": moment(former[-1]["reported_at"]),
        "completed_at": None,
    }


def moment(value: datetime | str) -> datetime:
    """What stands within a record stands there as JSON."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def unread_at_the_end(visit: Visit, unread: list[datetime]) -> Visit:
    """Nobody is asked to read them while the patient is not there; whoever opens the visit again is."""
    reviews = [order.id for order in visit.ending.orders if order.kind is OrderKind.REVIEW] if visit.ending else []
    left = visit.having(has_unread_results=bool(unread))
    return left if unread else left.forgetting(*reviews)


def news_of_all(
    case: Case, tests: Sequence[Mapping[str, Any]], seen: list[dict[str, Any]]
) -> list[tuple[datetime, UUID]]:
    """When there was something to read, and who had asked for it: answers that nobody has told the patient of, and
    what is still to be told; the latest last."""
    told: dict[UUID, list[datetime]] = {}
    owed: list[tuple[datetime, UUID]] = []
    wrong = {row["id"] for row in tests if row.get("entered_in_error_at") == case.at}
    for row in case.known.records.all(Resource.OBLIGATION):
        if row["kind"] == "RESULT_TO_TELL" and row["status"] == "DONE" and row["outcome"] != COMES_BACK:
            told.setdefault(row["lab_request_id"], []).append(row["closed_at"])
        elif row["kind"] == "RESULT_TO_TELL" and row["status"] == "OPEN" and row["lab_request_id"] not in wrong:
            owed.append((row["recorded_at"], row["owner_id"]))
    answers = [(news_of(row, seen, told.get(row["id"], [])), row["requested_by"]) for row in tests]
    return sorted([*owed, *((at, by) for at, by in answers if at is not None)])


def news_of(row: Mapping[str, Any], seen: list[dict[str, Any]], told: list[datetime]) -> datetime | None:
    """When there was something about a test to read. That a result was an error is news to who had read it, or told
    the patient of it (`told`, when)."""
    answered: datetime | None = row.get("reported_at") or row.get("completed_at")
    marked: datetime | None = row.get("entered_in_error_at")
    if answered is None:
        return None
    if marked is not None:
        known = [*told, *(one["recorded_at"] for one in seen)]
        is_news = row["status"] in FINAL and any(answered < at <= marked for at in known)
        return marked if is_news and not any(marked < at for at in told) else None
    is_own = row["status"] == "CANCELLED" and row["completed_by"] == row["requested_by"]
    is_news = row["status"] in FINAL | {"CANCELLED"} and not is_own
    return answered if is_news and not any(answered <= at for at in told) else None


def watched_again(visit: Visit, doses: Iterable[Mapping[str, Any]]) -> Visit:
    """Observed as long as the doses that count ask for; who was let go before stays so."""
    ended = visit.observation_ended_at or (visit.observe_until if visit.observation_note else None)
    asked = [(dose["observe_until"], dose["recorded_at"]) for dose in doses if dose["observe_until"]]
    untils = [min(until, ended) if ended and given <= ended else until for until, given in asked]
    return visit.having(observe_until=max(untils, default=None))


def referred_again(visit: Visit, records: VisitRecords, undone: Mapping[str, Any]) -> tuple[Visit, tuple[Row, ...]]:
    """Referrals that the undone record had answered: another record of the service answers them, or they wait again."""
    rows: list[Row] = []
    for referral in reversed(records.standing(Resource.REFERRAL)):
        if referral.get("answered_by") != undone["id"] or visit.is_over:
            continue
        station = Station(referral["station"])
        later = records.standing(SERVICE_AT[station], but=undone["id"])
        others = [row["id"] for row in later if row["recorded_at"] > referral["recorded_at"]]
        values: dict[str, Any] = {"answered_by": others[0] if others else None}
        if not others and not waits_at(visit, station):
            values["status"] = "PENDING"
            visit = visit.opening(waiting(referral, station, pays_first=undone["id"] in visit.paid_first))
        rows.append(Row(resource=Resource.REFERRAL, id=referral["id"], values=values, former=referral))
    return visit, tuple(rows)


def waits_at(visit: Visit, station: Station) -> bool:
    return any(order.kind is OrderKind.REFERRAL and order.station is station for order in visit.open_orders)


def waiting(referral: Mapping[str, Any], station: Station, *, pays_first: bool) -> Order:
    return Order(
        id=referral["id"],
        kind=OrderKind.REFERRAL,
        station=station,
        pays_first=pays_first,
        since=referral["recorded_at"],
        person_id=referral["referred_by"],
    )
