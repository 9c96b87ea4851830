"""What one walk left behind: its visits and their claims, for the clerk who goes on with them and for the count."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from demo.answers import Body
from demo.chart import Chart

ENDED = frozenset({"PAID", "CLOSED", "TIME_BARRED"})


@dataclass(slots=True)
class Daybook:
    """`charts` by visit id; `claims` by visit id, as the clinic showed them last; `tasks`: how many of a kind the clerk
    did; `troubles`: why a step of the clerk's was refused last, by visit id."""

    charts: dict[str, Chart] = field(default_factory=dict)
    claims: dict[str, Body] = field(default_factory=dict)
    tasks: Counter[str] = field(default_factory=Counter)
    troubles: dict[str, str] = field(default_factory=dict)

    def open(self, chart: Chart) -> None:
        self.charts[str(chart.visit_id)] = chart

    def note_claims(self, claims: Iterable[Body]) -> int:
        """Keep those of this walk's visits; how many these were."""
        ours = {claim["visit_id"]: claim for claim in claims if claim["visit_id"] in self.charts}
        self.claims |= ours
        return len(ours)

    @property
    def unsettled(self) -> Counter[str]:
        """How many claims have not come to their end, by status; one that was not seen yet is NEW."""
        claimed = (visit for visit, chart in self.charts.items() if chart.is_claimed)
        standings = (self.claims[visit]["status"] if visit in self.claims else "NEW" for visit in claimed)
        return Counter(status for status in standings if status not in ENDED)

    @property
    def settled(self) -> Counter[str]:
        """How the others ended."""
        return Counter(claim["status"] for claim in self.claims.values() if claim["status"] in ENDED)
