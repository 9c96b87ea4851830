"""Money over HTTP: deposits, waivers, refunds, gates; and the sum that must always be right."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx2
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import Walk
from workflows import approval

CASHIER, OFFICER, SUPERVISOR, ADMIN = Role.CASHIER, Role.CLINICAL_OFFICER, Role.SUPERVISOR, Role.ADMIN
Run = WorkflowHandle[Any, Any]
Shown = dict[str, Any]
PARTS = ("total", "held", "paid", "refunded", "waived", "covered", "owed", "deposited")


@dataclass
class Purse:
    clinic: WholeClinic
    walk: Walk

    async def asks(
        self, who: Role | str, visit: Shown, kind: str, key: UUID | str | None = None, **form: Any
    ) -> httpx2.Response:
        """One action, whatever comes of it."""
        return await self.walk.does(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form}, key)

    async def acts(self, who: Role | str, visit: Shown, kind: str, **form: Any) -> Shown:
        return await self.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    async def deposits(self, visit: Shown, amount: str) -> Shown:
        return await self.acts(CASHIER, visit, "take_deposit", amount=amount, payment_type="CASH")

    async def asks_waiver(self, visit: Shown, amount: str, who: Role = CASHIER) -> str:
        return str((await self.acts(who, visit, "request_waiver", amount=amount, reason="Cannot pay"))["id"])

    async def decides_waiver(self, visit: Shown, waiver: str, **form: Any) -> httpx2.Response:
        form = {"approved": True, "reason": "Known to us", **form}
        return await self.asks(SUPERVISOR, visit, "decide_waiver", waiver_id=waiver, **form)

    async def asks_refund(self, visit: Shown, amount: str) -> str:
        return str((await self.acts(CASHIER, visit, "request_refund", amount=amount, reason="Test not done"))["id"])

    async def decides_refund(self, visit: Shown, refund: str, **form: Any) -> httpx2.Response:
        form = {"approved": True, "reason": "It is so", **form}
        return await self.asks(SUPERVISOR, visit, "decide_refund", refund_id=refund, **form)

    async def pays_out(self, visit: Shown, refund: str, key: UUID | str | None = None) -> httpx2.Response:
        return await self.asks(CASHIER, visit, "pay_out_refund", key, refund_id=refund, payment_type="CASH")

    async def reports(self, test: Shown) -> httpx2.Response:
        body = {"status": "COMPLETED", "results": {"hemoglobin": "14.2"}}
        return await self.walk.does(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", body)

    async def read(self, path: str, who: Role | str = SUPERVISOR) -> Shown:
        answer = await self.walk.does(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def bill(self, visit: Shown) -> dict[str, Decimal]:
        """The parts of the bill, which add up, to the ledger and to each other."""
        shown = await self.read(f"/api/visits/{visit['id']}/bill")
        part = {name: Decimal(shown[name]) for name in PARTS}
        assert all(amount >= 0 for amount in part.values())
        settled = part["paid"] - part["refunded"] + part["waived"] + part["covered"]
        assert part["total"] + part["held"] == settled + part["owed"]
        assert part["total"] == sum(Decimal(line["amount"]) for line in shown["lines"])
        ledger = await self.ledger(visit)
        assert {name: part[name] for name in ledger} == ledger
        return part

    async def ledger(self, visit: Shown) -> dict[str, Decimal]:
        """The same from the single records."""
        text = """
            select coalesce(sum(amount) filter (where kind = 'paid'), 0) as paid,
                coalesce(sum(amount) filter (where kind = 'refunded'), 0) as refunded,
                coalesce(sum(amount) filter (where kind = 'waived'), 0) as waived
            from (
                select visit_id, amount, 'paid' as kind from payments where status = 'COMPLETED'
                union all select visit_id, amount, 'refunded' from refunds where status = 'PAID'
                union all select visit_id, amount_counted, 'waived' from waivers
            ) ledger where visit_id = %s
        """
        return dict((await self.clinic.rows(text, visit["id"]))[0])

    async def stands(self, visit: Shown, **wanted: int) -> None:
        """Those parts of the bill are so much."""
        bill = await self.bill(visit)
        assert {name: bill[name] for name in wanted} == wanted

    async def visit(self, visit: Shown) -> Shown:
        return await self.walk.visit(visit["id"])

    async def tasks(self, visit: Shown, kind: str, status: str = "OPEN") -> list[Shown]:
        found = await self.read(f"/api/tasks?visit_id={visit['id']}&status={status}")
        return [task for task in found["items"] if task["kind"] == kind]

    async def task(self, visit: Shown, kind: str, status: str = "OPEN") -> Shown:
        """The one task of that kind, once there is one."""
        found: list[Shown] = []

        async def is_there() -> bool:
            found[:] = await self.tasks(visit, kind, status)
            return bool(found)

        await eventually(is_there)
        (task,) = found
        return task

    def run(self, approval_id: str) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(approval.workflow_id(UUID(approval_id)))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))


def must_pay(answer: httpx2.Response) -> str:
    """What the refusal says is missing, and that the cashier takes it."""
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/outstanding-work"), answer.text
    (missing,) = answer.json()["missing"]
    assert missing["roles"] == ["CASHIER"]
    return str(missing["what"])
