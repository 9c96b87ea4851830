"""Patients confide to a clinic whose processes run as in production; for `test_secrecy.py`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import WorkflowUpdateFailedError

from models.staff import Role
from tests.clinic import ROOT, WholeClinic, eventually, whole_clinic
from tests.walks import VITALS, Walk, new_patient
from tests.workflow.messages import Post

PERSON = {
    "first_name": "Sirijina",
    "last_name": "Siriukoo",
    "phone_number": "0722123987",
    "national_id": "SIRI-4455667",
    "sha_number": "Sirisha",
    "next_of_kin": "Sirijamaa",
    "email": "siri@barua.example",
    "chief_complaint": "Sirimaumivu",
    "payment_reference": "Siririsiti",
}
MARKS = [b"Siri", b"SIRI", b"siri@", b"722123987"]
"""Everything that is confided below holds one of these."""

OFFICER = Role.CLINICAL_OFFICER
FUSSY = "alter table appointments add constraint fussy check (not starts_with(notes, 'Siri')) not valid"


def words(what: str) -> str:
    return f"Siri{what}"


@asynccontextmanager
async def running(clinic: WholeClinic, part: str) -> AsyncIterator[int]:
    """A process of the clinic as in production, whose output goes to `<part>.log`; its process id."""
    environment = {**clinic.environment, "NJIA_PATIENCE_SECONDS": "2"}
    with (clinic.settings.data / f"{part}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "njia.py", part, env=environment, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            await process.wait()


@dataclass
class Confided:
    """A clinic to which patients have confided; `visit_ids` in the order of their arrival."""

    clinic: WholeClinic
    visit_ids: list[str]

    @property
    def folder(self) -> Path:
        return self.clinic.settings.data

    def log(self, part: str) -> str:
        return (self.folder / f"{part}.log").read_text()


@asynccontextmanager
async def confiding() -> AsyncIterator[Confided]:
    """Two visits by HTTP to an API process, done by a worker process, also while the database is away."""
    async with AsyncExitStack() as stack:
        clinic = await stack.enter_async_context(whole_clinic())
        worker = await stack.enter_async_context(running(clinic, "worker"))
        await stack.enter_async_context(running(clinic, "api"))
        http = httpx2.AsyncClient(base_url=clinic.settings.own_url, timeout=30)
        walk = Walk(replace(clinic, http=await stack.enter_async_context(http), desks={}))
        await clinic.until_polled(worker)
        await eventually(lambda: answers(walk.clinic.http))
        yield Confided(clinic, [await a_whole_visit(walk), await an_outage(walk)])


async def answers(http: httpx2.AsyncClient) -> bool:
    try:
        return (await http.get("/healthz")).status_code == 200
    except httpx2.TransportError:
        return False


async def a_whole_visit(walk: Walk) -> str:
    visit = await walk.registered(**PERSON)
    refused = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(**PERSON))
    assert refused.status_code == 409, refused.text
    path = f"/api/visits/{visit['id']}"
    triage = {"vital_signs": VITALS, "triage_category": "NORMAL", "notes": words("triage")}
    await walk.done(Role.TRIAGE_NURSE, "PUT", path, triage)
    await walk.done(OFFICER, "PUT", path, {"status": "IN_CONSULTATION"})
    seen = {"visit_id": visit["id"], "notes": words("note"), "findings": words("f"), "recommendations": words("r")}
    await walk.done(OFFICER, "POST", "/api/patient-encounters", seen)
    diagnosis = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": words("ugonjwa")}
    await walk.done(OFFICER, "POST", "/api/diagnoses", diagnosis)
    order = await walk.test_ordered(visit["id"])
    no_such = {"visit_id": visit["id"], "test_type": words("kipimo")}
    assert (await walk.does(OFFICER, "POST", "/api/lab-requests", no_such)).status_code == 422
    report = {"status": "COMPLETED", "results": {words("jina"): words("tokeo")}, "notes": words("n")}
    await walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{order['id']}", report)
    drug = await walk.prescribed(visit["id"], instructions=words("maelezo"), dosage=words("dozi"))
    await walk.encounter(visit["id"])
    given = {"status": "DISPENSED", "dispensing_notes": words("dawa")}
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", given)
    await strange_messages(Post(walk.clinic), visit["id"])
    await walk.paid(visit["id"])
    await walk.discharged(visit["id"], discharge_notes=words("kwaheri"), follow_up={"in_days": 3, "notes": words("k")})
    return str(visit["id"])


async def strange_messages(post: Post, visit_id: str) -> None:
    """What no API sends: a reason typed by a supervisor, signals that mean nothing, an update that is no command."""
    await post.signal(visit_id, {"kind": "cancel_visit", "reason": words("sababu")})
    await post.signal(visit_id, {"kind": words("tendo"), "name": words("jina")})
    await post.run(visit_id).signal("open_the_gate", {"name": words("jina")})
    await post.decided(visit_id, "unreadable", count=2)
    with pytest.raises(WorkflowUpdateFailedError):
        await post.run(visit_id).execute_update("perform", {"id": words("key"), "name": words("jina")})


async def an_outage(walk: Walk) -> str:
    """A visit and an appointment while the database is away, and while it refuses what it is told."""
    visit, post = await walk.taken_in(last_name=words("pili")), Post(walk.clinic)
    await walk.clinic.postgres.stop("fast")
    diagnosis = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": words("tatu")}
    answer = await walk.does(OFFICER, "POST", "/api/diagnoses", diagnosis)
    assert answer.status_code == 202, answer.text
    await walk.does(Role.RECEPTIONIST, "GET", f"/api/patients?query={words('jina')}")
    await walk.clinic.postgres.start()
    await post.decided(visit["id"], "record_diagnosis")
    await walk.clinic.rows(FUSSY)
    date = datetime.now(UTC) + timedelta(days=2)
    body = {"patient_id": visit["patient_id"], "appointment_date": date.isoformat(), "notes": words("miadi")}
    refused = await walk.does(Role.RECEPTIONIST, "POST", "/api/appointments", body)
    assert refused.status_code == 500, refused.text
    await walk.clinic.rows("alter table appointments drop constraint fussy")
    answer = await walk.does(Role.RECEPTIONIST, "POST", "/api/appointments", body)
    key = UUID(answer.headers["Idempotency-Key"])
    await a_broken_signal(post, f"appointment-{key}")

    async def is_settled() -> bool:
        return bool(await walk.clinic.rows("select 1 from commands where id = %s", key))

    await eventually(is_settled)
    return str(visit["id"])


async def a_broken_signal(post: Post, workflow_id: str) -> None:
    broken = Payload(metadata={"encoding": b"json/plain"}, data=b'{"name": "Sirijina')
    request = SignalWorkflowExecutionRequest(
        namespace=post.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        signal_name="submit",
    )
    request.input.payloads.append(broken)
    await post.client.workflow_service.signal_workflow_execution(request)
