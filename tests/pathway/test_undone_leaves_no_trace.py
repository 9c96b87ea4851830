"""Whatever was just written down, and is then entered in error, leaves no trace: in totals, stations, or open work."""

from copy import deepcopy
from random import Random
from typing import Any

from models.actions import Action, Dispense, EnterInError, RecordEncounter
from models.catalogue import Resource
from models.command import accept
from models.orders import OrderKind
from models.staff import Person, Station
from models.visit import Visit
from tests.pathway.desk import Desk
from tests.pathway.moves import Walker
from tests.pathway.paper import WRITES

WALKS = 300


def traces(desk: Desk) -> dict[str, Any]:
    """What staff, the cashier and the clinic's own clocks go by."""
    visit = desk.visit
    owed = {
        id for (kind, id), row in desk.shelf.rows.items() if kind is Resource.OBLIGATION and row["status"] == "OPEN"
    }
    return {
        "money": (visit.total_amount, visit.balance, visit.payment_status, desk.shelf.charged),
        "stations": (visit.status, stations(visit), visit.referred_to, visit.referred_out),
        "orders": {comparable(order) for order in visit.open_orders if order.kind is not OrderKind.REVIEW},
        "awaited": {order.id for order in visit.awaited},
        "owed": (owed, visit.untold, visit.critical_results, visit.has_unread_results),
        "urgency": (visit.triage_category, visit.triage_colour, visit.triage_incomplete, visit.pending_retriage),
        "watched": visit.observe_until,
        "complaint": visit.chief_complaint,
    }


def stations(visit: Visit) -> set[Station]:
    """While a test is open a review may wait for it, or go on: the clinician sees the patient once, after the last."""
    is_tested = any(order.kind is OrderKind.LAB_REQUEST for order in visit.open_orders)
    return set(visit.waiting_at) - ({Station.CONSULTATION} if is_tested else set())


def comparable(order: Any) -> tuple[Any, ...]:
    return (order.id, order.kind, order.station, order.person_id, order.quantity, order.dispensed, order.charged)


def undoing(before: Visit, action: Action, record: Any) -> EnterInError | None:
    """What marks the record of an action, where one action made it whole."""
    if isinstance(action, Dispense):
        order = before.order(action.prescription_id)
        is_first = order is not None and order.dispensed == 0 and action.hands_out
        about = {"record": "DISPENSING", "record_id": record} if is_first else None
    else:
        written = WRITES.get(action.kind)
        about = {"record": written, "record_id": record} if written else None
    return EnterInError.model_validate({**about, "reason": "Of another patient"}) if about else None


class Undoing(Walker):
    """Each thing that was written down is also undone, on a copy of the desk."""

    def act(self, who: Person, action: Action) -> None:
        before, former = deepcopy(self.desk), self.desk.visit
        super().act(who, action)
        if self.desk.visit.version == former.version:
            return
        undo = undoing(former, action, self.ids[-1])
        if undo is None:
            return
        after = deepcopy(self.desk)
        command = after.command(who, undo)
        change = accept(after.current, command, after.shelf.known(command))
        after.shelf.keep(change, command.id)
        after.current = change.visit
        expected, found = traces(before), traces(after)
        if isinstance(action, RecordEncounter) and not former.seen:
            assert found["money"] == expected["money"]
            assert (
                Station.CONSULTATION in after.visit.waiting_at or after.visit.referred_to or not former.triage_category
            )
            return
        assert found == expected


def test_whatever_is_written_and_then_entered_in_error_leaves_no_trace() -> None:
    """On many walks whose ways chance decides; they are numbered: the same each time."""
    for number in range(WALKS):
        Undoing(Random(number)).walk()
