"""The pharmacy over HTTP: drugs prescribed and handed out, batches received, debts settled."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.command import NAIROBI
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import PRESCRIPTION, Walk, fresh
from workflows import obligation

PHARMACY, OFFICER, SUPERVISOR, ADMIN = Role.PHARMACIST, Role.CLINICAL_OFFICER, Role.SUPERVISOR, Role.ADMIN
TODAY = datetime.now(NAIROBI).date()
NEXT_YEAR, NEXT_MONTH = TODAY + timedelta(days=365), TODAY + timedelta(days=30)
REASON = {"reason": "Discussed with the patient"}

Run = WorkflowHandle[Any, Any]
Shown = dict[str, Any]


@dataclass
class Counter:
    clinic: WholeClinic
    walk: Walk

    async def drug(self) -> str:
        """A drug of its own in the price list, KES 10 a piece, of which nobody keeps stock yet."""
        code = f"Dawa-{fresh()[:8]}"
        await self.walk.done(ADMIN, "PUT", f"/api/prices/{code}", {"name": code, "amount": "10"})
        return code

    async def receive(
        self, code: str, quantity: int, expires_on: date = NEXT_YEAR, batch: str = "", who: Role = PHARMACY
    ) -> Shown:
        body = {
            "medication_name": code,
            "batch_number": batch or fresh()[:8],
            "expires_on": expires_on.isoformat(),
            "quantity": quantity,
        }
        return await self.walk.done(who, "POST", "/api/stock/receipts", body)

    async def stock(self, code: str) -> Shown:
        """What the shelf has of a drug."""
        (found,) = await self.listed(f"/api/stock?medication_name={code}")
        return found

    async def movements(self, code: str) -> list[Shown]:
        return await self.listed(f"/api/stock/movements?medication_name={code}")

    async def prescribes(self, visit: Shown, code: str, **more: Any) -> httpx2.Response:
        body = {**PRESCRIPTION, "visit_id": visit["id"], "medication_name": code, **more}
        return await self.walk.does(OFFICER, "POST", "/api/prescriptions", body)

    async def prescribed(self, visit: Shown, code: str, quantity: int = 10, **more: Any) -> str:
        """The id of the prescription."""
        return str((await self.walk.prescribed(visit["id"], medication_name=code, quantity=quantity, **more))["id"])

    async def hands_out(
        self, prescription: str, status: str = "DISPENSED", key: UUID | str | None = None, **more: Any
    ) -> httpx2.Response:
        body = {"status": status, **more}
        return await self.walk.does(PHARMACY, "PUT", f"/api/prescriptions/{prescription}", body, key)

    async def handed_out(self, prescription: str, status: str = "DISPENSED", **more: Any) -> Shown:
        answer = await self.hands_out(prescription, status, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def acts(self, who: Role | str, visit: Shown, kind: str, **form: Any) -> Shown:
        return await self.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    async def allergic(self, visit: Shown, substance: str = "Penicillin", who: Role = OFFICER) -> Shown:
        return await self.acts(who, visit, "record_allergy", substance=substance, reaction="Rash")

    async def leaves(self, visit: Shown) -> Shown:
        if (await self.walk.visit(visit["id"]))["balance"] != "0.00":
            await self.walk.paid(visit["id"])
        return await self.walk.discharged(visit["id"])

    async def read(self, path: str, who: Role = OFFICER) -> Shown:
        answer = await self.walk.does(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def listed(self, path: str, who: Role = OFFICER) -> list[Shown]:
        return list((await self.read(path, who))["items"])

    async def refusals(self, visit: Shown, who: Role) -> list[Shown]:
        """What was refused later, as that person may read it."""
        items = await self.listed(f"/api/visits/{visit['id']}/timeline", who)
        return [item["problem"] for item in items if item["status"] == "REFUSED"]

    async def owed(self, visit: Shown, count: int = 1) -> Shown:
        """The one obligation of the visit."""
        debts = await self.listed(f"/api/obligations?visit_id={visit['id']}")
        assert len(debts) == count
        return debts[0]

    async def tasks(self, visit: Shown, status: str = "OPEN") -> list[Shown]:
        tasks = await self.listed(f"/api/tasks?visit_id={visit['id']}&status={status}", SUPERVISOR)
        return [task for task in tasks if task["kind"] == "HAND_OUT_OWED"]

    async def task(self, visit: Shown) -> Shown:
        """The open task, once there is one."""
        found: list[Shown] = []

        async def is_there() -> bool:
            found[:] = await self.tasks(visit)
            return bool(found)

        await eventually(is_there)
        (task,) = found
        return task

    def debt(self, owed: Shown) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(obligation.workflow_id(UUID(owed["id"])))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))

    async def require_sound(self, code: str) -> int:
        """Each batch holds what its movements say, never less than nothing; answers how much there is of the drug."""
        text = """
            select b.on_hand, coalesce(sum(m.quantity), 0) as moved, coalesce(min(m.on_hand_after), 0) as least
            from stock_batches b left join stock_movements m on m.batch_id = b.id where b.code = %s group by b.id
        """
        rows = await self.clinic.rows(text, code)
        for row in rows:
            assert row["on_hand"] == row["moved"] >= 0
            assert row["least"] >= 0
        return sum(row["on_hand"] for row in rows)


def warned(answer: httpx2.Response) -> list[str]:
    """Which warnings stopped it."""
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/medication-warning"), answer.text
    return [error["reason"].split(":")[0] for error in answer.json()["errors"]]


def out_of_stock(answer: httpx2.Response) -> str:
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/out-of-stock"), answer.text
    return str(answer.json()["detail"])
