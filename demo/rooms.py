"""The rooms between reception and cashier: each function sends what its staff write down for one step."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from demo.answers import Body, Stopped
from demo.catalogue import Catalogue
from demo.chart import Chart
from demo.clinic import Clinic
from demo.steps import (
    AdviseOnFamilyPlanning,
    CareForMother,
    Diagnose,
    Discharge,
    Examine,
    OrderTest,
    Prescribe,
    Refer,
    Role,
    TellAllergy,
    Triage,
    Vaccinate,
)

OFFICER = Role.CLINICAL_OFFICER
BATCH = "DEMO-BATCH-1"


class Rooms:
    """Where one patient is examined, tested, treated and let go."""

    def __init__(self, clinic: Clinic, catalogue: Catalogue, chart: Chart) -> None:
        self._clinic = clinic
        self._offers = catalogue
        self._chart = chart

    async def triage(self, step: Triage) -> None:
        body = {
            "vital_signs": self._chart.journey.vital_signs,
            "triage_category": step.category,
            "notes": step.notes,
        }
        await self._clinic.act("triage", Role.TRIAGE_NURSE, "PUT", self._chart.visit, body)

    async def refer(self, step: Refer) -> None:
        body = {"station": step.station, "reason": step.reason}
        await self._clinic.act("refer", step.by, "POST", f"{self._chart.visit}/referrals", body)

    async def take_in(self) -> None:
        body = {"status": "IN_CONSULTATION"}
        await self._clinic.act("take in", OFFICER, "PUT", self._chart.visit, body)

    async def examine(self, step: Examine) -> None:
        body = self._for_visit(
            encounter_type="CONSULTATION",
            notes=step.notes,
            findings=step.findings,
            recommendations=step.recommendations,
        )
        done = await self._clinic.act("encounter", OFFICER, "POST", "/api/patient-encounters", body)
        self._chart.encounter_id = done.key

    async def diagnose(self, step: Diagnose) -> None:
        body = self._for_encounter(
            diagnosis_code=step.code,
            coding_system="ICD-10",
            diagnosis_name=step.name,
            status="ACTIVE",
            notes="Main diagnosis",
        )
        await self._clinic.act("diagnosis", OFFICER, "POST", "/api/diagnoses", body)

    async def order_test(self, step: OrderTest) -> None:
        body = self._for_visit(
            test_type=self._offers.test(step.wanted), urgency=step.urgency, notes="Please report today"
        )
        done = await self._clinic.act("order test", OFFICER, "POST", "/api/lab-requests", body)
        self._chart.tests.append((done.key, step))

    async def report_results(self) -> None:
        while self._chart.tests:
            order, test = self._chart.tests.pop(0)
            body = {"status": "COMPLETED", "results": dict(test.results), "notes": "Sample in good order"}
            await self._clinic.act("lab results", Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{order}", body)

    async def prescribe(self, step: Prescribe) -> None:
        body = self._for_encounter(
            medication_name=self._offers.drug(step.wanted),
            dosage=step.dosage,
            frequency=step.frequency,
            duration=step.duration,
            quantity=step.quantity,
            instructions=step.instructions,
        )
        done = await self._clinic.act("prescribe", OFFICER, "POST", "/api/prescriptions", body)
        self._chart.drugs.append((done.key, step))

    async def tell_allergy(self, step: TellAllergy) -> None:
        body = {"kind": "record_allergy", "substance": step.substance, "reaction": step.reaction}
        await self._clinic.act("allergy", OFFICER, "POST", f"{self._chart.visit}/actions", body)

    async def dispense(self) -> None:
        """First what the shelf has, then the rest, unless it is owed."""
        while self._chart.drugs:
            order, drug = self._chart.drugs.pop(0)
            if drug.first_handover and drug.rest_is_owed:
                await self._owe(order, quantity_dispensed=drug.first_handover)
                continue
            if not await self._is_there(self._hand_out(order, drug)):
                await self._owe(order)

    async def hand_out_owed(self) -> None:
        """The patient came back; what the shelf still lacks stays owed."""
        while self._chart.owed:
            order = self._chart.owed.pop(0)
            await self._is_there(
                self._hand_over("dispense (owed)", order, status="DISPENSED", dispensing_notes="Came back for it")
            )

    async def _is_there(self, handing_out: Awaitable[None]) -> bool:
        """False where the shelf has not enough of it."""
        try:
            await handing_out
        except Stopped as stopped:
            if not stopped.refusal.type.endswith("/out-of-stock"):
                raise
            return False
        return True

    async def _hand_out(self, order: UUID, drug: Prescribe) -> None:
        if drug.first_handover:
            await self._hand_over(
                "dispense (part)",
                order,
                status="PARTIALLY_DISPENSED",
                quantity_dispensed=drug.first_handover,
                dispensing_notes="Rest is fetched from the store",
            )
        await self._hand_over("dispense", order, status="DISPENSED", dispensing_notes="Explained how to take it")

    async def _owe(self, order: UUID, **given: int) -> None:
        notes = "The rest is owed; call when it comes"
        await self._hand_over("dispense (owing)", order, status="OWED", dispensing_notes=notes, **given)
        self._chart.owed.append(order)

    async def vaccinate(self, step: Vaccinate) -> None:
        body = self._for_visit(
            vaccine_id=self._offers.vaccine(step.wanted),
            batch_number=BATCH,
            site=step.site,
            route=step.route,
            dosage=step.dosage,
            status="COMPLETED",
            notes="No reaction seen",
        )
        path = f"/api/immunization/patients/{self._chart.patient_id}/immunizations"
        done = await self._clinic.act("immunization", Role.IMMUNIZATION_NURSE, "POST", path, body)
        if done.record["visit"]["observe_until"]:
            await self._end_observation()

    async def _end_observation(self) -> None:
        """The child would be watched for a while; a demonstration does not wait."""
        body = {"kind": "end_observation", "reason": "Watched for half an hour (the demonstration does not wait)"}
        path = f"{self._chart.visit}/actions"
        await self._clinic.act("observation", Role.IMMUNIZATION_NURSE, "POST", path, body)

    async def advise(self, step: AdviseOnFamilyPlanning) -> None:
        body = self._for_visit(
            method_id=self._offers.method(step.wanted),
            counseling_provided=True,
            counseling_notes=step.counseling_notes,
            status="ACTIVE",
            notes="Chose freely",
            book_return=step.book_return,
        )
        path = f"/api/family-planning/patients/{self._chart.patient_id}/records"
        await self._clinic.act("family planning", Role.FAMILY_PLANNING_COUNSELOR, "POST", path, body)

    async def care_for_mother(self, step: CareForMother) -> None:
        body = self._for_visit(
            service_id=self._offers.service(step.wanted),
            service_details=dict(step.details),
            findings=step.findings,
            recommendations=step.recommendations,
            status="COMPLETED",
            notes="Routine contact",
            gestational_age_weeks=step.weeks,
        )
        path = f"/api/mch-services/patients/{self._chart.patient_id}/services"
        await self._clinic.act("MCH service", Role.MCH_NURSE, "POST", path, body)

    async def discharge(self, step: Discharge) -> None:
        body: dict[str, Any] = {"status": "COMPLETED", "discharge_notes": step.notes}
        if step.follow_up_days:
            body["follow_up"] = {"in_days": step.follow_up_days, "notes": f"After {step.notes.lower()}"}
        await self._clinic.act("discharge", step.by, "PUT", self._chart.visit, body)
        self._chart.is_discharged = True
        await self.hand_out_owed()

    async def _hand_over(self, action: str, order: object, **body: object) -> None:
        await self._clinic.act(action, Role.PHARMACIST, "PUT", f"/api/prescriptions/{order}", body)

    def _for_visit(self, **fields: object) -> Body:
        return {"visit_id": str(self._chart.visit_id), **fields}

    def _for_encounter(self, **fields: object) -> Body:
        encounter = self._chart.encounter_id
        return self._for_visit(**({"encounter_id": str(encounter)} if encounter else {}), **fields)
