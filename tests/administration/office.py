"""What the tests of the administration work with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.administration import Administration
from activities.seed import facility_id_of
from api.security import Security
from integrations.database import Pool, inserting
from integrations.settings import Settings
from models.administration import Errand
from models.audit import START, Entry, visit_chain
from models.catalogue import Resource
from models.staff import Person, Role
from models.tables import AuditRow, FacilityRow, PatientRow, VisitRow

PASSWORD = "karibu-njia"
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Office:
    """Stands in for `api.clinic.Clinic`."""

    settings: Settings
    pool: Pool
    administration: Administration
    security: Security
    reading: AsyncEngine

    @property
    def facility_id(self) -> UUID:
        return facility_id_of(self.settings.facility_code)

    async def rows(self, text: str, *given: Any) -> Rows:
        return await rows(self.pool, text, *given)

    async def person(self, user_name: str) -> Person:
        (row,) = await self.rows("select * from users where user_name = %s", user_name)
        return Person(id=row["id"], facility_id=row["facility_id"], roles=tuple(map(Role, row["roles"])))

    async def errand(self, user_name: str = "admin") -> Errand:
        return Errand(id=uuid4(), actor=await self.person(user_name), address="10.0.0.7")

    async def entries(self) -> Rows:
        return await self.rows("select * from audit_logs where chain like 'administration:%%' order by seq")

    async def patient(self, national_id: str | None = None, facility_id: UUID | None = None) -> UUID:
        values = {
            "id": uuid4(),
            "facility_id": facility_id or self.facility_id,
            "first_name": "Wanjiku",
            "last_name": "Otieno",
            "gender": "FEMALE",
            "date_of_birth": date(1990, 5, 1),
            "phone_number": "+254712345678",
            "national_id": national_id,
            "insurance_type": "CASH",
            "registration_type": "NEW_PATIENT",
            "registered_by": uuid4(),
            "registration_date": datetime.now(UTC),
        }
        await insert(self.pool, PatientRow, values)
        return UUID(str(values["id"]))

    async def other_facility(self) -> UUID:
        id = uuid4()
        await insert(self.pool, FacilityRow, {"id": id, "code": id.hex, "name": "Elsewhere"})
        return id

    async def visit(self, length: int = 3) -> UUID:
        """A visit with a chain of that many entries, as its workflow would have written it."""
        visit_id, patient_id, head = uuid4(), await self.patient(), START
        for seq in range(1, length + 1):
            entry = Entry(
                id=uuid4(),
                facility_id=self.facility_id,
                chain=visit_chain(visit_id),
                seq=seq,
                visit_id=visit_id,
                user_id=uuid4(),
                action="CREATE",
                resource=Resource.VISIT,
                resource_id=visit_id,
                details="Visit opened",
                ip_address=None,
                at=datetime.now(UTC),
                previous_hash=head,
            )
            head = entry.hash
            await insert(self.pool, AuditRow, {**entry.model_dump(), "hash": head})
        await insert(self.pool, VisitRow, visit_values(visit_id, self.facility_id, patient_id, head, length))
        return visit_id


def visit_values(visit_id: UUID, facility_id: UUID, patient_id: UUID, head: str, length: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    nothing = dict.fromkeys(("total_amount", "amount_paid", "amount_covered", "amount_waived"), 0)
    no = dict.fromkeys(("taken_in", "seen", "has_unread_results"), False)
    return {
        "id": visit_id,
        "facility_id": facility_id,
        "patient_id": patient_id,
        "op_number": visit_id.hex,
        "status": "REGISTERED",
        "waiting_at": ["TRIAGE"],
        "waiting": [],
        "chief_complaint": "Cough",
        "payment_type": "CASH",
        "payment_status": "UNPAID",
        "referred_to": [],
        "open_orders": [],
        "arrived_at": now,
        "updated_at": now,
        "stage_since": now,
        "version": 1,
        "audit_head": head,
        "audit_length": length,
        **nothing,
        **no,
    }


async def rows(pool: Pool, text: str, *given: Any) -> Rows:
    async with pool.connection() as db:
        found = await db.execute(text, given)
        return await found.fetchall() if found.description else []


async def insert(pool: Pool, table: Any, values: dict[str, Any]) -> None:
    async with pool.connection() as db:
        await db.execute(*inserting(table, values))


@dataclass(frozen=True)
class Desk:
    """Sends requests as one who signed in."""

    http: httpx2.AsyncClient

    async def try_sign_in(self, user_name: str, password: str = PASSWORD) -> httpx2.Response:
        return await self.http.post("/api/auth/token", data={"username": user_name, "password": password})

    async def sign_in(self, user_name: str, password: str = PASSWORD) -> dict[str, str]:
        """The headers of that person's requests."""
        answer = await self.try_sign_in(user_name, password)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def get(self, who: dict[str, str], path: str, **query: Any) -> httpx2.Response:
        return await self.http.get(path, headers=who, params=query)

    async def put(self, who: dict[str, str], path: str, body: Any, key: UUID | None = None) -> httpx2.Response:
        return await self.http.put(path, json=body, headers=keyed(who, key))

    async def post(self, who: dict[str, str], path: str, body: Any, key: UUID | None = None) -> httpx2.Response:
        return await self.http.post(path, json=body, headers=keyed(who, key))


def keyed(who: dict[str, str], key: UUID | None) -> dict[str, str]:
    return {**who, "Idempotency-Key": str(key)} if key else who
