"""Every rare case, played once after the walk."""

from collections.abc import Iterable
from datetime import date
from random import Random

from demo.answers import Stopped
from demo.cases_at_closing import CLOSING
from demo.cases_of_care import CARE
from demo.cases_of_leaving import LEAVING
from demo.cases_of_money import MONEY
from demo.cases_of_undoing import UNDOING
from demo.clinic import Clinic
from demo.people import Town
from demo.stage import Case, Stage, Unexpected
from demo.tally import Told

CASES: tuple[Case, ...] = (*CARE, *LEAVING, *MONEY, *UNDOING, *CLOSING)


async def play(cases: Iterable[Case], clinic: Clinic, today: date) -> list[Told]:
    """What came of each. The people are new ones in each run."""
    stage = Stage(clinic, Town(Random(), today), today)
    return [await told(case, stage) for case in cases]


async def told(case: Case, stage: Stage) -> Told:
    try:
        await case.play(stage)
    except Unexpected as unexpected:
        return Told(case.name, case.shows, str(unexpected))
    except Stopped as stopped:
        refusal = stopped.refusal
        return Told(case.name, case.shows, f"{refusal.action}: {refusal.type}: {refusal.detail}")
    except KeyError as missing:
        return Told(case.name, case.shows, f"an answer of the clinic lacks {missing}")
    return Told(case.name, case.shows)
