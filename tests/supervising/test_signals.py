"""Signals with names that free a stuck visit from the Temporal UI: what they do, and what they refuse."""

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload

from activities.records import TEMPORAL_UI
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import Walk
from tests.workflow.messages import Post
from workflows.freeing import FREEING


@pytest.fixture
def post(open_clinic: WholeClinic) -> Post:
    return Post(open_clinic)


async def comes_to(walk: Walk, visit: dict[str, Any], status: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def is_so() -> bool:
        found.update(await walk.visit(visit["id"]))
        return bool(found["status"] == status)

    await eventually(is_so)
    return found


async def test_a_sentence_cancels_a_visit_that_should_not_have_been_opened(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    await post.run(visit["id"]).signal("cancel_visit", "Registered twice")
    ended = await comes_to(walk, visit, "CANCELLED")
    assert ended["discharge_notes"] == "Registered twice"
    (row,) = await post.decided(visit["id"], "cancel_visit")
    assert (row["status"], row["actor_id"]) == ("DONE", TEMPORAL_UI)
    audit = await walk.does(Role.SUPERVISOR, "GET", f"/api/audit-logs?visit_id={visit['id']}&limit=200")
    assert str(TEMPORAL_UI) in {entry["user_id"] for entry in audit.json()["items"]}


async def test_who_has_gone_without_a_word_ends_as_having_left(walk: Walk, post: Post) -> None:
    visit = await walk.triaged("URGENT")
    await post.run(visit["id"]).signal("patient_left", "Nobody has seen them since noon")
    left = await comes_to(walk, visit, "LEFT_WITHOUT_BEING_SEEN")
    assert left["departure"]["call_back"], "an urgent patient is called back, whoever said that they left"


async def test_whom_a_desk_forgot_to_give_back_is_free_again(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    form = {"kind": "take_patient", "station": "TRIAGE"}
    await walk.done(Role.TRIAGE_NURSE, "POST", f"/api/visits/{visit['id']}/actions", form)
    await post.run(visit["id"]).signal("release_patient", "TRIAGE")

    async def is_free() -> bool:
        return (await walk.visit(visit["id"]))["calls"][0]["taken_by"] is None

    await eventually(is_free)


async def test_a_waiver_is_decided_with_all_its_fields(walk: Walk, post: Post) -> None:
    visit = await walk.seen()
    form = {"kind": "request_waiver", "amount": "300.00", "reason": "No income"}
    asked = await walk.done(Role.CASHIER, "POST", f"/api/visits/{visit['id']}/actions", form)
    said = {"waiver_id": asked["id"], "approved": True, "reason": "Known to us"}
    await post.run(visit["id"]).signal("decide_waiver", said)
    await comes_to(walk, visit, "READY_FOR_DISCHARGE")
    bill = await walk.done(Role.CASHIER, "GET", f"/api/visits/{visit['id']}/bill")
    assert (bill["waived"], bill["owed"]) == ("300.00", "0.00")


async def test_what_is_refused_stands_in_the_details_until_something_is_done(walk: Walk, post: Post) -> None:
    visit = await walk.seen()
    test = await walk.test_ordered(visit["id"])
    await post.run(visit["id"]).signal("cancel_visit", "Seen elsewhere")
    (row,) = await post.decided(visit["id"], "cancel_visit")
    assert row["status"] == "REFUSED"

    async def says(words: str) -> bool:
        return words in (await post.metadata(visit["id"])).current_details

    async def is_told() -> bool:
        return await says("was refused at") and await says(row["problem"]["detail"])

    await eventually(is_told)
    error = {"record": "LAB_REQUEST", "record_id": test["id"], "reason": "The analyser is broken"}
    await post.run(visit["id"]).signal("enter_in_error", error)

    async def is_done() -> bool:
        return not await says("was refused at") and not await says("laboratory")

    await eventually(is_done)


@pytest.mark.parametrize("kind", sorted(FREEING))
@pytest.mark.parametrize(
    "said",
    [
        ["a list"],
        {"approved": "perhaps", "more": 1},
        7,
        "",
        Payload(data=b"Wanjiku"),
        Payload(metadata={"encoding": b"avro"}),
    ],
    ids=["a list", "other fields", "a number", "an empty sentence", "no encoding", "another's encoding"],
)
async def test_what_makes_no_sense_is_kept_as_refused_and_harms_nothing(
    walk: Walk, post: Post, kind: str, said: Any
) -> None:
    visit = await walk.registered()
    if isinstance(said, Payload):
        await post.payload(visit["id"], said, kind)
    else:
        await post.run(visit["id"]).signal(kind, said)
    (row,) = await post.decided(visit["id"], "unreadable")
    assert (row["status"], row["actor_id"]) == ("REFUSED", TEMPORAL_UI)
    assert "Wanjiku" not in str(row)
    assert (await walk.visit(visit["id"]))["status"] == "REGISTERED"


async def test_a_signal_without_any_data_is_kept_too(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    await post.run(visit["id"]).signal("cancel_visit")
    (row,) = await post.decided(visit["id"], "unreadable")
    assert row["status"] == "REFUSED"


async def test_a_signal_that_nobody_knows_is_said_to_be_refused_without_its_name(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    await post.run(visit["id"]).signal("Wanjiku has gone")

    async def is_told() -> bool:
        words = (await post.metadata(visit["id"])).current_details
        return "A signal was refused at" in words and "knows no such signal" in words and "Wanjiku" not in words

    await eventually(is_told)


async def test_each_says_in_the_ui_what_it_does_and_what_to_type(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    told = {one.name: one.description for one in (await post.metadata(visit["id"])).definition.signal_definitions}
    assert {kind: told.get(kind) for kind in FREEING} == {kind: one.description for kind, one in FREEING.items()}
    assert "rows" in told["look_again"]
    assert all("Data: " in one.description for one in FREEING.values())
