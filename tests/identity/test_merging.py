"""Two registrations of one person become one, in whatever order they are named, and are parted again."""

from asyncio import gather
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.errors import InsufficientPrivilege

from models.staff import Role
from tests.faults.desk import require_sound, require_whole_audit
from tests.identity.reception import CASHIER, HERE, OFFICER, SUPERVISOR, TWICE, Reception
from tests.walks import fresh, new_patient


async def test_the_older_registration_goes_on_and_the_other_leads_to_it(reception: Reception) -> None:
    for turned in (False, True):
        old = await reception.registered(national_id=None, email=None)
        new = await reception.registered(email="taa@example.org")
        named = (new, old) if turned else (old, new)
        done = await reception.merged(*named)
        assert (done["patient"]["id"], done["merged"]["id"]) == (old["id"], new["id"])
        assert (done["patient"]["national_id"], done["patient"]["email"]) == (new["national_id"], "taa@example.org")
        shown = await reception.patient(new)
        assert (shown["merged_into"], shown["surviving"]["id"]) == (old["id"], old["id"])
        assert [former["id"] for former in (await reception.patient(old))["known_before_as"]] == [new["id"]]


async def test_either_order_gives_the_same_patient(reception: Reception) -> None:
    same = {"first_name": "Zuri", "last_name": "Mfano", "phone_number": "0722000111"}
    made = []
    for turned in (False, True):
        old = await reception.registered(**same, national_id=None, gender="UNKNOWN")
        new = await reception.registered(**same, national_id=None, insurance_type="SHA", sha_number=f"SHA{turned:d}-1")
        patient = (await reception.merged(*((new, old) if turned else (old, new))))["patient"]
        made.append({n: v for n, v in patient.items() if n not in ("id", "registration_date", "sha_number")})
    assert made[0] == made[1]
    assert (made[0]["gender"], made[0]["insurance_type"]) == ("FEMALE", "SHA")


async def test_everything_follows_and_is_found_by_the_old_id_and_number(reception: Reception) -> None:
    walk = reception.walk
    old = await reception.registered()
    visit = await walk.seen(last_name="Zamani")
    new = {"id": visit["patient_id"]}
    number = (await reception.patient(new))["national_id"]
    order = await walk.test_ordered(visit["id"])
    soon = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    booked = {"patient_id": new["id"], "appointment_date": soon}
    appointment = await walk.done(HERE, "POST", "/api/appointments", booked)
    done = await reception.merged(new, old, override_reason="One of the two is a passport")
    assert {"visits", "patient_encounters", "lab_requests", "charges", "appointments"} <= set(done["moved"])
    for table in ("visits", "patient_encounters", "lab_requests", "charges"):
        assert await reception.patients_of(table, visit["id"]) == {old["id"]}, table
    for id in (old["id"], new["id"]):
        assert visit["id"] in {one["id"] for one in await reception.listed(f"/api/visits?patient_id={id}")}
        (found,) = await reception.listed(f"/api/lab-requests?patient_id={id}")
        assert found["id"] == order["id"]
        (found,) = await reception.listed(f"/api/appointments?patient_id={id}")
        assert found["id"] == appointment["id"]
    for word in (number, "Zamani"):
        found_by = await reception.listed(f"/api/patients?query={word}")
        assert old["id"] in {one["id"] for one in found_by}
        assert new["id"] not in {one["id"] for one in found_by}
    again = new_patient(national_id=number)
    twin = await walk.does(HERE, "POST", "/api/patients", again)
    assert (twin.status_code, twin.json()["patient_id"]) == (409, old["id"])
    later = await walk.done(HERE, "POST", "/api/appointments", booked)
    assert later["patient_id"] == old["id"]
    answer = await walk.does(HERE, "PUT", f"/api/patients/{new['id']}", {"first_name": "Tena"})
    assert (answer.status_code, answer.json()["patient_id"]) == (409, old["id"])
    marks = {one["mark"] for one in await reception.listed(f"/api/patients/{new['id']}/moved-records")}
    assert marks == {"Moved: this registration was merged with another"}


async def test_an_open_visit_goes_on_under_the_survivor(reception: Reception) -> None:
    walk = reception.walk
    old = await reception.registered()
    visit = await walk.seen(national_id=None)
    new = {"id": visit["patient_id"]}
    await reception.merged(old, new)
    for id in (new["id"], old["id"]):  # a screen that shows the old registration, and one that shows the new
        body = {"visit_id": visit["id"], "patient_id": id, "amount": "100", "payment_type": "CASH"}
        assert (await walk.does(CASHIER, "POST", "/api/payments", body)).status_code == 201
        unnamed = {name: value for name, value in body.items() if name != "visit_id"}
        paid = await walk.does(CASHIER, "POST", "/api/payments", {**unnamed, "amount": "50"})
        assert (paid.status_code, paid.json()["patient_id"]) == (201, old["id"])
    assert (await walk.discharged(visit["id"]))["patient_id"] == old["id"]
    await require_sound(reception.clinic, visit["id"])
    await require_whole_audit(reception.clinic)


async def test_a_returning_patient_is_found_by_the_old_number(reception: Reception) -> None:
    old, new = await reception.registered(), await reception.registered()
    await reception.merged(old, new, override_reason="A passport")
    form = {"registration_type": "RETURNING", "chief_complaint": "Cough", "payment_type": "CASH"}
    made = await reception.walk.done(HERE, "POST", "/api/patients", {**form, "national_id": new["national_id"]})
    assert made["patient"]["id"] == made["visit"]["patient_id"] == old["id"]
    opened = {"patient_id": new["id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    second = await reception.walk.does(HERE, "POST", "/api/visits", opened)
    assert second.json()["type"] == "/problems/conflict"


async def test_two_open_visits_stay_and_reception_says_which_goes_on(reception: Reception) -> None:
    walk = reception.walk
    old, first = await reception.arrives(national_id=None)
    new, second = await reception.arrives(national_id=None)
    await reception.merged(old, new)
    assert not (await walk.visit(first["id"]))["doubled"]
    assert (await walk.visit(second["id"]))["doubled"]
    waiting = {item["visit_id"]: item["patient_id"] for item in await reception.listed("/api/queues/TRIAGE")}
    assert (waiting[first["id"]], waiting[second["id"]]) == (old["id"], old["id"])
    (task,) = await reception.tasks(second["id"], "CHOOSE_VISIT")
    assert (task["role"], first["op_number"] in task["words"], second["op_number"] in task["words"]) == (
        "RECEPTIONIST",
        True,
        True,
    )
    unnamed = {"patient_id": old["id"], "amount": "1", "payment_type": "CASH"}
    which = await walk.does(CASHIER, "POST", "/api/payments", unnamed)
    assert which.json()["type"] == "/problems/conflict"
    third = {"patient_id": old["id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    await reception.acts(HERE, first["id"], "cancel_visit", reason="Goes on with the other")
    assert (await walk.does(HERE, "POST", "/api/visits", third)).json()["type"] == "/problems/conflict"
    said = {"kind": "complete", "outcome": "The second goes on"}
    await walk.done(HERE, "POST", f"/api/tasks/{task['id']}/actions", said)
    await reception.acts(HERE, second["id"], "cancel_visit", reason="Went home")
    assert (await walk.does(HERE, "POST", "/api/visits", third)).status_code == 201


async def test_what_differs_must_be_confirmed_and_two_national_ids_explained(reception: Reception) -> None:
    one = await reception.registered(gender="MALE", age=None, date_of_birth="1990-04-03")
    other = await reception.registered(gender="FEMALE", age=None, date_of_birth="1991-04-03")
    answer = await reception.merge(one, other)
    assert answer.status_code == 422
    said = [(error["field"], error["reason"].split()[0]) for error in answer.json()["errors"]]
    assert said == [("confirmed", "gender"), ("confirmed", "date_of_birth"), ("override_reason", "they")]
    seen = await reception.merge(one, other, dry_run=True)
    assert seen.json()["doubts"] == ["gender", "date_of_birth"]
    assert seen.json()["needs_override_reason"]
    assert (await reception.patient(other))["merged_into"] is None
    assert (await reception.merge(one, other, confirmed=True)).status_code == 422
    await reception.merged(one, other, confirmed=True, override_reason="A passport and an identity card")


async def test_the_preview_says_what_would_move_and_moves_nothing(reception: Reception) -> None:
    old = await reception.registered()
    visit = await reception.walk.seen(national_id=None)
    new = {"id": visit["patient_id"]}
    answer = await reception.merge(new, old, dry_run=True)
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["patient"]["id"], seen["merged"]["id"]) == (old["id"], new["id"])
    assert [one["visit_id"] for one in seen["open_visits"]] == [visit["id"]]
    assert await reception.patients_of("visits", visit["id"]) == {new["id"]}
    done = await reception.merged(new, old)
    assert done["moved"] == seen["moves"]


async def test_a_merge_clicked_twice_is_one_merge(reception: Reception) -> None:
    old, new = await reception.registered(), await reception.registered(national_id=None)
    key = fresh()
    one, other = await gather(*(reception.merge(old, new, key) for _ in range(2)))
    assert (one.status_code, one.json()) == (201, other.json())
    again = await reception.merge(new, old)
    assert (again.status_code, again.json()["type"], again.json()["patient_id"]) == (
        409,
        "/problems/already-done",
        old["id"],
    )
    other_body = await reception.merge(new, old, key)
    assert other_body.json()["type"] == "/problems/key-reused"
    assert len(await reception.listed(f"/api/patients/{old['id']}/merges")) == 1


async def test_merged_from_both_sides_at_once_there_is_one_merge(reception: Reception) -> None:
    old, new = await reception.registered(), await reception.registered(national_id=None)
    answers = await gather(*(reception.merge(*pair) for pair in ((old, new), (new, old), (old, new), (new, old))))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert [merge["merged_id"] for merge in await reception.listed(f"/api/patients/{old['id']}/merges")] == [new["id"]]


async def test_a_chain_of_merges_leads_to_the_oldest_and_no_circle_can_be_made(reception: Reception) -> None:
    first = await reception.registered()
    second, third = [await reception.registered(national_id=None) for _ in range(2)]
    await reception.merged(third, second)
    done = await reception.merged(first, third)
    assert (done["patient"]["id"], done["merged"]["id"]) == (first["id"], second["id"])
    for one in (second, third):
        assert (await reception.patient(one))["merged_into"] == first["id"]
    for pair in ((first, third), (third, second), (second, first)):
        assert (await reception.merge(*pair)).json()["type"] == "/problems/already-done"


@pytest.mark.parametrize("who", [HERE, OFFICER, CASHIER])
async def test_only_who_is_in_charge_merges(reception: Reception, who: Role) -> None:
    body = {"patient_id": str(uuid4()), **TWICE}
    answer = await reception.walk.does(who, "POST", f"/api/patients/{uuid4()}/merge", body)
    assert (answer.status_code, set(answer.json()["roles"])) == (403, {"SUPERVISOR", "ADMIN"})


async def test_an_emergency_without_identity_is_identified_not_merged(reception: Reception) -> None:
    made = await reception.walk.done(Role.TRIAGE_NURSE, "POST", "/api/emergencies", {})
    old = await reception.registered()
    answer = await reception.merge(old, made["patient"])
    assert (answer.status_code, "identify_patient" in answer.json()["detail"]) == (409, True)


async def test_parted_again_each_has_its_own(reception: Reception) -> None:
    walk = reception.walk
    old, first = await reception.arrives(national_id=None)
    visit = await walk.seen()
    new = await reception.patient({"id": visit["patient_id"]})
    await reception.merged(old, new)
    assert (await reception.patient(old))["national_id"] == new["national_id"]
    await walk.test_ordered(visit["id"])
    done = await reception.parted(new)
    assert (done["patient"]["id"], done["patient"]["merged_into"]) == (new["id"], None)
    assert (await reception.patient(old))["national_id"] is None
    assert (await reception.patient(new))["national_id"] == new["national_id"]
    for table in ("visits", "patient_encounters", "lab_requests", "charges"):
        assert await reception.patients_of(table, visit["id"]) == {new["id"]}, table
    assert await reception.patients_of("visits", first["id"]) == {old["id"]}
    assert not (await walk.visit(visit["id"]))["doubled"]
    await walk.paid(visit["id"], "1")
    again = await walk.does(SUPERVISOR, "POST", f"/api/patients/{new['id']}/unmerge", {"reason": "Again"})
    assert again.json()["type"] == "/problems/conflict"
    (merge,) = await reception.listed(f"/api/patients/{new['id']}/merges")
    assert (merge["undo_reason"], bool(merge["undone_at"])) == ("They are two people", True)
    await reception.merged(new, old)
    await require_whole_audit(reception.clinic)


async def test_who_has_died_under_one_registration_has_died(reception: Reception) -> None:
    """Nobody is invited, reminded or registered again who has died; parted again, each is what they were."""
    walk = reception.walk
    old = await reception.registered()
    new, _ = await reception.died()
    answer = await reception.merge(old, new)
    assert [(one["field"], one["reason"].split()[0]) for one in answer.json()["errors"]] == [
        ("confirmed", "deceased_at")
    ]
    await reception.merged(old, new, confirmed=True)
    died = (await reception.patient(new))["deceased_at"]
    assert died
    assert (await reception.patient(old))["deceased_at"] == died
    again = {"patient_id": old["id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    assert (await walk.does(HERE, "POST", "/api/visits", again)).status_code == 409
    await reception.parted(new)
    assert (await reception.patient(old))["deceased_at"] is None
    assert (await reception.patient(new))["deceased_at"] == died


async def test_a_death_that_is_taken_back_while_merged_is_nobodys_when_parted(reception: Reception) -> None:
    old = await reception.registered()
    new, visit = await reception.died()
    await reception.merged(old, new, confirmed=True)
    await reception.acts(SUPERVISOR, visit, "undo_death", reason="The wrong person")
    await reception.parted(new)
    assert [(await reception.patient(one))["deceased_at"] for one in (old, new)] == [None, None]


async def test_who_has_died_is_not_merged_with_somebody_who_is_here(reception: Reception) -> None:
    here, _ = await reception.arrives()
    gone, _ = await reception.died()
    answer = await reception.merge(here, gone, confirmed=True)
    assert (answer.status_code, "undo_death" in answer.json()["detail"]) == (409, True)


async def test_a_chain_is_parted_from_its_end(reception: Reception) -> None:
    first = await reception.registered()
    second, third = [await reception.registered(national_id=None) for _ in range(2)]
    await reception.merged(third, second)
    await reception.merged(first, second)
    path, body = f"/api/patients/{third['id']}/unmerge", {"reason": "Two people"}
    early = await reception.walk.does(SUPERVISOR, "POST", path, body)
    assert early.json()["type"] == "/problems/conflict"
    await reception.parted(second)
    assert (await reception.patient(third))["merged_into"] == second["id"]
    await reception.parted(third)
    assert [(await reception.patient(one))["merged_into"] for one in (first, second, third)] == [None] * 3


async def test_the_schedule_of_vaccines_by_an_old_id_is_the_one_that_goes_on(reception: Reception) -> None:
    old, new = await reception.registered(), await reception.registered(national_id=None)
    await reception.merged(old, new)
    path = f"/api/immunization/patients/{new['id']}/schedule"
    shown = await reception.walk.done(Role.IMMUNIZATION_NURSE, "GET", path)
    assert shown["patient_id"] == old["id"]


async def test_what_the_ledger_of_moves_says_stays(reception: Reception) -> None:
    old, new = await reception.registered(), await reception.registered(national_id=None)
    await reception.merged(old, new)
    for change in ("update record_moves set reason = 'x' where from_patient = %s", "delete from record_moves"):
        with pytest.raises(InsufficientPrivilege, match="append-only"):
            await reception.clinic.rows(change, *([new["id"]] if "%s" in change else []))


async def test_a_merge_is_audited_on_both(reception: Reception) -> None:
    old, new = await reception.registered(), await reception.registered(national_id=None)
    before = await reception.audited(old), await reception.audited(new)
    await reception.merged(old, new)
    for patient, count in zip((old, new), before, strict=True):
        entries: list[dict[str, Any]] = await reception.listed(
            f"/api/audit-logs?resource=PATIENT&resource_id={patient['id']}"
        )
        assert len(entries) > count
        assert "Registered twice" in entries[0]["details"] or "Registered twice" in entries[1]["details"]
