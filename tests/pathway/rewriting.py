"""A record was entered in error: the clerk copies the notes anew, without the lines about it, and compares."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.orders import OrderKind
from models.staff import Person, Station
from models.visit import Visit
from tests.pathway.paper import Line, Paper, Work

SOME_REVIEW = UUID(int=99)
"""How a review is called in the copy, until it is known what it is called."""

FINAL = ("COMPLETED", "CORRECTED")
ABOUT_MONEY = frozenset(
    {
        "take_deposit",
        "quote_service",
        "request_waiver",
        "decide_waiver",
        "expire_waiver",
        "request_refund",
        "decide_refund",
        "pay_out_refund",
        "break_glass",
        "review_break_glass",
        "hear_cover",
    }
)
"""Lines that need no copy: what they mean stays."""


def rewritten(paper: Paper, line: Line, visit: Visit) -> Paper:
    """The notes with `line`, which marks a record, as its last; `visit`: as it stands, for names that the clerk cannot
    know (of a review, and who has the patient now)."""
    record, about = line.action.record, line.action.record_id
    fresh = Paper(marked={*paper.marked, about}, writers=paper.writers, kinds=paper.kinds, handed_on=paper.handed_on)
    fresh.farewells, fresh.nights = paper.farewells, 0
    fresh.whose, fresh.people, fresh.is_copy = paper.people[0] if paper.people else None, paper.people, True
    struck = [one for one in paper.lines if is_about(one, record, about)]
    kept = [one for one in paper.lines if one not in struck]
    fresh.lines = [*kept, line]
    was_owed = {*paper.untold}
    for one in kept:
        copy(fresh, one)
    fresh.lines[-1] = line = replace(
        line, sends_back=paper.kinds.get(about) == "record_encounter" and not fresh.written
    )
    copy(fresh, line)
    fresh.accepted, fresh.now, fresh.is_copy = paper.accepted + 1, line.now, False
    fresh.paid, fresh.covered, fresh.moneys, fresh.phoned = paper.paid, paper.covered, paper.moneys, paper.phoned
    fresh.unasked, fresh.taken_back = paper.unasked, paper.taken_back + max(paper.total - fresh.total, Decimal(0))
    fresh.withdrawn, fresh.shelf = paper.withdrawn, paper.shelf
    put_back(fresh, struck)
    keep_the_money(fresh, paper)
    fresh.clinician, fresh.handed_over = visit.provider_id, None
    if paper.kinds.get(about) != "record_triage":
        fresh.came_back = paper.came_back
    name_review(fresh, visit)
    fresh.reckon()
    fresh.slips = {station: slip for station, slip in paper.slips.items() if station in fresh.waits}
    owed_now = [test for id, test in fresh.untold.items() if id not in was_owed]
    assert owed_now == [about for _ in owed_now], "only who was told of this very result hears that it was wrong"
    assert bool(owed_now) == was_told(paper, line), "who has left with a wrong result hears that it was wrong"
    return fresh


def keep_the_money(fresh: Paper, paper: Paper) -> None:
    """What was asked for, decided and paid stays; only the bill is another. Nobody knows the price of work that waits
    again until it is quoted anew."""
    fresh.first, fresh.fee, fresh.glasses = paper.first, paper.fee, paper.glasses
    charged_instead = {
        id for id in fresh.charged if paper.kinds.get(id) == "record_encounter" and id not in paper.charged
    }
    fresh.behind = paper.behind | (charged_instead if fresh.marked & paper.behind else set())
    fresh.deposited, fresh.deposits, fresh.refunded = paper.deposited, paper.deposits, paper.refunded
    fresh.waivers, fresh.waived_then, fresh.refunds = paper.waivers, paper.waived_then, paper.refunds
    fresh.quoted = {id: price for id, price in paper.quoted.items() if id in {**paper.work, **paper.taken_along}}


def put_back(fresh: Paper, struck: list[Line]) -> None:
    """What was handed out is on the shelf again, each piece where it came from."""
    for line in struck:
        for (drug, batch), pieces in line.taken.items():
            fresh.shelf[drug][batch] += pieces


def is_about(line: Line, record: str, about: UUID) -> bool:
    """Whether the line would not have been written without that record."""
    action: Any = line.action
    if action.kind == "enter_in_error":
        return False
    if record == "DISPENSING":
        return line.id == about
    named = ("lab_request_id", "order_id", "prescription_id", "referral_id")
    return line.id == about or any(getattr(action, name, None) == about for name in named)


def copy(fresh: Paper, line: Line) -> None:
    fresh.now = line.now
    if line.action.kind in ABOUT_MONEY:
        return
    if line.action.kind == "confirm_retriage" and (fresh.lower is None or fresh.lower_look != line.looked):
        fresh.encounters.add(line.id)
        return
    fresh.write(replace(line, review=line.review or SOME_REVIEW))
    if line.action.kind == "enter_in_error":
        fresh.called = fresh.called and not line.sends_back
        learn_of_the_error(fresh, line)


def learn_of_the_error(fresh: Paper, line: Line) -> None:
    """A clinician who had read the result hears of it."""
    if line.final is None or fresh.ended:
        return
    answered, by = line.final
    if line.told or any(answered < seen <= line.now for seen in fresh.seen_at):
        fresh.unread = True
        if not (fresh.working("LAB_REQUEST") or fresh.working("REVIEW")):
            fresh.work[SOME_REVIEW] = review_for(by)


def review_for(by: UUID) -> Work:
    return Work("REVIEW", Station.CONSULTATION, by)


def was_told(paper: Paper, line: Line) -> bool:
    """Whether the patient has left with a final result that nobody owes them any more."""
    return bool(paper.ended and line.final and line.action.record_id not in paper.untold.values())


def name_review(fresh: Paper, visit: Visit) -> None:
    """While tests are open, a review that was open may stay open: then it is as the visit has it."""
    actual = next((order for order in visit.open_orders if order.kind is OrderKind.REVIEW), None)
    noted = fresh.working("REVIEW")
    if fresh.unread and fresh.working("LAB_REQUEST"):
        noted = noted if actual else []
        if actual and not noted:
            fresh.work[actual.id] = review_for(actual.person_id)
    for id in fresh.working("REVIEW"):
        work = fresh.work.pop(id)
        if id in noted and actual:
            assert actual.person_id in {test.by for test in fresh.tests.values()} | {
                kept.final[1] for kept in fresh.lines if kept.final
            }
            fresh.work[actual.id] = Work(work.kind, work.station, actual.person_id)
        elif actual and id == actual.id:
            fresh.work[id] = work


def line_of(paper: Paper, action: Any, actor: Person, id: UUID, now: datetime, owed: dict[UUID, UUID]) -> Line:
    """The line that marks a record; about a test, when its final result came and who had asked for it."""
    final = None
    if action.record == "LAB_REQUEST" and paper.tests[action.record_id].status in FINAL:
        reports = ("report_lab_test", "correct_lab_result")
        reported = [one for one in paper.lines if one.action.kind in reports]
        came = [one.now for one in reported if one.action.lab_request_id == action.record_id]
        final = (came[-1], paper.tests[action.record_id].by)
    told = paper.told.get(action.record_id)
    is_known = bool(told and final and told >= final[0])
    return Line(action, actor, id, now, None, owed, None, final=final, told=told if is_known else None)
