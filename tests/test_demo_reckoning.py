"""The demo's count: what the clinic says it did, held against what the services say they took."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from demo.answers import Body
from demo.chart import Chart
from demo.daybook import Daybook
from demo.journeys import journeys
from demo.reckoning import Line, Reckoning, repeated, since
from demo.report import counted
from demo.settling import outstanding

BEGAN = datetime(2026, 11, 22, 9, tzinfo=UTC)


def effect(kind: str, key: str, minute: int = 1, **more: Any) -> Body:
    """One entry of a ledger, so many minutes after the beginning."""
    at = (BEGAN + timedelta(minutes=minute)).isoformat()
    return {"at": at, "kind": kind, "key": key, "number": "", "intent": key, "details": {}, **more}


def chart_of(number: int, **changed: Any) -> Chart:
    journey = journeys(number + 1, 5, date(2026, 11, 22))[number]
    return Chart(journey, uuid4(), str(uuid4()), f"OP{number:05d}", **changed)


def claim(chart: Chart, status: str, **changed: Any) -> Body:
    form = {"visit_id": str(chart.visit_id), "status": status, "gateway": "sha", "number": "CLM1"}
    return {**form, "payer_reference": "INV/1", "submitted_at": BEGAN.isoformat(), **changed}


def claimed(status: str, **changed: Any) -> Daybook:
    """The book of one patient whose payer was invoiced."""
    daybook, chart = Daybook(), chart_of(0, is_claimed=True)
    daybook.open(chart)
    daybook.note_claims([claim(chart, status, **changed)])
    return daybook


def test_what_stood_in_the_ledger_before_does_not_count() -> None:
    before = [effect("claim", "INV/0", minute=0), effect("claim", "INV/1", minute=1)]
    assert since(before, [*before, effect("claim", "INV/2", minute=2)]) == [effect("claim", "INV/2", minute=2)]


def test_a_ledger_that_has_forgotten_its_oldest_entries_is_read_from_where_it_stood() -> None:
    before = [effect("claim", "INV/0", minute=0), effect("claim", "INV/1", minute=1)]
    assert [entry["key"] for entry in since(before, [before[1], effect("claim", "INV/2", minute=2)])] == ["INV/2"]


def test_an_effect_that_comes_again_is_a_duplicate_also_of_one_before_the_walk() -> None:
    before = [effect("message", "a", minute=0)]
    news = [effect("message", "b"), effect("message", "b"), effect("message", "a"), effect("report", "a")]
    assert repeated(before, news) == 2
    assert repeated([], news[:1]) == 0


def test_telling_a_service_again_where_to_call_is_no_duplicate() -> None:
    told = [effect("registration", "600100"), effect("registration", "600100"), effect("endpoint", "claim")]
    assert repeated([effect("endpoint", "claim", minute=0)], told) == 0


def test_a_claim_is_found_in_the_ledger_by_the_payers_name_for_it_or_by_ours() -> None:
    daybook = claimed("PAID")
    for key in ("INV/1", "CLM1"):
        (line,) = Reckoning.of(daybook, {}, {"sha": [effect("claim", key)]}).lines
        assert (line.clinic, line.service, line.duplicates, line.is_right) == (1, 1, 0, True)


def test_a_claim_that_the_payer_has_not_is_missed() -> None:
    reckoning = Reckoning.of(claimed("SUBMITTED"), {}, {"sha": [effect("claim", "INV/9")]})
    assert not reckoning.is_right
    assert reckoning.missing == ["1 of 1 claims handed in to SHA"]


def test_a_claim_handed_in_twice_is_a_duplicate() -> None:
    reckoning = Reckoning.of(claimed("PAID"), {}, {"sha": [effect("claim", "INV/1"), effect("claim", "INV/1", 2)]})
    assert reckoning.duplicates == 1
    assert not reckoning.is_right


def test_a_duplicate_at_a_payer_shows_although_no_claim_of_ours_went_there() -> None:
    twice = [effect("claim", "X", 1), effect("claim", "X", 2)]
    assert Reckoning.of(Daybook(), {}, {"slade": twice}).duplicates == 1


def test_paper_has_no_ledger_and_is_counted_all_the_same() -> None:
    reckoning = Reckoning.of(claimed("PAID", gateway="manual"), {}, {"sha": []})
    assert reckoning.lines == (Line("claims handed in on paper", 1),)
    assert reckoning.is_right


def test_payments_are_found_by_their_receipts() -> None:
    daybook = Daybook()
    daybook.open(chart_of(0, receipts=["SKJ1", "ws_CO_2"]))
    paid = [effect("payment", "ws_CO_1", number="SKJ1"), effect("payment", "ws_CO_2", number="SKJ2")]
    pushed = [effect("push", "ws_CO_3")]
    (line,) = Reckoning.of(daybook, {}, {"mpesa": paid + pushed}).lines
    assert (line.clinic, line.service) == (2, 2)
    (line,) = Reckoning.of(daybook, {}, {"mpesa": paid[:1] + pushed}).lines
    assert (line.clinic, line.service) == (2, 1)


def test_messages_are_found_by_those_whom_they_reached() -> None:
    daybook = Daybook()
    charts = [chart_of(number, is_asked_back=True, is_discharged=True) for number in range(3)]
    for chart in charts:
        daybook.open(chart)
    people = [chart.journey.person for chart in charts]
    texts = [effect("message", person.phone_number, details={"phone": person.phone_number}) for person in people]
    letters = [effect("letter", person.email, details={"to": person.email}) for person in people if person.email]
    texted, mailed = Reckoning.of(daybook, {}, {"sms": texts, "smtp": letters}).lines
    assert (texted.clinic, texted.service) == (3, 3)
    assert (mailed.clinic, mailed.service) == (1, 1)
    texted, mailed = Reckoning.of(daybook, {}, {"sms": texts[1:], "smtp": []}).lines
    assert (texted.clinic, texted.service, mailed.clinic, mailed.service) == (3, 2, 1, 0)


def test_claims_of_other_visits_are_left_alone() -> None:
    daybook = claimed("PAID")
    assert daybook.note_claims([claim(chart_of(1), "REJECTED")]) == 0
    assert daybook.settled == {"PAID": 1}


def test_what_is_waited_for_is_said_and_ends_with_the_claims() -> None:
    nothing = Reckoning(())
    daybook = claimed("QUEUED")
    assert outstanding(daybook, nothing) == ["1 claim (1 queued)"]
    daybook.open(chart_of(1, is_claimed=True))
    daybook.open(chart_of(2))
    assert outstanding(daybook, nothing) == ["2 claims (1 new, 1 queued)"]
    assert outstanding(claimed("REJECTED"), nothing) == ["1 claim (1 rejected)"]
    for end in ("PAID", "CLOSED", "TIME_BARRED"):
        assert outstanding(claimed(end), nothing) == []


def test_messages_that_have_not_gone_out_are_waited_for() -> None:
    late = Reckoning((Line("patients reminded by SMS", 3, 1), Line("claims handed in on paper", 2)))
    assert outstanding(Daybook(), late) == ["2 of 3 patients reminded by SMS"]


def test_counts_are_said_with_the_most_frequent_first() -> None:
    assert counted({"CLOSED": 1, "PAID": 3, "TIME_BARRED": 1}) == "3 paid, 1 closed, 1 time barred"
    assert counted({}) == "none"
