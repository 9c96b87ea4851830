"""The queue of a station as everybody sees it, on the real servers."""

from models.staff import Role
from tests.queues.hall import Hall

EVENTS = """
    select kind, audience, payload from events where kind like 'queue:%%' and payload->>'visitId' = %s order by id
"""


async def test_a_call_no_answer_and_a_call_again_keep_the_place(hall: Hall) -> None:
    first, second = await hall.registered(), await hall.registered()
    await hall.acted(Role.TRIAGE_NURSE, first["id"], "call_patient", "TRIAGE", room="Room 2")
    await hall.acted(Role.TRIAGE_NURSE, first["id"], "no_answer", "TRIAGE")
    called = await hall.next(Role.TRIAGE_NURSE, "TRIAGE", "Room 2")
    assert called.json()["id"] == second["id"], "who did not answer just now waits while another is called"
    line = await hall.line("TRIAGE")
    assert [one["visit_id"] for one in line] == [first["id"], second["id"]]
    assert [(one["position"], one["calls"], one["missed"]) for one in line] == [(1, 1, 1), (2, 1, 0)]
    again = await hall.next(Role.TRIAGE_NURSE, "TRIAGE", "Room 2")
    assert again.json()["id"] == first["id"], "nobody else is left"


async def test_who_never_answers_is_perhaps_gone(hall: Hall) -> None:
    visit = await hall.registered()
    for _ in range(3):
        assert (await hall.item("TRIAGE", visit["id"]))["advice"] is None
        await hall.acted(Role.TRIAGE_NURSE, visit["id"], "call_patient", "TRIAGE")
        await hall.acted(Role.TRIAGE_NURSE, visit["id"], "no_answer", "TRIAGE")
    advice = (await hall.item("TRIAGE", visit["id"]))["advice"]
    assert "3 calls" in advice
    assert "record that they left" in advice


async def test_who_was_taken_has_no_place_and_the_others_move_up(hall: Hall) -> None:
    first, second = await hall.registered(), await hall.registered()
    await hall.acted("triage_nurse_2", first["id"], "take_patient", "TRIAGE", room="Room 3")
    line = await hall.line("TRIAGE")
    assert [one["position"] for one in line] == [None, 1]
    assert line[0]["room"] == "Room 3"
    assert line[0]["due_at"] > line[0]["since"]
    assert line[0]["is_late"] is False
    place = (await hall.done(Role.RECEPTIONIST, "GET", f"/api/visits/{second['id']}/position"))["items"]
    assert [(one["station"], one["position"], one["waiting"]) for one in place] == [("TRIAGE", 1, 2)]
    refused = await hall.act(Role.TRIAGE_NURSE, first["id"], "take_patient", "TRIAGE")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    await hall.acted(Role.SUPERVISOR, first["id"], "release_patient", "TRIAGE")
    assert [one["position"] for one in await hall.line("TRIAGE")] == [1, 2]


async def test_the_boards_hear_each_step_with_number_room_and_place(hall: Hall) -> None:
    await hall.registered()
    visit = await hall.registered()
    for kind in ("call_patient", "no_answer", "take_patient", "release_patient"):
        await hall.acted(Role.TRIAGE_NURSE, visit["id"], kind, "TRIAGE")
    told = await hall.clinic.rows(EVENTS, visit["id"])
    assert [(one["kind"], one["payload"]["position"]) for one in told] == [
        ("queue:called", 2),
        ("queue:no_answer", 2),
        ("queue:taken", None),
        ("queue:released", 2),
    ]
    assert all(set(one["audience"]) == {"TRIAGE_NURSE", "RECEPTIONIST", "SUPERVISOR"} for one in told)
    assert all(one["payload"]["opNumber"] == visit["op_number"] for one in told)
    assert not any("Mfano" in str(one["payload"]) for one in told)
    shown = await hall.does(Role.SUPERVISOR, "GET", f"/api/visits/{visit['id']}/timeline")
    assert [one["kind"] for one in shown.json()["items"]][1:] == [
        "call_patient",
        "no_answer",
        "take_patient",
        "release_patient",
    ]
    audited = await hall.clinic.rows("select details from audit_logs where visit_id = %s order by seq", visit["id"])
    assert audited[1]["details"] == "Patient called at TRIAGE"


async def test_urgency_comes_before_arrival_in_the_place_that_is_told(hall: Hall) -> None:
    """The place in the event is reckoned by the database, that in the list by the list."""
    await hall.triaged("NORMAL")
    urgent = await hall.triaged("URGENT")
    for visit_id in [one["visit_id"] for one in await hall.line("CONSULTATION")]:
        await hall.acted(Role.SUPERVISOR, visit_id, "call_patient", "CONSULTATION")
    line = {one["visit_id"]: one["position"] for one in await hall.line("CONSULTATION")}
    told = await hall.clinic.rows("select payload from events where kind = 'queue:called' order by id desc limit 9")
    said = {one["payload"]["visitId"]: one["payload"]["position"] for one in told}
    assert {id: said[id] for id in line} == line
    assert line[urgent["id"]] == 1


async def test_a_queue_is_narrowed_and_sorted_by_several_things_at_once(hall: Hall) -> None:
    calm, urgent = await hall.triaged("NORMAL"), await hall.triaged("URGENT")
    reading = "/api/queues/CONSULTATION?limit=200"

    async def those(query: str) -> list[str]:
        items = (await hall.done(Role.CLINICAL_OFFICER, "GET", f"{reading}&{query}"))["items"]
        return [one["visit_id"] for one in items if one["visit_id"] in (calm["id"], urgent["id"])]

    assert await those("") == [urgent["id"], calm["id"]], "by urgency, then by arrival"
    assert await those("sort=WAIT") == [calm["id"], urgent["id"]], "who has waited longest first"
    assert await those("triage_category=URGENT&sort=WAIT") == [urgent["id"]]
    assert await those("waited_minutes=5") == []
    taken = await hall.acted(Role.CLINICAL_OFFICER, calm["id"], "take_patient", "CONSULTATION")
    mine = taken["calls"][0]["taken_by"]
    assert await those(f"provider_id={mine}&triage_category=NORMAL") == [calm["id"]]
    assert await those(f"provider_id={mine}&triage_category=URGENT") == []
    refused = await hall.does(Role.CLINICAL_OFFICER, "GET", f"{reading}&sort=NAME")
    assert refused.status_code == 422
