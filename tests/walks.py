"""Steps through the pathway over HTTP, so that a test begins where it becomes interesting."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2

from models.staff import Role
from tests.clinic import WholeClinic

VITALS = {
    "temperature": "38.5",
    "pulse": "95",
    "blood_pressure": "140/90",
    "respiratory_rate": 18,
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
}
WELL = {**VITALS, "temperature": "36.8", "pulse": "72", "blood_pressure": "120/80", "respiratory_rate": 12}
"""Vital signs that give no point; those above make a patient URGENT."""

BUSY = 10
"""How often a desk sends an action again before it gives up."""

PRESCRIPTION = {
    "medication_name": "Paracetamol",
    "dosage": "500mg",
    "frequency": "3 times daily",
    "duration": "5 days",
    "quantity": 15,
    "instructions": "Take with food",
}


def new_patient(**changed: Any) -> dict[str, Any]:
    """The form of an invented patient, never the same twice. The number's end means nothing to the sandbox's payers."""
    return {
        "first_name": "Taa",
        "last_name": "Mfano",
        "gender": "FEMALE",
        "age": 30,
        "phone_number": "0712345678",
        "national_id": f"TEST-{random.randrange(10**11):011d}7",
        "insurance_type": "CASH",
        "registration_type": "NEW_PATIENT",
        "chief_complaint": "Fever and headache",
        "payment_type": "CASH",
        **changed,
    }


@dataclass
class Walk:
    clinic: WholeClinic

    async def does(
        self, who: Role | str, method: str, path: str, body: Any = None, key: UUID | str | None = None
    ) -> httpx2.Response:
        """One action by one person, whatever comes of it."""
        return await (await self.clinic.desk(who)).ask(method, path, body, key)

    async def decided(
        self, who: Role | str, method: str, path: str, body: Any = None, key: UUID | str | None = None
    ) -> httpx2.Response:
        """The same, sent again while the clinic is too busy to say more than that it is stored."""
        key = key or fresh()
        answer = await self.does(who, method, path, body, key)
        for _ in range(BUSY):
            if answer.status_code != 202:
                break
            await asyncio.sleep(0.5)
            answer = await self.does(who, method, path, body, key)
        return answer

    async def done(self, who: Role | str, method: str, path: str, body: Any = None, key: Any = None) -> dict[str, Any]:
        """One action that must succeed; its answer."""
        answer = await self.decided(who, method, path, body, key)
        assert answer.status_code == (201 if method == "POST" else 200), answer.text
        body_of: dict[str, Any] = answer.json()
        return body_of

    async def registered(self, **changed: Any) -> dict[str, Any]:
        """The visit of a new patient, as reception opened it."""
        return dict((await self.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(**changed)))["visit"])

    async def triaged(self, category: str = "NORMAL", **changed: Any) -> dict[str, Any]:
        visit = await self.registered(**changed)
        body = {"vital_signs": WELL if category == "NORMAL" else VITALS, "triage_category": category, "notes": ""}
        return await self.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)

    async def taken_in(self, **changed: Any) -> dict[str, Any]:
        visit = await self.triaged(**changed)
        body = {"status": "IN_CONSULTATION"}
        return await self.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body)

    async def seen(self, **changed: Any) -> dict[str, Any]:
        visit = await self.taken_in(**changed)
        return dict((await self.encounter(visit["id"]))["visit"])

    async def encounter(self, visit_id: str, who: Role | str = Role.CLINICAL_OFFICER) -> dict[str, Any]:
        body = {"visit_id": visit_id, "encounter_type": "CONSULTATION", "notes": "n", "findings": "f"}
        return await self.done(who, "POST", "/api/patient-encounters", body)

    async def test_ordered(self, visit_id: str, test_type: str = "BLOOD_TEST") -> dict[str, Any]:
        body = {"visit_id": visit_id, "test_type": test_type, "urgency": "NORMAL", "notes": ""}
        return await self.done(Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", body)

    async def results(self, lab_request_id: str) -> dict[str, Any]:
        body = {"status": "COMPLETED", "results": {"hemoglobin": "14.2"}}
        return await self.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{lab_request_id}", body)

    async def prescribed(self, visit_id: str, **changed: Any) -> dict[str, Any]:
        body = {**PRESCRIPTION, "visit_id": visit_id, **changed}
        return await self.done(Role.CLINICAL_OFFICER, "POST", "/api/prescriptions", body)

    async def paid(self, visit_id: str, amount: Any = None) -> dict[str, Any]:
        """Pay so much, or all that is owed."""
        amount = amount or (await self.visit(visit_id))["balance"]
        body = {"visit_id": visit_id, "amount": amount, "payment_type": "CASH"}
        return await self.done(Role.CASHIER, "POST", "/api/payments", body)

    async def discharged(self, visit_id: str, key: Any = None, **more: Any) -> dict[str, Any]:
        body = {"status": "COMPLETED", "discharge_notes": "Stable", **more}
        return await self.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit_id}", body, key)

    async def visit(self, visit_id: str) -> dict[str, Any]:
        answer = await self.does(Role.SUPERVISOR, "GET", f"/api/visits/{visit_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def fresh() -> str:
    return str(uuid4())
