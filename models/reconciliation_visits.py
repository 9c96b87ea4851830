"""One visit held against everything that was written beside it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.base import NOTHING, Value
from models.orders import Order, OrderKind
from models.reconciliation import Code, Finding, money
from models.visit import Visit

LEDGER: dict[str, tuple[Code, str]] = {
    "total_amount": (Code.LEDGER_BILLED, "the lines of the bill"),
    "amount_paid": (Code.LEDGER_PAID, "the payments that came in"),
    "amount_pending": (Code.LEDGER_PENDING, "the payments that wait for M-Pesa"),
    "amount_covered": (Code.LEDGER_COVERED, "the invoices that hold"),
    "amount_waived": (Code.LEDGER_WAIVED, "what counts of the waivers"),
    "amount_refunded": (Code.LEDGER_REFUNDED, "the refunds that were paid out"),
    "amount_deposited": (Code.LEDGER_DEPOSITED, "the deposits that came in"),
}
"""Each sum that a visit keeps, and what makes it up."""

DERIVED: dict[str, Code] = {
    "status": Code.VISIT_STATUS,
    "triage_colour": Code.VISIT_COLOUR,
    "payment_status": Code.VISIT_PAYMENT_STATUS,
}
"""What follows from a visit's facts, and is kept beside them."""


class Beside(Value):
    """What the other tables say of a visit. `sums`: by the names of LEDGER, in KES. `commands`: those that were done.

    `entries`, `last_seq`, `last_hash`: of its audit chain.
    """

    sums: dict[str, Decimal]
    commands: int
    entries: int
    last_seq: int
    last_hash: str


class OpenRow(Value):
    """A row that says that something is still to be done for a visit: of which kind, and how far it is; `amount`: of
    money that is asked for, in KES."""

    kind: str
    id: UUID
    quantity: int = 0
    dispensed: int = 0
    amount: Decimal = NOTHING


CRITICAL, TO_TELL, DRUGS, OWED = "CRITICAL_RESULT", "RESULT_TO_TELL", "DRUGS_OWED", "OWED_PRESCRIPTION"
WAIVER, REFUND, PAY_OUT, REVIEW = "WAIVER", "REFUND", "REFUND_TO_PAY_OUT", "OPENED_GATE"


class VisitAccounts(Value):
    """A visit, its row's place in the queues, and all that stands beside it."""

    visit: Visit
    waiting_at: tuple[str, ...]
    beside: Beside
    open_rows: tuple[OpenRow, ...] = ()


def visit_findings(accounts: VisitAccounts) -> Iterator[Finding]:
    yield from derived_findings(accounts)
    yield from ledger_findings(accounts)
    yield from order_findings(accounts)
    yield from history_findings(accounts)


def finding(visit: Visit, code: Code, words: str, **facts: Any) -> Finding:
    values = {"subject": "VISIT", "subject_id": visit.id, "visit_id": visit.id, "since": visit.updated_at, **facts}
    return Finding.model_validate(
        {"code": code, "facility_id": visit.facility_id, "words": f"{visit.op_number}: {words}", **values}
    )


def derived_findings(accounts: VisitAccounts) -> Iterator[Finding]:
    """Status, queues and the rest, derived again from the facts that they follow from."""
    visit = accounts.visit
    again = visit.settled(visit.updated_at)
    for name, code in DERIVED.items():
        kept, follows = getattr(visit, name), getattr(again, name)
        if kept != follows:
            yield finding(visit, code, f"{name} is {kept}, and by its facts {follows}.")
    places = (accounts.waiting_at, visit.waiting_at, again.waiting_at)
    if len({tuple(map(str, place)) for place in places}) > 1:
        queues, row, facts = (", ".join(place) or "nowhere" for place in places)
        words = f"waits at {queues} by the queues, at {row} by its own row, and at {facts} by its facts."
        yield finding(visit, Code.VISIT_QUEUE, words)


def ledger_findings(accounts: VisitAccounts) -> Iterator[Finding]:
    for name, (code, made_of) in LEDGER.items():
        kept, summed = getattr(accounts.visit, name), accounts.beside.sums.get(name, NOTHING)
        if kept != summed:
            yield finding(accounts.visit, code, f"{name} is {money(kept)}, and {made_of} come to {money(summed)}.")


def history_findings(accounts: VisitAccounts) -> Iterator[Finding]:
    visit, beside = accounts.visit, accounts.beside
    if visit.version != beside.commands:
        words = f"is at version {visit.version}, and {beside.commands} commands were done on it."
        yield finding(visit, Code.VISIT_VERSION, words)
    ends = (beside.last_seq, beside.last_hash)
    if beside.entries != visit.audit_length or ends != (visit.audit_length, visit.audit_head):
        words = f"its audit has {beside.entries} entries and ends at {beside.last_seq}, by its row {visit.audit_length}"
        yield finding(visit, Code.VISIT_AUDIT, f"{words}; or the last is another one.")


def order_findings(accounts: VisitAccounts) -> Iterator[Finding]:
    """What the visit knows to be open is open in its own row too, and the other way round."""
    visit = accounts.visit
    known = {(one.kind, one.id): one for one in known_open(visit)}
    rows = {(one.kind, one.id): one for one in accounts.open_rows}
    for kind, id in in_order(rows.keys() - known.keys()):
        yield finding(
            visit, Code.ORDER_UNKNOWN, f"{said(kind)} {id} is open, and the visit does not know.", **of(kind, id)
        )
    for kind, id in in_order(known.keys() - rows.keys()):
        yield finding(visit, Code.ORDER_GONE, f"waits for {said(kind)} {id}, which is not open.", **of(kind, id))
    for kind, id in in_order(known.keys() & rows.keys()):
        one, other = known[kind, id], rows[kind, id]
        if one != other:
            words = f"{said(kind)} {id}: {how_far(one)} by the visit, {how_far(other)} by its row."
            yield finding(visit, Code.ORDER_PIECES, words, **of(kind, id))


def known_open(visit: Visit) -> Iterator[OpenRow]:
    """What a visit says is still to be done, as the rows of the other tables would say it. Reviews have no row."""
    for order in (*visit.open_orders, *visit.awaited):
        if order.kind is not OrderKind.REVIEW:
            yield open_row(str(order.kind), order)
    yield from (OpenRow(kind=str(OrderKind.REFERRAL), id=id) for id in visit.referred_out)
    yield from (OpenRow(kind=CRITICAL, id=id) for id in visit.critical_results)
    yield from (OpenRow(kind=TO_TELL, id=one.obligation_id) for one in visit.untold)
    for owed in visit.owed_drugs:
        yield open_row(OWED, owed.order)
        yield OpenRow(kind=DRUGS, id=owed.obligation_id, quantity=owed.pieces)
    yield from requests_of(visit)


def requests_of(visit: Visit) -> Iterator[OpenRow]:
    """What waits for a supervisor, or to be paid out."""
    if asked := visit.pending_waiver:
        yield OpenRow(kind=WAIVER, id=asked.id, amount=asked.amount)
    if asked := visit.refund:
        yield OpenRow(kind=PAY_OUT if asked.is_approved else REFUND, id=asked.id, amount=asked.amount)
    yield from (OpenRow(kind=REVIEW, id=one.id) for one in visit.bypasses if one.id and not one.settled_at)


def open_row(kind: str, order: Order) -> OpenRow:
    return OpenRow(kind=kind, id=order.id, quantity=order.quantity, dispensed=order.dispensed)


def in_order(keys: set[tuple[str, UUID]]) -> list[tuple[str, UUID]]:
    return sorted(keys)


def of(kind: str, id: UUID) -> dict[str, Any]:
    return {"subject": kind, "subject_id": id}


def how_far(row: OpenRow) -> str:
    return money(row.amount) if row.amount else f"{row.dispensed} of {row.quantity} pieces"


def said(kind: str) -> str:
    return kind.lower().replace("_", " ")
