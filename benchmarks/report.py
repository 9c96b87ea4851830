"""The measurements as people read them: one table, the ratios, the two goals, who worked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from benchmarks.measuring import Sample

SERIAL, MANY = 1, 16
SLOWER_AT_MOST, RATE_AT_LEAST = 2.5, 0.5
WAYS = {SERIAL: "one after the other", MANY: f"{MANY} at once"}


@dataclass(frozen=True)
class Results:
    """Samples by contender and by how many at once, one of each round; contenders from the barest to ours."""

    count: int
    workers: int
    samples: dict[tuple[str, int], list[Sample]]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.samples))

    @property
    def rounds(self) -> int:
        return len(next(iter(self.samples.values())))

    def middle(self, name: str, at_once: int, measure: Callable[[Sample], float]) -> float:
        """The median over the rounds."""
        return median(measure(sample) for sample in self.samples[name, at_once])

    def ratios(self, at_once: int, measure: Callable[[Sample], float]) -> list[float]:
        """Ours divided by the bare Update, round by round."""
        _, bare, ours = self.names
        pairs = zip(self.samples[ours, at_once], self.samples[bare, at_once], strict=True)
        return [measure(mine) / measure(other) for mine, other in pairs]


def written(machine: Sequence[str], results: Results) -> str:
    """All of it, as Markdown."""
    parts = [
        "# Results",
        f"Written by `make bench` on {datetime.now().astimezone():%d %B %Y}, as `docs/performance.md` explains.",
        "\n".join(f"- {line}" for line in machine),
        (
            f"{results.rounds} rounds of {results.count} actions each way, {workers(results.workers)}, "
            "medians over the rounds. Milliseconds."
        ),
        table(["", "", "p50", "p95", "per second"], list(times(results))),
        f"## {results.names[2].capitalize()} divided by {results.names[1]}, round by round",
        table(["", "lowest", "median", "highest", "goal"], list(goals(results))),
        "## Milliseconds of processor per action",
        table(["", "", *processes(results)], list(processors(results))),
    ]
    return "\n\n".join(parts) + "\n"


def workers(count: int) -> str:
    return "one worker process" if count == 1 else f"{count} worker processes"


def times(results: Results) -> Iterator[list[str]]:
    for at_once, way in WAYS.items():
        for name in results.names:
            p50, p95, rate = (
                results.middle(name, at_once, measure)
                for measure in (lambda s: s.p50, lambda s: s.p95, lambda s: s.per_second)
            )
            yield [way, name, f"{p50:.1f}", f"{p95:.1f}", f"{rate:.0f}"]


def goals(results: Results) -> Iterator[list[str]]:
    slower = results.ratios(SERIAL, lambda sample: sample.p50)
    reached = median(slower) <= SLOWER_AT_MOST
    yield ["p50, one after the other", *spread(slower), f"at most {SLOWER_AT_MOST}: {said(reached)}"]
    rate = results.ratios(MANY, lambda sample: sample.per_second)
    reached = median(rate) >= RATE_AT_LEAST
    yield [f"per second, {MANY} at once", *spread(rate), f"at least {RATE_AT_LEAST}: {said(reached)}"]


def said(reached: bool) -> str:
    return "reached" if reached else "missed"


def spread(ratios: Sequence[float]) -> list[str]:
    return [f"{value:.2f}" for value in (min(ratios), median(ratios), max(ratios))]


def processes(results: Results) -> list[str]:
    return list(next(iter(results.samples.values()))[0].cpu)


def processors(results: Results) -> Iterator[list[str]]:
    for at_once, way in WAYS.items():
        for name in results.names:
            used = [results.middle(name, at_once, lambda s, p=process: s.cpu[p]) for process in processes(results)]  # type: ignore[misc]
            yield [way, name, *(f"{value:.1f}" for value in used)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up in a terminal; all but the first two to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    left = len([name for name in head if not name]) or 1
    rule = ["-" * width if i < left else "-" * max(width - 1, 1) + ":" for i, width in enumerate(widths)]

    def line(cells: Sequence[str]) -> str:
        padded = (c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(head), line(rule), *map(line, rows)])
