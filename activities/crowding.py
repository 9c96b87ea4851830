"""Whether a station is crowded, decided where a patient's coming or going is written: in the same transaction."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models.crowding import CROWDED, EASED, audience, eased_at, touched
from models.staff import Station
from models.visit import Visit

Statement = tuple[str, dict[str, Any]]

ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended('njia crowd ' || %(facility_id)s || %(station)s, 0))"
"""Until the commit nobody else comes to this station, or leaves it. Whoever waited for this sees, in the next
statement, what was committed meanwhile: so the count is right, and each crossing is met by one."""

CROSSING = """
    with line as (
        select count(*)::integer as waiting from visits
        where facility_id = %(facility_id)s and waiting_at @> array[%(station)s::text]
    ), begun as (
        insert into crowds (id, facility_id, station, threshold, waiting, began_at)
        select gen_random_uuid(), %(facility_id)s, %(station)s, %(threshold)s, line.waiting, %(at)s from line
        where line.waiting >= %(threshold)s and not exists (
            select from crowds where facility_id = %(facility_id)s and station = %(station)s and ended_at is null)
        returning waiting
    ), over as (
        update crowds set ended_at = greatest(began_at, %(at)s) from line
        where facility_id = %(facility_id)s and station = %(station)s and ended_at is null
            and line.waiting <= %(eased_at)s
        returning line.waiting
    ), told as (
        select %(crowded)s::text as kind, waiting from begun union all select %(eased)s::text, waiting from over
    )
    insert into events (facility_id, kind, audience, payload, occurred_at)
    select %(facility_id)s, kind, %(audience)s, jsonb_build_object(
        'station', %(station)s::text, 'waiting', waiting, 'threshold', %(threshold)s::integer), %(at)s
    from told
"""


def crowd_statements(
    before: Visit | None, after: Visit, thresholds: Mapping[Station, int], at: datetime
) -> Iterator[Statement]:
    """For after the visit's own row and all other writes: who waits here holds nothing that the one before needs.

    Nothing where the policy names no threshold.
    """
    for station in touched(before, after):
        if station in thresholds:
            yield from counting(after.facility_id, station, thresholds[station], at)


def counting(facility_id: UUID, station: Station, threshold: int, at: datetime) -> Iterator[Statement]:
    """Count the line, and tell of a crossing; nothing happens where that was told already."""
    place = {"facility_id": facility_id, "station": str(station)}
    told = {"crowded": CROWDED, "eased": EASED, "audience": [str(role) for role in audience(station)]}
    yield ONE_AT_A_TIME, place
    yield CROSSING, {**place, **told, "threshold": threshold, "eased_at": eased_at(threshold), "at": at}
