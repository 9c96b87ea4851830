"""Many patients who come at once, and the lines in which they stand."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from demo.answers import Body
from demo.chart import Chart
from demo.stage import NURSE, OFFICER, ORANGE, RED, SUPERVISOR, WELL, YELLOW, Stage, expect, refused
from demo.steps import Role

COMING: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "RED": (2, RED),
    "ORANGE": (2, ORANGE),
    "YELLOW": (3, YELLOW),
    "GREEN": (5, {}),
}
"""How many of each colour, and in what they differ from somebody who is well."""
COLOURS = [colour for colour, (count, _) in COMING.items() for _ in range(count)]
TRIAGE, CONSULTATION = "TRIAGE", "CONSULTATION"


class Crowd:
    """`charts` and `colours` by visit id."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.charts: dict[str, Chart] = {}
        self.colours: dict[str, str] = {}

    async def comes(self) -> None:
        charts = await asyncio.gather(*(self._stage.arrives() for _ in COLOURS))
        for colour, chart in zip(COLOURS, charts, strict=True):
            self.charts[str(chart.visit_id)] = chart
            self.colours[str(chart.visit_id)] = colour

    async def is_triaged(self) -> None:
        """One after the other; somebody does not answer, keeps their place, and is called again."""
        line = await self.line(TRIAGE)
        expect(set(line) == set(self.charts), "not everybody who came waits for triage")
        missing = next(one for one in line if self.colours[one] == "GREEN")
        await self._called(NURSE, missing, TRIAGE)
        await self._stage.does(NURSE, self.charts[missing], "no_answer", station=TRIAGE)
        expect(await self.line(TRIAGE) == line, "who did not answer has lost their place")
        for visit_id in line:
            if visit_id != missing:
                await self._called(NURSE, visit_id, TRIAGE)
                await self._measured(visit_id)
        place = await self._called(NURSE, missing, TRIAGE)
        expect((place["calls"], place["missed"]) == (2, 1), "the queue does not count the call without an answer")
        await self._measured(missing)
        colours = [self.colours[one] for one in await self.line(CONSULTATION)]
        expect(colours == COLOURS, f"the line for the clinician is not by urgency: {', '.join(colours)}")

    async def emergencies_are_due(self) -> datetime:
        """The moment at which all that are RED have waited as long as the policy allows."""
        red = [self.charts[one] for one, colour in self.colours.items() if colour == "RED"]
        visits = [await self._stage.visit(chart) for chart in red]
        due = [one["due_at"] for visit in visits for one in visit["deadlines"] if one["step"] == CONSULTATION]
        expect(len(due) == len(red), "an emergency waits without a deadline")
        return max(map(datetime.fromisoformat, due))

    async def is_seen(self, visit_ids: Iterable[str]) -> None:
        """By the clinician, in the order of the line."""
        wanted = set(visit_ids)
        for visit_id in [one for one in await self.line(CONSULTATION) if one in wanted]:
            chart, form = self.charts[visit_id], {"station": CONSULTATION, "room": "Room 2"}
            await self._called(OFFICER, visit_id, CONSULTATION)
            await self._stage.does(OFFICER, chart, "take_patient", **form)
            await refused(self._stage.does(SUPERVISOR, chart, "take_patient", **{**form, "room": "Room 3"}), "conflict")
            await self._stage.examined(chart)

    async def goes_home(self) -> None:
        await asyncio.gather(*map(self._stage.goes_home, self.charts.values()))

    async def line(self, station: str) -> list[str]:
        """Those of the crowd who wait there, in their order."""
        return [item["visit_id"] for item in await self.items(station)]

    async def items(self, station: str) -> list[Body]:
        """Others wait there, too; they are left alone."""
        items = await self._stage.items(SUPERVISOR, f"/api/queues/{station}")
        return [item for item in items if item["visit_id"] in self.charts]

    async def _called(self, who: Role, visit_id: str, station: str) -> Body:
        """Their place in the line, as the queue shows it after the call."""
        await self._stage.does(who, self.charts[visit_id], "call_patient", station=station, room="Room 2")
        (place,) = [item for item in await self.items(station) if item["visit_id"] == visit_id]
        expect(place["called_at"] and place["room"] == "Room 2", "the queue does not show who is called where")
        return place

    async def _measured(self, visit_id: str) -> None:
        colour = self.colours[visit_id]
        signs = {**WELL, **COMING[colour][1]}
        visit = await self._stage.puts(NURSE, self.charts[visit_id], vital_signs=signs)
        expect(visit["triage_colour"] == colour, f"somebody who is {colour} was triaged as {visit['triage_colour']}")
