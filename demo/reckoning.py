"""The walk held against the ledgers of the services: what the clinic counts, what they took, what they took twice."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from demo.answers import Body
from demo.chart import Chart
from demo.daybook import Daybook
from demo.sandbox import TITLES, Ledgers

# Where a service is told once more where to call back: that moves nothing, and a worker that starts anew does it.
MAY_COME_AGAIN = frozenset({"endpoint", "registration"})


@dataclass(frozen=True, slots=True)
class Line:
    """`clinic`: how many there are by the clinic's records; `service`: how many of these stand in the service's ledger,
    None where there is no ledger; `duplicates`: what the service did again since the walk began, of any kind."""

    what: str
    clinic: int
    service: int | None = None
    duplicates: int = 0

    @property
    def is_right(self) -> bool:
        return self.service in (None, self.clinic) and not self.duplicates


@dataclass(frozen=True, slots=True)
class Reckoning:
    lines: tuple[Line, ...]

    @property
    def duplicates(self) -> int:
        return sum(line.duplicates for line in self.lines)

    @property
    def is_right(self) -> bool:
        """Everything was taken, and nothing twice."""
        return all(line.is_right for line in self.lines)

    @property
    def missing(self) -> list[str]:
        """What a service has not taken yet, in words."""
        return [
            f"{line.clinic - line.service} of {line.clinic} {line.what}"
            for line in self.lines
            if line.service is not None and line.service < line.clinic
        ]

    @classmethod
    def of(cls, daybook: Daybook, before: Ledgers, now: Ledgers) -> Self:
        """`before` and `now`: the ledgers as they stood before the walk and as they stand."""
        news = {service: since(before.get(service, []), now[service]) for service in now}
        again = {service: repeated(before.get(service, []), news[service]) for service in now}
        lines = [*claim_lines(daybook, news, again)]
        charts = list(daybook.charts.values())
        for service, make in (("mpesa", payment_line), ("sms", reminder_line), ("smtp", letter_line)):
            if service in now:
                lines.append(make(charts, news[service], again[service]))
        return cls(tuple(lines))


def since(before: list[Body], now: list[Body]) -> list[Body]:
    """What was added to a ledger, which forgets its oldest entries, and all of them with a restart."""
    if not before:
        return now
    last = datetime.fromisoformat(before[-1]["at"])
    return [entry for entry in now if datetime.fromisoformat(entry["at"]) > last]


def repeated(before: list[Body], news: list[Body]) -> int:
    """How many of the new effects had happened already: the same kind with the same intent."""
    happened = Counter((entry["kind"], entry["intent"]) for entry in before)
    known = set(happened)
    count = 0
    for entry in news:
        effect = (entry["kind"], entry["intent"])
        count += effect in known and entry["kind"] not in MAY_COME_AGAIN
        known.add(effect)
    return count


def named(entries: Iterable[Body], kind: str) -> set[str]:
    """By what the effects of one kind are called, on either side."""
    return {name for entry in entries if entry["kind"] == kind for name in (entry["key"], entry["number"]) if name}


def claim_lines(daybook: Daybook, news: Ledgers, again: dict[str, int]) -> Iterable[Line]:
    """One for each way that a claim went out, and for each payer of the sandbox."""
    out = [claim for claim in daybook.claims.values() if claim["submitted_at"]]
    for gateway in ("sha", "slade", "smart"):
        claims = [claim for claim in out if claim["gateway"] == gateway]
        if gateway not in news or not (claims or again[gateway]):
            continue
        known = named(news[gateway], "claim")
        taken = sum(bool({claim["payer_reference"], claim["number"]} & known) for claim in claims)
        yield Line(f"claims handed in to {TITLES[gateway]}", len(claims), taken, again[gateway])
    by_hand = sum(claim["gateway"] == "manual" for claim in out)
    if by_hand:
        yield Line("claims handed in on paper", by_hand)


def payment_line(charts: list[Chart], news: list[Body], again: int) -> Line:
    receipts = [receipt for chart in charts for receipt in chart.receipts]
    known = named(news, "payment")
    return Line("payments by M-Pesa", len(receipts), sum(receipt in known for receipt in receipts), again)


def reminder_line(charts: list[Chart], news: list[Body], again: int) -> Line:
    phones = {chart.journey.person.phone_number for chart in charts if chart.is_asked_back}
    reached = phones & {entry["details"]["phone"] for entry in news if entry["kind"] == "message"}
    return Line("patients reminded by SMS", len(phones), len(reached), again)


def letter_line(charts: list[Chart], news: list[Body], again: int) -> Line:
    """Everybody with an address gets a report at discharge; most get results before."""
    people = (chart.journey.person for chart in charts if chart.is_discharged)
    addresses = {person.email for person in people if person.email}
    reached = addresses & {entry["details"]["to"] for entry in news if entry["kind"] == "letter"}
    return Line("patients mailed a report", len(addresses), len(reached), again)
