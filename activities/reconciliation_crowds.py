"""The crowds that boards were told of, held against how many wait."""

from collections.abc import Mapping
from datetime import UTC, datetime

from activities.crowding import counting
from activities.door import writing
from activities.writing import NOTIFY
from integrations.database import Connection, Pool
from models.command import NAIROBI
from models.policy import Policies
from models.reconciliation import Finding
from models.reconciliation_lines import Line, crowd_finding
from models.staff import Station

LINES = """
    with waits as (
        select facility_id, station, count(*)::integer as waiting
        from visits, unnest(waiting_at) as station where waiting_at <> '{}' group by facility_id, station
    ), lasting as (select facility_id, station from crowds where ended_at is null)
    select facility_id, station, coalesce(waits.waiting, 0) as waiting, lasting.station is not null as lasts
    from waits full join lasting using (facility_id, station) order by facility_id, station
"""
"""A crowd is written in the transaction in which somebody comes or goes: in one snapshot both always agree."""


class CrowdsBeside:
    """By the policy of the day. A station that it does not name is none that anybody is told of."""

    def __init__(self, pool: Pool, policies: Policies) -> None:
        self.pool = pool
        self.policies = policies

    @property
    def thresholds(self) -> Mapping[Station, int]:
        return self.policies.on(datetime.now(NAIROBI).date()).crowded

    async def findings(self, db: Connection) -> list[Finding]:
        lines = [Line.model_validate(row) for row in await (await db.execute(LINES)).fetchall()]
        thresholds = self.thresholds
        found = (crowd_finding(one, thresholds[one.station]) for one in lines if one.station in thresholds)
        return [one for one in found if one]

    async def count_again(self, finding: Finding) -> None:
        """As whoever comes or goes next would: told is only what has not been told meanwhile."""
        async with writing(self.pool) as db:
            for station, threshold in self.thresholds.items():
                line = Line(facility_id=finding.facility_id, station=station, waiting=0, lasts=False)
                if line.id == finding.subject_id:
                    for text, given in counting(line.facility_id, station, threshold, datetime.now(UTC)):
                        await db.execute(text, given)
                    await db.execute(*NOTIFY)
