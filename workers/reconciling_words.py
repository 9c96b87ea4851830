"""What a finding about a run says, and of whom."""

from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from integrations.settings import Settings
from models.base import Value
from models.reconciliation import Code, Finding, Repair
from models.reconciliation_runs import A_UUID, Place, Seen, how_it_ended, kind_of
from models.tables import (
    AppointmentRow,
    BreakGlassRow,
    ClaimRow,
    FacilityRow,
    LabRequestRow,
    ObligationRow,
    PaymentRow,
    RefundRow,
    VisitRow,
    WaiverRow,
)
from workflows.beginning import Beside

OF_A_VISIT = frozenset({"visit", "coverage", "results"})
"""Kinds of runs whose ids are those of visits."""

RECORDS: dict[str, tuple[Any, ...]] = {
    "payment": (PaymentRow,),
    "obligation": (ObligationRow,),
    "critical": (LabRequestRow,),
    "reminder": (AppointmentRow,),
    "claim": (ClaimRow,),
    "approval": (WaiverRow, RefundRow, BreakGlassRow),
}
"""In which tables what a run is about may stand, by the kind of run."""


class About(Value):
    """Whose a run is. `said`: by the visit's number, where it is a visit's."""

    facility_id: UUID
    visit_id: UUID | None = None
    said: str = ""


class Named:
    """Looks up what runs are about."""

    def __init__(self, db: AsyncConnection, settings: Settings) -> None:
        self.db = db
        self.settings = settings

    async def about(self, run: str, owed: Beside | None) -> About:
        facility_id, visit_id = await self.whose(run)
        opening = owed.opening if owed else None
        facility_id = facility_id or getattr(opening, "facility_id", None) or await self.home()
        assert facility_id is not None, "what runs is somebody's"
        visit_id = visit_id or getattr(opening, "visit_id", None)
        numbered = select(VisitRow.op_number).where(VisitRow.id == visit_id)
        number = (await self.db.execute(numbered)).scalar() if visit_id else None
        return About(facility_id=facility_id, visit_id=visit_id, said=f"{number}: " if number else "")

    async def whose(self, run: str) -> tuple[UUID | None, UUID | None]:
        """Facility and visit, as far as the rows know."""
        kind, id = kind_of(run), subject_of(run)
        wanted = [select(table.facility_id, table.visit_id).where(table.id == id) for table in RECORDS.get(kind, ())]
        if kind in OF_A_VISIT:
            wanted = [select(VisitRow.facility_id, VisitRow.id).where(VisitRow.id == id)]
        for one in wanted:
            if row := (await self.db.execute(one)).first():
                return row[0], row[1]
        return None, None

    async def home(self) -> UUID | None:
        """The house's own facility, for what is nobody's in particular; None where there is none yet."""
        wanted = select(FacilityRow.id).order_by(FacilityRow.code != self.settings.facility_code, FacilityRow.code)
        return (await self.db.execute(wanted.limit(1))).scalar()

    async def place(self, visit_id: UUID | None) -> str:
        found = await places(self.db, [f"visit-{visit_id}"])
        return next((place.in_words() for place in found.values()), "nothing")


async def named(names: Named, run: str, code: Code, owed: Beside | None, seen: Seen, words: str = "") -> Finding:
    """`words`: what it says, where that is known already. What runs is told to look; what does not is started."""
    about = await names.about(run, owed)
    words = words or await words_of(names, run, code, owed, seen)
    return Finding(
        code=code,
        facility_id=about.facility_id,
        subject=kind_of(run).upper(),
        subject_id=subject_of(run),
        visit_id=about.visit_id,
        words=f"{about.said}{words}",
        since=seen.closed_at,
        repair=Repair.TELL_RUN if seen.is_running else Repair.START_RUN,
        run=run,
    )


async def words_of(names: Named, run: str, code: Code, owed: Beside | None, seen: Seen) -> str:
    if code is Code.RUN_MISSING:
        what = owed.summary if owed else kind_of(run)
        return f"no workflow runs for it, though one should ({what}, {run}); {how_it_ended(seen)}."
    if code is Code.RUN_BEHIND and seen.place:
        row = await names.place(subject_of(run))
        return f"its workflow shows {seen.place.in_words()}, its row says {row}."
    return f"a workflow runs on ({run}), though by the rows nothing is left to do for it."


def missing_schedule(home: UUID, name: str) -> Finding:
    return Finding(
        code=Code.SCHEDULE_MISSING,
        facility_id=home,
        subject="SCHEDULE",
        subject_id=uuid5(NAMESPACE_URL, f"njia:schedule:{name}"),
        words=f"The schedule {name} is not there, so nothing starts by it.",
        repair=Repair.MAKE_SCHEDULE,
        run=name,
    )


async def places(db: AsyncConnection, runs: Iterable[str]) -> dict[str, Place]:
    """Where the visits of these runs stand, by their rows."""
    ids = [subject_of(run) for run in runs if kind_of(run) == "visit"]
    wanted = select(VisitRow.id, VisitRow.status, VisitRow.waiting_at).where(VisitRow.id.in_(ids))
    return {
        f"visit-{row.id}": Place(status=row.status, waiting_at=tuple(row.waiting_at))
        for row in await db.execute(wanted)
    }


def subject_of(run: str) -> UUID:
    """What a run is about; of an id that ends otherwise, an id made from it."""
    try:
        return UUID(run[-A_UUID:])
    except ValueError:
        return uuid5(NAMESPACE_URL, run)
