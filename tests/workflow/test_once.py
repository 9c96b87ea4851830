"""One key, one effect: by update and by signal, in whichever order, in one run of the visit or in several."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.api.enums.v1 import EventType

from activities.records import Records, Turn
from integrations.database import writing_pool
from models.actions import RecordDiagnosis, RecordEncounter, TakeIn, TakePayment
from models.command import Command
from models.paying import PaymentType
from models.staff import Role
from tests.clinic import WholeClinic, whole_clinic
from tests.walks import VITALS, Walk
from tests.workflow.messages import Post, count, histories

OFFICER = Role.CLINICAL_OFFICER
SOON_ANEW = {"limit.historyCount.suggestContinueAsNew": "30"}


async def diagnosis(post: Post, visit_id: str, name: str = "Malaria", key: UUID | None = None) -> Command:
    action = RecordDiagnosis(diagnosis_code="B54", diagnosis_name=name)
    return post.signed(await post.command(OFFICER, visit_id, action, key))


async def diagnoses(post: Post, visit_id: str) -> list[str]:
    found = await post.clinic.rows("select diagnosis_name from diagnoses where visit_id = %s", visit_id)
    return [row["diagnosis_name"] for row in found]


async def processed_so_far(post: Post, visit_id: str) -> None:
    """Return when every message sent before has been worked on: they are taken in order."""
    last = await diagnosis(post, visit_id, "Last")
    assert (await post.update(visit_id, last)).answer


async def test_an_update_repeated_as_a_signal_takes_effect_once(walk: Walk, post: Post) -> None:
    visit = await walk.taken_in()
    command = await diagnosis(post, visit["id"])
    assert (await post.update(visit["id"], command)).answer
    await post.signal(visit["id"], command)
    await processed_so_far(post, visit["id"])
    assert await diagnoses(post, visit["id"]) == ["Malaria", "Last"]
    (row,) = await post.clinic.rows("select status from commands where id = %s", command.id)
    assert row["status"] == "DONE"


async def test_a_signal_repeated_as_an_update_answers_what_the_signal_did(walk: Walk, post: Post) -> None:
    visit = await walk.taken_in()
    command = await diagnosis(post, visit["id"])
    await post.signal(visit["id"], command)
    reply = await post.update(visit["id"], command)
    assert reply.answer
    assert reply.answer["id"] == str(command.id)
    assert await diagnoses(post, visit["id"]) == ["Malaria"]


async def test_updates_and_signals_of_one_command_at_the_same_moment_take_effect_once(walk: Walk, post: Post) -> None:
    visit = await walk.taken_in()
    command = await diagnosis(post, visit["id"])
    sent = [post.signal(visit["id"], command) for _ in range(3)]
    replies, *_ = await asyncio.gather(
        asyncio.gather(*(post.update(visit["id"], command) for _ in range(3))), asyncio.gather(*sent)
    )
    assert all(reply == replies[0] and reply.answer for reply in replies)
    assert await diagnoses(post, visit["id"]) == ["Malaria"]


@pytest.mark.parametrize("first", ["update", "signal"])
async def test_a_key_keeps_its_first_meaning(walk: Walk, post: Post, first: str) -> None:
    visit = await walk.taken_in()
    meant = await diagnosis(post, visit["id"])
    other = await diagnosis(post, visit["id"], "Typhoid", key=meant.id)
    if first == "update":
        await post.update(visit["id"], meant)
    else:
        await post.signal(visit["id"], meant)
    for _ in range(2):
        await post.signal(visit["id"], other)
        reply = await post.update(visit["id"], other)
        assert reply.problem
        assert reply.problem.type == "/problems/key-reused"
        assert (await post.update(visit["id"], meant)).answer
    assert await diagnoses(post, visit["id"]) == ["Malaria"]


async def test_a_refused_signal_stays_refused_and_a_new_key_may_try_again(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    early = post.signed(await post.command(OFFICER, visit["id"], TakeIn()))
    await post.signal(visit["id"], early)
    (row,) = await post.decided(visit["id"], "take_in")
    assert (row["status"], row["problem"]["type"]) == ("REFUSED", "/problems/wrong-stage")
    body = {"vital_signs": VITALS, "triage_category": "NORMAL"}
    await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    again = (await post.update(visit["id"], early)).problem
    assert again
    assert again.type == "/problems/wrong-stage"
    assert (await post.update(visit["id"], post.signed(early.model_copy(update={"id": uuid4()})))).answer


@pytest.fixture
async def second_writer(open_clinic: WholeClinic) -> AsyncIterator[Callable[[Command], Awaitable[None]]]:
    """Writes commands to a visit behind its workflow's back."""
    settings = open_clinic.settings
    async with writing_pool(settings, size=2) as pool:
        records = Records(pool, settings.command_secret.get_secret_value().encode())

        async def write(command: Command) -> None:
            turn = Turn(visit=(await records.load(command.visit_id)).visit, command=command)
            assert (await records.record(turn)).problem is None

        yield write


async def test_a_yes_that_rests_on_old_knowledge_is_decided_again(
    walk: Walk, post: Post, second_writer: Callable[[Command], Awaitable[None]]
) -> None:
    visit = await walk.taken_in()
    other = await diagnosis(post, visit["id"], "Typhoid")
    await second_writer(other)
    assert (await post.update(visit["id"], await diagnosis(post, visit["id"]))).answer
    assert (await post.update(visit["id"], other)).answer
    assert sorted(await diagnoses(post, visit["id"])) == ["Malaria", "Typhoid"]
    assert (await walk.visit(visit["id"]))["version"] == visit["version"] + 2


async def test_a_no_that_rests_on_old_knowledge_is_decided_again(
    walk: Walk, post: Post, second_writer: Callable[[Command], Awaitable[None]]
) -> None:
    visit = await walk.taken_in()
    await second_writer(post.signed(await post.command(OFFICER, visit["id"], RecordEncounter(notes="n"))))
    payment = TakePayment(amount=Decimal(300), payment_type=PaymentType.CASH)
    await post.signal(visit["id"], post.signed(await post.command(Role.CASHIER, visit["id"], payment)))
    (row,) = await post.decided(visit["id"], "take_payment")
    assert row["status"] == "DONE"
    assert (await walk.visit(visit["id"]))["status"] == "READY_FOR_DISCHARGE"


@pytest.fixture(scope="module")
async def restless() -> AsyncIterator[Walk]:
    """A clinic whose server suggests a new run after very few events."""
    async with whole_clinic(dynamic=SOON_ANEW) as clinic, clinic.worker():
        yield Walk(clinic)


async def runs(clinic: WholeClinic, visit_id: str) -> list[list[Any]]:
    """The events of each run of a visit, the first run first."""
    found = [events async for _, events in histories(Post(clinic).client, f'WorkflowId = "visit-{visit_id}"')]
    return sorted(found, key=lambda events: events[0].event_time.ToNanoseconds())


async def test_every_run_of_a_visit_knows_the_keys_of_those_before(restless: Walk) -> None:
    visit, taken_in = await restless.triaged(), str(uuid4())
    path, take_in = f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"}
    first = await restless.done(OFFICER, "PUT", path, take_in, taken_in)
    said: list[tuple[str, dict[str, Any]]] = []
    for number in range(25):
        key = str(uuid4())
        body = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": f"Number {number}"}
        said.append((key, await restless.done(OFFICER, "POST", "/api/diagnoses", body, key)))
    at_last = await restless.visit(visit["id"])
    for number, (key, answer) in enumerate(said):
        body = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": f"Number {number}"}
        assert await restless.done(OFFICER, "POST", "/api/diagnoses", body, key) == answer
        other = await restless.does(OFFICER, "POST", "/api/diagnoses", {**body, "notes": "another"}, key)
        assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert await restless.done(OFFICER, "PUT", path, take_in, taken_in) == first
    assert (await restless.does(OFFICER, "PUT", path, take_in)).status_code == 409
    assert await restless.visit(visit["id"]) == at_last
    assert len(await runs(restless.clinic, visit["id"])) >= 4


async def test_a_new_run_leaves_no_message_behind(restless: Walk) -> None:
    """The server may break off the task in which a run ends, because a message has come: then the answer is 202."""
    visit, post = await restless.taken_in(), Post(restless.clinic)
    asked = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": "Asked"}
    for _ in range(5):
        by_signal = [await diagnosis(post, visit["id"], "Told") for _ in range(6)]
        answers, _ = await asyncio.gather(
            asyncio.gather(*(restless.does(OFFICER, "POST", "/api/diagnoses", asked) for _ in range(6))),
            asyncio.gather(*(post.signal(visit["id"], command) for command in by_signal)),
        )
        assert {answer.status_code for answer in answers} <= {201, 202}
    await post.decided(visit["id"], "record_diagnosis", count=60)
    await processed_so_far(post, visit["id"])
    assert sorted(await diagnoses(post, visit["id"])) == ["Asked"] * 30 + ["Last"] + ["Told"] * 30
    *before, last = await runs(restless.clinic, visit["id"])
    assert len(before) >= 3
    for events in before:
        assert events[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
    for events in (*before, last):
        accepted = count(events, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
        assert accepted == count(events, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED)


async def test_a_new_run_still_says_what_supervisors_look_for(restless: Walk) -> None:
    visit, post = await restless.seen(), Post(restless.clinic)
    order = await restless.test_ordered(visit["id"])
    await post.run(visit["id"]).signal("cancel_visit", "Seen elsewhere")
    await post.decided(visit["id"], "cancel_visit")
    first = (await post.run(visit["id"]).describe()).run_id
    while (described := await post.run(visit["id"]).describe()).run_id == first:
        assert (await post.update(visit["id"], await diagnosis(post, visit["id"]))).answer
    assert visit["op_number"] in [pair.value for pair in described.typed_search_attributes]
    words = await post.words(visit["id"])
    assert "Waits at **laboratory**" in words
    assert "was refused at" in words
    await restless.results(order["id"])
    assert "Waits at **consultation**" in await post.words(visit["id"])
