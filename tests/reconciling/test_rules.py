"""The pure part: what is named, and nothing else, whatever is disturbed."""

from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from models.reconciliation import Code, Finding, Report
from models.reconciliation_lines import Chain
from models.reconciliation_runs import (
    END_WITH_THEIR_ROWS,
    SURELY_RUN,
    Place,
    Seen,
    kind_of,
    run_differences,
)
from models.staff import Role

KINDS = st.sampled_from(sorted(SURELY_RUN | {"results", "audit-seal"}))
RUNS = st.builds(lambda kind, id: f"{kind}-{id}", KINDS, st.uuids())
STATES = st.sampled_from(["", "RUNNING", "COMPLETED", "TERMINATED", "FAILED", "CANCELED", "TIMED_OUT"])
HERE, THERE = Place(status="TRIAGED", waiting_at=("CONSULTATION",)), Place(status="IN_CONSULTATION")


@given(st.dictionaries(RUNS, st.tuples(STATES, st.booleans()), max_size=8))
def test_what_runs_as_the_rows_want_it_is_no_difference(runs: dict[str, tuple[str, bool]]) -> None:
    seen = {run: Seen(status="RUNNING", place=HERE) for run in runs}
    assert run_differences(runs.keys(), dict.fromkeys(runs, HERE), seen) == {}


@given(st.dictionaries(RUNS, STATES, max_size=8))
def test_a_run_that_the_rows_want_is_missing_unless_it_runs_or_found_nothing_to_do(runs: dict[str, str]) -> None:
    seen = {run: Seen(status=status) for run, status in runs.items() if status}
    wanted = {
        run
        for run, status in runs.items()
        if status != "RUNNING" and (status != "COMPLETED" or kind_of(run) in SURELY_RUN)
    }
    assert run_differences(runs.keys(), {}, seen) == dict.fromkeys(wanted, Code.RUN_MISSING)


@given(st.dictionaries(RUNS, st.booleans(), max_size=8))
def test_a_run_whose_rows_are_done_is_left_over_where_it_ends_with_them(runs: dict[str, bool]) -> None:
    """Whether the rows say nothing of it any more, or want it to look."""
    seen = {run: Seen(status="RUNNING") for run in runs}
    done = {run for run, is_asked in runs.items() if is_asked}
    wanted = {run for run in runs if kind_of(run) in END_WITH_THEIR_ROWS}
    assert run_differences(done, {}, seen, done) == dict.fromkeys(wanted, Code.RUN_LEFT_OVER)


@given(st.uuids(), st.booleans(), st.booleans(), st.booleans())
def test_a_visit_is_behind_only_where_its_run_shows_another_place(
    id: UUID, shows: bool, is_running: bool, agrees: bool
) -> None:
    run = f"visit-{id}"
    seen = {run: Seen(status="RUNNING" if is_running else "COMPLETED", place=HERE if shows else None)}
    found = run_differences((), {run: HERE if agrees else THERE}, seen)
    assert found == ({run: Code.RUN_BEHIND} if shows and is_running and not agrees else {})


def test_a_run_of_a_visit_without_a_row_waits_for_its_registration() -> None:
    run = f"visit-{uuid4()}"
    assert run_differences((), {}, {run: Seen(status="RUNNING", place=HERE)}) == {}


def test_every_difference_says_who_sees_to_it_and_how() -> None:
    for code in Code:
        facts: dict[str, Any] = {"facility_id": uuid4(), "subject": "VISIT", "subject_id": uuid4(), "words": "w"}
        one = Finding(code=code, **facts)
        assert one.who in Role
        assert one.advice.endswith((".", "`."))
        assert str(code) in one.in_words()


def test_an_empty_chain_is_whole_and_one_without_its_entries_is_not() -> None:
    facts: dict[str, Any] = {"facility_id": uuid4(), "chain": "administration:x", "head": "0"}
    assert Chain(length=0, entries=0, last=None, **facts).is_whole
    assert not Chain(length=1, entries=0, last=None, **facts).is_whole
    assert not Chain(length=1, entries=1, last="1", **facts).is_whole


def test_a_report_says_what_was_compared() -> None:
    assert Report(visits=2, runs=3).in_words() == "2 visits and 3 workflows compared: all agree."
    assert "1 difference; 1 repaired." in Report(visits=2, runs=3, differences=1, repaired=1).in_words()
    assert "2 differences." in Report(visits=2, runs=3, differences=2).in_words()
