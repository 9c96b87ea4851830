"""What is undone when something at the pharmacy's counter was written down in error: one occasion, the last first.

The pieces go back to the batches that they came from. The prescription is again what it was before the occasion: it
waits, or its rest is owed. Where the visit has ended and nothing was owed before, nobody pays for what was not given.
"""

from typing import Any, NamedTuple

from models.actions import owed_drugs
from models.actions.base import Case, Change, Charge, Row
from models.actions.obligations import closed, owed_again
from models.base import NOTHING
from models.catalogue import BillLine, Resource
from models.medication_words import DispenseStatus, request_status
from models.orders import Order, OrderKind, OwedDrug
from models.problems import AlreadyDone, Missing, OutstandingWork
from models.staff import Role, Station
from models.stock import Picked, StockMove, put_back
from models.visit import Visit

Marks = dict[str, Any]


class Before(NamedTuple):
    """A prescription as it was before the occasion: `dispensed`, pieces that had been handed out of it; `debt`, the
    last obligation, where its rest was owed."""

    row: dict[str, Any]
    line: BillLine
    dispensed: int
    earlier: list[dict[str, Any]]
    debt: dict[str, Any] | None
    pays_first: bool

    @property
    def order(self) -> Order:
        return Order(
            id=self.row["id"],
            kind=OrderKind.PRESCRIPTION,
            station=Station.PHARMACY,
            since=self.row["recorded_at"],
            person_id=self.row["recorded_by"],
            quantity=self.row["quantity"],
            dispensed=self.dispensed,
            charged=self.line.unit_price * self.row["quantity"],
            pays_first=self.pays_first,
        )

    @property
    def waiting(self) -> str:
        """Its status at the counter."""
        if self.earlier and self.earlier[-1]["status"] == DispenseStatus.ON_HOLD:
            return "OUT_OF_STOCK"
        return "PARTIALLY_DISPENSED" if self.dispensed else "PENDING"


def dispensing(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    """`row`: the occasion."""
    before = known_before(case, row)
    reason = marks["entered_in_error_reason"]
    if before.debt:
        change, status = owed_as_before(case, before, before.debt, reason), "OWED"
    else:
        change, status = owed_no_more(case, before, reason), "CANCELLED" if case.visit.is_over else before.waiting
    marked = {**marks, "status": DispenseStatus.ENTERED_IN_ERROR}
    occasion = Row(resource=Resource.MEDICATION_DISPENSE, id=row["id"], values=marked, former=row)
    again = Row(resource=Resource.PRESCRIPTION, id=before.row["id"], values=stored(before, status), former=before.row)
    change = change.model_copy(
        update={
            "rows": (occasion, again, *change.rows),
            "moves": returned(row, reason),
            "unserved": (row["id"],),
        }
    )
    order = before.order
    return charged_as(case, change, before, order.quantity if status != "CANCELLED" else before.dispensed)


def known_before(case: Case, row: dict[str, Any]) -> Before:
    records, id = case.known.records, row["prescription_id"]
    prescription = next(one for one in records.all(Resource.PRESCRIPTION) if one["id"] == id)
    if prescription["entered_in_error_at"]:
        raise AlreadyDone("The prescription is marked as entered in error; nothing on it counts any more.")
    *earlier, last = (one for one in records.standing(Resource.MEDICATION_DISPENSE) if one["prescription_id"] == id)
    if last["id"] != row["id"]:
        raise OutstandingWork(
            "More was done at the counter on this prescription afterwards. Mark the last occasion first.",
            missing=[Missing(what=f"the dispensing {last['id']}", roles=(Role.PHARMACIST,))],
        )
    ended = [case.visit.ending.command_id] if case.visit.ending else []
    taken_on = {owed_drugs.made_by(made, id) for made in (*(one["id"] for one in earlier), *ended)}
    debts = [one for one in records.all(Resource.OBLIGATION) if one["prescription_id"] == id]
    was_owed = any(one["id"] in taken_on for one in debts)
    dispensed = prescription["quantity_dispensed"] - (0 if row["was_substituted"] else row["quantity"])
    debt = debts[-1] if was_owed else None
    return Before(prescription, records.lines[id], dispensed, earlier, debt, id in case.visit.paid_first)


def owed_as_before(case: Case, before: Before, debt: dict[str, Any], reason: str) -> Change:
    """The rest is owed: still, or once more, where the occasion had settled it."""
    if case.visit.owed_drug(before.order.id):
        return owed_drugs.owing(case, case.visit, before.order)
    pieces = before.order.quantity - before.dispensed
    row = owed_again(case, debt, quantity=pieces)
    again = owed_drugs.begun(case.visit, OwedDrug(obligation_id=row.id, order=before.order), row)
    return again.model_copy(update={"rows": (closed(case, debt["id"], "CANCELLED", reason, debt), *again.rows)})


def owed_no_more(case: Case, before: Before, reason: str) -> Change:
    """It waits at the counter; after the visit nobody waits for it, unless the end is undone that had cancelled it."""
    order, debt = before.order, case.visit.owed_drug(before.order.id)
    change = owed_drugs.settled(case, case.visit, debt, reason, "CANCELLED") if debt else Change(visit=case.visit)
    visit = change.visit
    after = coming_back(visit, order) if visit.is_over else visit.closing(order.id).opening(order)
    return change.model_copy(update={"visit": after})


def coming_back(visit: Visit, order: Order) -> Visit:
    if visit.ending is None:
        return visit
    orders = tuple(order if one.id == order.id else one for one in visit.ending.orders)
    return visit.having(ending=visit.ending.model_copy(update={"orders": orders}))


def stored(before: Before, status: str) -> dict[str, Any]:
    """The prescription's row, as the occasions say that are left."""
    given = [one for one in before.earlier if one["quantity"]]
    last = given[-1] if given else {}
    return {
        "status": status,
        "request_status": request_status(status, before.dispensed),
        "quantity_dispensed": before.dispensed,
        "dispensed_at": last.get("recorded_at"),
        "dispensed_by": last.get("recorded_by"),
        "dispensing_notes": before.earlier[-1]["notes"] if before.earlier else "",
        "substituted_by": None,
    }


def returned(row: dict[str, Any], reason: str) -> tuple[StockMove, ...]:
    picked = [Picked.model_validate(one) for one in row["batches"]]
    return put_back(picked, row["medication_name"], row["prescription_id"], reason)


def charged_as(case: Case, change: Change, before: Before, pieces: int) -> Change:
    """The bill with so many pieces of the drug that was prescribed, and nothing else of the prescription."""
    id, line = before.row["id"], before.line
    now, then = case.known.records.charges.get(id, NOTHING), line.unit_price * pieces
    if now == then:
        return change
    charge = Charge(**line.model_dump(), quantity=pieces, order_id=id)
    charges = (charge,) if pieces else ()
    return change.model_copy(
        update={
            "visit": change.visit.charging(then - now, is_first=before.order.pays_first),
            "uncharged": (id,),
            "charges": charges,
        }
    )
