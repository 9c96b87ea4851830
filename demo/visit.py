"""One patient's way through the clinic: every step of the story in its room, until discharge or a no."""

from typing import assert_never

from demo.answers import Stopped
from demo.cashier import settle
from demo.catalogue import Catalogue, NothingOnOffer
from demo.chart import Chart
from demo.clinic import Clinic
from demo.daybook import Daybook
from demo.journeys import Journey
from demo.reception import ask_back, register
from demo.rooms import Rooms
from demo.steps import (
    AdviseOnFamilyPlanning,
    AskBack,
    CareForMother,
    Diagnose,
    Discharge,
    Dispense,
    Examine,
    OrderTest,
    Pay,
    Prescribe,
    Refer,
    Register,
    ReportResults,
    Role,
    Step,
    TakeIn,
    TellAllergy,
    Triage,
    Vaccinate,
)
from demo.tally import Ending, Refusal


async def walk_visit(clinic: Clinic, catalogue: Catalogue, journey: Journey, daybook: Daybook) -> Ending:
    """Walk the whole story; the ending carries the refusal where the clinic stopped it."""
    chart = None
    try:
        chart = await register(clinic, journey)
        daybook.open(chart)
        rooms = Rooms(clinic, catalogue, chart)
        for step in journey.story.steps:
            await take(step, rooms, clinic, catalogue, chart)
        refusal = None
    except Stopped as stopped:
        refusal = stopped.refusal
    except NothingOnOffer as missing:
        refusal = Refusal("choose", "not-on-offer", str(missing))
    except KeyError as missing:
        refusal = Refusal("read", "unexpected-answer", f"an answer of the clinic lacks {missing}")
    if chart is None:
        return Ending(journey.story.name, "", "NOT REGISTERED", (), refusal)
    return await ending(clinic, chart, refusal)


async def ending(clinic: Clinic, chart: Chart, refusal: Refusal | None) -> Ending:
    """Where the visit stands now, in the clinic's own words."""
    name = chart.journey.story.name
    try:
        visit = await clinic.read(Role.RECEPTIONIST, chart.visit)
    except Stopped as stopped:
        return Ending(name, chart.op_number, "UNKNOWN", (), refusal or stopped.refusal)
    waiting_at = tuple(visit.get("waiting_at", ()))
    return Ending(name, chart.op_number, visit.get("status", "UNKNOWN"), waiting_at, refusal)


async def take(step: Step, rooms: Rooms, clinic: Clinic, catalogue: Catalogue, chart: Chart) -> None:
    """One step by the staff whose work it is."""
    match step:
        case Register():
            pass  # done: it made the chart
        case Triage():
            await rooms.triage(step)
        case Refer():
            await rooms.refer(step)
        case TakeIn():
            await rooms.take_in()
        case Examine():
            await rooms.examine(step)
        case Diagnose():
            await rooms.diagnose(step)
        case OrderTest():
            await rooms.order_test(step)
        case ReportResults():
            await rooms.report_results()
        case Prescribe():
            await rooms.prescribe(step)
        case TellAllergy():
            await rooms.tell_allergy(step)
        case Dispense():
            await rooms.dispense()
        case Vaccinate():
            await rooms.vaccinate(step)
        case AdviseOnFamilyPlanning():
            await rooms.advise(step)
        case CareForMother():
            await rooms.care_for_mother(step)
        case Pay():
            await settle(clinic, catalogue, chart, step)
        case AskBack():
            await ask_back(clinic, chart, step)
        case Discharge():
            await rooms.discharge(step)
        case _:
            assert_never(step)
