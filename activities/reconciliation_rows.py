"""The clinic's rows held against each other, as they stood at one moment."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from activities.records import visit_of
from integrations.database import Connection
from models.reconciliation import Code, Finding
from models.reconciliation_clocks import standing_findings
from models.reconciliation_gates import Line, gate_findings
from models.reconciliation_lines import Batch, Chain, chain_finding, shelf_finding
from models.reconciliation_visits import LEDGER, Beside, OpenRow, VisitAccounts, visit_findings

PAGE = 500
FIRST = UUID(int=0)
VISITS = """
    select * from visits where id > %(after)s and (%(everything)s or completed_at is null or updated_at > %(lately)s
        or id = any(%(before)s))
    order by id limit %(page)s
"""
BESIDE = """
    select v.id,
        (select coalesce(sum(c.amount), 0) from charges c where c.visit_id = v.id and c.taken_back_by is null)
            as total_amount,
        (select coalesce(sum(p.amount), 0) from payments p where p.visit_id = v.id and p.status = 'COMPLETED')
            as amount_paid,
        (select coalesce(sum(p.amount), 0) from payments p where p.visit_id = v.id and p.status = 'PENDING')
            as amount_pending,
        (select coalesce(sum(i.amount_charged), 0) from sha_invoices i
            where i.visit_id = v.id and i.status <> 'CANCELLED')
        + (select coalesce(sum(i.amount_charged), 0) from insurer_invoices i
            where i.visit_id = v.id and i.status <> 'CANCELLED') as amount_covered,
        (select coalesce(sum(w.amount_counted), 0) from waivers w where w.visit_id = v.id) as amount_waived,
        (select coalesce(sum(r.amount), 0) from refunds r where r.visit_id = v.id and r.status = 'PAID')
            as amount_refunded,
        (select coalesce(sum(p.amount), 0) from payments p
            where p.visit_id = v.id and p.status = 'COMPLETED' and p.purpose = 'DEPOSIT') as amount_deposited,
        (select count(*) from commands c where c.visit_id = v.id and c.status = 'DONE') as commands,
        (select count(*) from audit_logs a where a.chain = 'visit:' || v.id) as entries,
        coalesce(last.seq, 0) as last_seq, coalesce(last.hash, '') as last_hash
    from visits v left join lateral (
        select a.seq, a.hash from audit_logs a where a.chain = 'visit:' || v.id order by a.seq desc limit 1
    ) last on true where v.id = any(%s)
"""
OPEN_ROWS = """
    select visit_id, 'LAB_REQUEST' as kind, id, 0 as quantity, 0 as dispensed, 0.00 as amount from lab_requests
        where visit_id = any(%(ids)s) and status in ('PENDING', 'PRELIMINARY')
    union all select visit_id, case when status = 'OWED' then 'OWED_PRESCRIPTION' else 'PRESCRIPTION' end, id,
        quantity, quantity_dispensed, 0 from prescriptions
        where visit_id = any(%(ids)s) and status in ('PENDING', 'PARTIALLY_DISPENSED', 'OUT_OF_STOCK', 'OWED')
    union all select visit_id, 'REFERRAL', id, 0, 0, 0 from referrals
        where visit_id = any(%(ids)s) and status = 'PENDING'
    union all select visit_id, 'CRITICAL_RESULT', id, 0, 0, 0 from lab_requests
        where visit_id = any(%(ids)s) and critical_since is not null and acknowledged_at is null
    union all select visit_id, kind, id, coalesce(quantity, 0), 0, 0 from obligations
        where visit_id = any(%(ids)s) and status = 'OPEN' and kind in ('RESULT_TO_TELL', 'DRUGS_OWED')
    union all select visit_id, 'WAIVER', id, 0, 0, amount from waivers
        where visit_id = any(%(ids)s) and status = 'PENDING'
    union all select visit_id, case when status = 'APPROVED' then 'REFUND_TO_PAY_OUT' else 'REFUND' end, id, 0, 0,
        amount from refunds where visit_id = any(%(ids)s) and status in ('PENDING', 'APPROVED')
    union all select visit_id, 'OPENED_GATE', id, 0, 0, 0 from break_glasses
        where visit_id = any(%(ids)s) and status = 'PENDING'
"""
BILL = "select visit_id, id, order_id, amount from charges where visit_id = any(%s) and taken_back_by is null"
SHELF = """
    select b.id, b.facility_id, b.code || ' ' || b.batch_number as named, b.on_hand, coalesce(m.moved, 0) as moved
    from stock_batches b
    left join (select batch_id, sum(quantity) as moved from stock_movements group by batch_id) m on m.batch_id = b.id
    where b.on_hand <> coalesce(m.moved, 0) order by b.id
"""
CHAINS = """
    select c.facility_id, c.chain, c.length, c.head,
        (select count(*) from audit_logs a where a.chain = c.chain) as entries,
        (select a.hash from audit_logs a where a.chain = c.chain order by a.seq desc limit 1) as last
    from audit_chains c order by c.chain
"""
SUMS = tuple(LEDGER)


class Rows:
    """`db`: a connection in one snapshot. `lately`: visits that moved since; `before`: those that differed before."""

    def __init__(self, db: Connection, lately: datetime, before: Iterable[UUID], *, everything: bool) -> None:
        self.db = db
        self.given = {"everything": everything, "lately": lately, "before": list(before), "page": PAGE}
        self.visits = 0

    async def findings(self) -> AsyncIterator[Finding]:
        async for page in self.pages():
            for one in await self.of_visits(page):
                yield one
        for row in await self.all(SHELF):
            yield shelf_finding(Batch.model_validate(row))
        for row in await self.all(CHAINS):
            chain = Chain.model_validate(row)
            if not chain.is_whole:
                yield chain_finding(chain)

    async def pages(self) -> AsyncIterator[list[dict[str, Any]]]:
        after = FIRST
        while page := await self.all(VISITS, {**self.given, "after": after}):
            self.visits += len(page)
            yield page
            after = page[-1]["id"]

    async def of_visits(self, page: list[dict[str, Any]]) -> list[Finding]:
        ids = [row["id"] for row in page]
        beside = {row["id"]: row for row in await self.all(BESIDE, (ids,))}
        open_rows: dict[UUID, list[OpenRow]] = {id: [] for id in ids}
        for row in await self.all(OPEN_ROWS, {"ids": ids}):
            open_rows[row.pop("visit_id")].append(OpenRow.model_validate(row))
        bills = await self.bills([row["id"] for row in page if row["paid_first"]])
        return [
            one
            for row in page
            for one in of_visit(row, beside[row["id"]], open_rows[row["id"]], bills.get(row["id"], []))
        ]

    async def bills(self, ids: list[UUID]) -> dict[UUID, list[Line]]:
        """Of those that pay something first."""
        found: dict[UUID, list[Line]] = {id: [] for id in ids}
        for row in await self.all(BILL, (ids,)) if ids else ():
            found[row.pop("visit_id")].append(Line.model_validate(row))
        return found

    async def all(self, text: str, given: Any = None) -> list[dict[str, Any]]:
        return await (await self.db.execute(text, given)).fetchall()


def of_visit(row: dict[str, Any], beside: dict[str, Any], open_rows: list[OpenRow], bill: list[Line]) -> list[Finding]:
    try:
        accounts = VisitAccounts(
            visit=visit_of(row),
            waiting_at=tuple(row["waiting_at"]),
            beside=beside_of(beside),
            open_rows=tuple(open_rows),
        )
    except ValidationError:
        return [unreadable(row)]
    visit = accounts.visit
    return [*visit_findings(accounts), *standing_findings(visit), *gate_findings(visit, tuple(bill))]


def beside_of(row: dict[str, Any]) -> Beside:
    counted = {name: row[name] for name in ("commands", "entries", "last_seq", "last_hash")}
    return Beside(sums={name: row[name] for name in SUMS}, **counted)


def unreadable(row: dict[str, Any]) -> Finding:
    return Finding(
        code=Code.VISIT_UNREADABLE,
        facility_id=row["facility_id"],
        subject="VISIT",
        subject_id=row["id"],
        visit_id=row["id"],
        words=f"{row['op_number']}: its row says what no visit can be.",
        since=row["updated_at"],
    )
