"""A message that cannot be understood is kept as refused, without its content, and the visit goes on."""

from typing import Any
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import Payload

from activities.records import TEMPORAL_UI
from models.staff import Role
from tests.walks import VITALS, Walk
from tests.workflow.messages import Post

NOT_DECODABLE = {
    "half a JSON document": Payload(metadata={"encoding": b"json/plain"}, data=b'{"kind": "cancel_visit'),
    "no encoding": Payload(data=b"Wanjiku"),
    "an encoding of somebody else": Payload(metadata={"encoding": b"avro/binary"}, data=b"Wanjiku"),
    "bytes": Payload(metadata={"encoding": b"binary/plain"}, data=b"Wanjiku"),
    "nothing": Payload(metadata={"encoding": b"binary/null"}),
}
NOT_UNDERSTANDABLE: dict[str, Any] = {
    "a list": [1, 2],
    "a word": "cancel",
    "a kind that there is not": {"kind": "open_the_gate"},
    "a kind that is no word": {"kind": {"kind": []}},
    "an action without its reason": {"kind": "cancel_visit"},
    "an action with more than its fields": {"kind": "cancel_visit", "reason": "x", "force": True},
    "half a command": {"id": "not-a-uuid", "actor": "me"},
}


async def triaged(walk: Walk, visit: dict[str, Any]) -> str:
    body = {"vital_signs": VITALS, "triage_category": "NORMAL"}
    return str((await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body))["status"])


@pytest.mark.parametrize("what", NOT_DECODABLE)
async def test_a_signal_that_does_not_decode_is_kept(walk: Walk, post: Post, what: str) -> None:
    visit = await walk.registered()
    await post.payload(visit["id"], NOT_DECODABLE[what])
    (row,) = await post.decided(visit["id"], "unreadable")
    assert (row["status"], row["actor_id"], row["problem"]["type"]) == ("REFUSED", TEMPORAL_UI, "/problems/invalid")
    assert "Wanjiku" not in str(row)
    assert await triaged(walk, visit) == "TRIAGED"


@pytest.mark.parametrize("what", NOT_UNDERSTANDABLE)
async def test_a_signal_that_is_no_command_is_kept(walk: Walk, post: Post, what: str) -> None:
    visit = await walk.registered()
    await post.signal(visit["id"], NOT_UNDERSTANDABLE[what])
    (row,) = await post.decided(visit["id"], "unreadable")
    assert row["status"] == "REFUSED"
    assert await triaged(walk, visit) == "TRIAGED"


async def test_a_signal_without_any_message_and_an_unknown_one_are_kept(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    await post.run(visit["id"]).signal("submit")
    await post.run(visit["id"]).signal("open_the_gate", {"name": "Wanjiku"})
    rows = await post.decided(visit["id"], "unreadable", count=2)
    assert "no such signal" in rows[1]["problem"]["detail"]
    assert await triaged(walk, visit) == "TRIAGED"


async def test_whoever_can_be_read_from_a_broken_command_is_told(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    nurse = await post.person(Role.TRIAGE_NURSE)
    broken = {"id": str(uuid4()), "actor": {"id": str(nurse.id)}, "action": {"kind": "open_the_gate"}}
    await post.signal(visit["id"], broken)
    (row,) = await post.decided(visit["id"], "unreadable")
    assert (str(row["id"]), row["actor_id"]) == (broken["id"], nurse.id)
    told = "select audience from events where kind = 'command:refused' and payload->>'commandId' = %s"
    (event,) = await post.clinic.rows(told, broken["id"])
    assert str(nurse.id) in event["audience"][0]
