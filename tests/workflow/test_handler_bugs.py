"""A bug of ours fails the command that meets it; the visit goes on, and nothing is half written."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus

from activities.records import Records
from integrations.database import Connection
from models.actions import RecordDiagnosis, RecordEncounter
from models.command import Command, Outcome
from models.staff import Role
from models.visit import Visit
from tests.clinic import WholeClinic
from tests.walks import Walk
from tests.workflow.messages import Post, clinic_beside

DIAGNOSIS = {"diagnosis_code": "B54", "diagnosis_name": "Malaria", "status": "ACTIVE"}
REFERRAL = {"station": "MCH", "reason": "Growth"}
TEST = {"test_type": "BLOOD_TEST"}
LATE_BUG = "alter table diagnoses add constraint clumsy check (diagnosis_name <> 'Clumsy') not valid"


class ClumsyRecords(Records):
    """Records whose rules have bugs: a missing key, a value that its model refuses, an endless loop's end."""

    async def decide(self, db: Connection, visit: Visit | None, command: Command) -> Outcome:
        match command.action.kind:
            case "record_diagnosis" if command.action.diagnosis_code == "B54":
                raise KeyError("a name nobody thought of")
            case "refer":
                Visit.model_validate({"id": "none"})
            case "order_lab_test":
                raise UnicodeDecodeError("utf-8", b"a finding", 0, 1, "is none")
            case "record_encounter" if visit and not await is_stored(db, visit):
                return await super().decide(db, visit, command)
            case "record_encounter" if visit and visit.seen:
                raise RecursionError
        return await super().decide(db, visit, command)


async def is_stored(db: Connection, visit: Visit) -> bool:
    found = await db.execute("select 1 from visits where id = %s and version = %s", [visit.id, visit.version])
    return await found.fetchone() is not None


@pytest.fixture(scope="module")
async def clumsy(open_clinic: WholeClinic) -> AsyncIterator[WholeClinic]:
    async with clinic_beside(open_clinic, "clumsy", ClumsyRecords) as clinic:
        yield clinic


async def rows_of(clinic: WholeClinic, visit_id: str) -> list[Any]:
    """Everything that is written about a visit."""
    tables = "commands", "audit_logs", "diagnoses", "patient_encounters", "lab_requests", "charges"
    counts = [await clinic.rows(f"select count(*) as n from {table} where visit_id = %s", visit_id) for table in tables]
    events = await clinic.rows("select count(*) as n from events where payload->>'visitId' = %s", visit_id)
    return [*counts, events, await clinic.rows("select * from visits where id = %s", visit_id)]


async def goes_on(walk: Walk, visit_id: str) -> bool:
    """The visit is open and takes the next action."""
    body = {"visit_id": visit_id, **DIAGNOSIS, "diagnosis_code": "J06"}
    before = (await walk.visit(visit_id))["version"]
    after = await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body)
    described = await Post(walk.clinic).run(visit_id).describe()
    return described.status is WorkflowExecutionStatus.RUNNING and after["visit"]["version"] == before + 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/diagnoses", DIAGNOSIS), ("/api/visits/{id}/referrals", REFERRAL), ("/api/lab-requests", TEST)],
)
async def test_a_bug_fails_its_command_and_the_visit_goes_on(
    clumsy: WholeClinic, path: str, body: dict[str, Any]
) -> None:
    walk = Walk(clumsy)
    visit = await walk.taken_in()
    before = await rows_of(clumsy, visit["id"])
    form = body if "{id}" in path else {"visit_id": visit["id"], **body}
    answer = await walk.does(Role.CLINICAL_OFFICER, "POST", path.format(id=visit["id"]), form)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/unexpected")
    assert await rows_of(clumsy, visit["id"]) == before
    assert await goes_on(walk, visit["id"])


async def test_a_bug_met_by_a_signal_is_told_to_its_sender_and_the_visit_goes_on(clumsy: WholeClinic) -> None:
    walk, post = Walk(clumsy), Post(clumsy)
    visit = await walk.taken_in()
    before = await rows_of(clumsy, visit["id"])
    action = RecordDiagnosis(diagnosis_code="B54", diagnosis_name="Malaria")
    sent = post.signed(await post.command(Role.CLINICAL_OFFICER, visit["id"], action))
    await post.signal(visit["id"], sent)
    (row,) = await post.decided(visit["id"], "record_diagnosis")
    assert (row["id"], row["status"], row["problem"]["type"]) == (sent.id, "REFUSED", "/problems/unexpected")
    told = "select audience from events where kind = 'command:refused' and payload->>'commandId' = %s"
    (event,) = await clumsy.rows(told, str(sent.id))
    assert str(sent.actor.id) in event["audience"][0]
    assert (await rows_of(clumsy, visit["id"]))[1:6] == before[1:6]
    assert await goes_on(walk, visit["id"])


async def test_a_bug_on_a_visit_that_somebody_else_has_moved_is_no_worse(clumsy: WholeClinic) -> None:
    walk, post = Walk(clumsy), Post(clumsy)
    visit = await walk.taken_in()
    await clumsy.rows("update visits set version = version + 1, seen = true where id = %s", visit["id"])
    action = RecordEncounter(notes="n")
    sent = post.signed(await post.command(Role.CLINICAL_OFFICER, visit["id"], action))
    async with asyncio.timeout(20):
        problem = (await post.update(visit["id"], sent)).problem
    assert problem
    assert problem.type == "/problems/unexpected"
    assert await goes_on(walk, visit["id"])


async def test_what_fails_half_way_through_its_statements_leaves_nothing(open_clinic: WholeClinic, walk: Walk) -> None:
    visit = await walk.taken_in()
    before = await rows_of(open_clinic, visit["id"])
    body = {"visit_id": visit["id"], **DIAGNOSIS, "diagnosis_name": "Clumsy"}
    await open_clinic.rows(LATE_BUG)
    try:
        key = uuid4()
        answer = await walk.does(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body, key)
        assert (answer.status_code, answer.json()["type"]) == (500, "/problems/unexpected")
        assert await rows_of(open_clinic, visit["id"]) == before
    finally:
        await open_clinic.rows("alter table diagnoses drop constraint clumsy")
    await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body, key)
    assert await goes_on(walk, visit["id"])
