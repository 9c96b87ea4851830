"""What the walk looked like, for the one who started it: progress, then tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from demo.daybook import Daybook
from demo.reckoning import Line, Reckoning
from demo.settling import in_words
from demo.tally import Ending, Tally, Timing, percentile

PLAIN_WIDTH = 140
LINES_WHEN_PLAIN = 10


# Told that one more visit has ended.
Watcher = Callable[[], None]


def paper() -> Console:
    """The terminal, or wide plain lines where output goes to a file."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


@contextmanager
def progress(console: Console, tally: Tally) -> Iterator[Watcher]:
    """A bar on a terminal; elsewhere a line for every tenth of the visits."""
    if not console.is_terminal:
        yield lambda: say_plainly(console, tally)
        return
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Visits", total=tally.planned)
        yield lambda: bar.update(task, completed=len(tally.endings), description=description(tally))


def description(tally: Tally) -> str:
    return f"Visits ({len(tally.stopped)} stopped)" if tally.stopped else "Visits"


def say_plainly(console: Console, tally: Tally) -> None:
    ended = len(tally.endings)
    if ended == tally.planned or ended % max(tally.planned // LINES_WHEN_PLAIN, 1) == 0:
        console.print(f"{ended} of {tally.planned} visits ended, {len(tally.stopped)} of them early")


def print_actions(console: Console, tally: Tally) -> None:
    if tally.timings:
        console.print(actions(console, tally))


def print_visits(console: Console, tally: Tally, seconds: float) -> None:
    """Those that stopped, and all in one line."""
    if tally.stopped:
        console.print(early_ends(console, tally.stopped))
    under_way = tally.started - len(tally.endings)
    console.print(
        f"Visits: {tally.started} of {tally.planned} started, {tally.completed} completed, "
        f"{len(tally.stopped)} ended early{f', {under_way} left open under way' if under_way else ''}. "
        f"{len(tally.timings)} actions in {seconds:.1f} s."
    )


def print_cases(console: Console, tally: Tally) -> None:
    if tally.told:
        console.print(cases(console, tally))


def print_morning(console: Console, notes: list[str]) -> None:
    for sentence in notes:
        say(console, sentence)


def cases(console: Console, tally: Tally) -> Table:
    table = plain_table(console, "Rare cases")
    for heading in ("what happens", "what the clinic does", "seen"):
        table.add_column(heading, overflow="fold")
    for case in tally.told:
        table.add_row(case.name, case.shows, Text(case.trouble or "yes"))
    return table


def actions(console: Console, tally: Tally) -> Table:
    table = plain_table(console, "Actions that took effect")
    table.add_column("action")
    for heading in ("count", "p50 ms", "p95 ms", "accepted first (202)", "repeated"):
        table.add_column(heading, justify="right")
    for action, timings in tally.by_action().items():
        table.add_row(action, *figures(timings))
    table.add_section()
    table.add_row("all", *figures(tally.timings))
    return table


def figures(timings: list[Timing]) -> tuple[str, ...]:
    """Count, p50 and p95 in milliseconds, how many were answered 202 first, how many repeats."""
    milliseconds = [timing.seconds * 1000 for timing in timings]
    return (
        str(len(timings)),
        f"{percentile(milliseconds, 0.50):.0f}",
        f"{percentile(milliseconds, 0.95):.0f}",
        str(sum(timing.accepted_first for timing in timings)),
        str(sum(timing.repeats for timing in timings)),
    )


def early_ends(console: Console, endings: list[Ending]) -> Table:
    table = plain_table(console, "Visits that did not complete")
    for heading in ("visit", "story", "status", "waiting at", "stopped by", "problem", "detail"):
        table.add_column(heading, overflow="fold")
    for ending in endings:
        no = ending.refusal
        cells = (ending.op_number or "-", ending.story, ending.status, ", ".join(ending.waiting_at) or "-")
        why = (no.action, no.type, no.detail) if no else ("-", "-", "every step done, yet not completed")
        # Text, because brackets in the clinic's sentences are no markup.
        table.add_row(*map(Text, cells + why))
    return table


def print_outside(console: Console, daybook: Daybook, reckoning: Reckoning, waiting: list[str]) -> None:
    """What went out to others: by the clinic, by their ledgers, and what became of it."""
    console.print(outside(console, reckoning))
    say(console, f"Tasks done by the clerk: {counted(daybook.tasks)}.")
    say(console, f"Claims: {counted(daybook.settled)}. Duplicates: {reckoning.duplicates}.")
    for words in waiting:
        say(console, f"Waited in vain for {words}.")
    for visit, trouble in daybook.troubles.items() if waiting else ():
        say(console, f"  {daybook.charts[visit].op_number}: {trouble}")


def outside(console: Console, reckoning: Reckoning) -> Table:
    table = plain_table(console, "What the outside services took")
    table.add_column("what")
    for heading in ("by the clinic", "by their ledgers", "duplicates"):
        table.add_column(heading, justify="right")
    for line in reckoning.lines:
        table.add_row(line.what, *counts(line))
    return table


def counts(line: Line) -> tuple[str, str, str]:
    """Paper has no ledger."""
    if line.service is None:
        return str(line.clinic), "-", "-"
    return str(line.clinic), str(line.service), str(line.duplicates)


def counted(things: Mapping[str, int]) -> str:
    """`3 PAID, 1 CLOSED`: the most frequent first; with underscores for spaces."""
    most_first = sorted(things.items(), key=lambda thing: (-thing[1], thing[0]))
    return ", ".join(f"{count} {in_words(name)}" for name, count in most_first) or "none"


def plain_table(console: Console, title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE if console.is_terminal else None)
