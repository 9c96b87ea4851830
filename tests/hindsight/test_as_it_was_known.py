"""`GET /api/visits/{id}/timeline?at=`: what the clinic knew at a past moment, who wrote it and who had seen it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from activities.seed import add_facility_and_admin
from models.actions import ReportLabTest
from models.staff import Role
from tests.clinic import QUICK, Desk
from tests.walks import Walk, fresh
from tests.workflow.messages import Post

LAB, OFFICER = Role.LAB_TECHNICIAN, Role.CLINICAL_OFFICER


async def now(walk: Walk) -> datetime:
    """By the clinic's clock, after everything that was answered and before everything that follows."""
    (row,) = await walk.clinic.rows("select clock_timestamp() as at")
    moment: datetime = row["at"]
    return moment


async def known(walk: Walk, visit_id: str, at: datetime | str, who: Role | str = OFFICER) -> dict[str, Any]:
    said = at if isinstance(at, str) else at.isoformat()
    answer = await walk.does(who, "GET", f"/api/visits/{visit_id}/timeline?at={quote(said)}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def report(walk: Walk, test: str, hemoglobin: str, status: str = "COMPLETED") -> None:
    body = {"status": status, "results": {"hemoglobin": hemoglobin}}
    await walk.done(LAB, "PUT", f"/api/lab-requests/{test}", body)


async def test_a_result_is_shown_as_it_was_known_before_it_was_completed_and_corrected(walk: Walk) -> None:
    visit = await walk.seen()
    test = (await walk.test_ordered(visit["id"]))["id"]
    moments = {"ordered": await now(walk)}
    await report(walk, test, "13.0", "PRELIMINARY")
    moments["preliminary"] = await now(walk)
    await report(walk, test, "14.2")
    moments["final"] = await now(walk)
    correction = {"kind": "correct_lab_result", "lab_request_id": test, "results": {"hemoglobin": "12.4"}}
    form = {**correction, "reason": "Wrong tube"}
    await walk.done(LAB, "POST", f"/api/visits/{visit['id']}/actions", form)
    moments["corrected"] = await now(walk)
    told = {}
    for name, at in moments.items():
        (row,) = (await known(walk, visit["id"], at))["records"]["lab_requests"]
        former = [(one["status"], one["results"]["hemoglobin"]) for one in row["former_results"]]
        told[name] = (row["status"], (row["results"] or {}).get("hemoglobin"), row["reason"], former)
    first, second = ("PRELIMINARY", "13.0"), ("COMPLETED", "14.2")
    assert told == {
        "ordered": ("PENDING", None, None, []),
        "preliminary": (*first, None, []),
        "final": (*second, None, [first]),
        "corrected": ("CORRECTED", "12.4", "Wrong tube", [first, second]),
    }


async def test_it_says_who_wrote_each_entry_and_when_it_was_written_and_sent(walk: Walk) -> None:
    visit = await walk.taken_in()
    at = await now(walk)
    await walk.encounter(visit["id"])
    view = await known(walk, visit["id"], at)
    assert [(item["kind"], item["name"], item["version"]) for item in view["items"]] == [
        ("register_patient", "Demo Receptionist", 1),
        ("record_triage", "Demo Triage Nurse", 2),
        ("take_in", "Demo Clinical Officer", 3),
    ]
    for item in view["items"]:
        assert datetime.fromisoformat(item["at"]) < datetime.fromisoformat(item["written_at"]) <= at
    assert (view["visit"]["status"], view["visit"]["version"], view["gaps"]) == ("IN_CONSULTATION", 3, [])


async def test_who_had_read_a_result_is_told_with_name_and_time(walk: Walk) -> None:
    visit = await walk.seen()
    test = (await walk.test_ordered(visit["id"]))["id"]
    await walk.does("clinical_officer_2", "GET", f"/api/lab-requests/{test}")  # there was no result to see yet
    await report(walk, test, "14.2")
    before = await now(walk)
    await walk.does(OFFICER, "GET", f"/api/lab-requests?visit_id={visit['id']}")
    after = await now(walk)
    for at, readers in ((before, []), (after, ["Demo Clinical Officer"])):
        view = await known(walk, visit["id"], at)
        (entry,) = [item for item in view["items"] if item["kind"] == "report_lab_test"]
        assert [seen["name"] for seen in entry["seen_by"]] == readers
        assert all(before < datetime.fromisoformat(seen["at"]) <= after for seen in entry["seen_by"])
        (ordered,) = [item for item in view["items"] if item["kind"] == "order_lab_test"]
        assert "Demo Clinical Officer 2" in [seen["name"] for seen in ordered["seen_by"]]


async def test_a_critical_value_that_was_told_and_read_back_is_told_as_that(walk: Walk) -> None:
    visit = await walk.seen()
    test = (await walk.test_ordered(visit["id"]))["id"]
    await report(walk, test, "6.1")
    before = await now(walk)
    form = {"kind": "acknowledge_critical", "lab_request_id": test, "read_back": "6.1"}
    await walk.done(OFFICER, "POST", f"/api/visits/{visit['id']}/actions", form)
    heard = {name: await known(walk, visit["id"], at) for name, at in (("no", before), ("yes", await now(walk)))}
    signs = [sign for sign in heard["yes"]["seen"] if sign["how"] == "READ_BACK"]
    assert [(sign["name"], sign["record_ids"]) for sign in signs] == [("Demo Clinical Officer", [test])]
    assert not [sign for sign in heard["no"]["seen"] if sign["how"] == "READ_BACK"]
    (waiting,), (read,) = heard["no"]["records"]["lab_requests"], heard["yes"]["records"]["lab_requests"]
    assert (waiting["acknowledged_at"], waiting["read_back"]) == (None, None)
    assert read["acknowledged_at"] is not None


async def test_the_bill_is_as_it_was_owed(walk: Walk) -> None:
    visit = await walk.seen()
    drug = await walk.prescribed(visit["id"])
    await walk.paid(visit["id"], "100")
    owed, bill = await now(walk), await walk.done(Role.CASHIER, "GET", f"/api/visits/{visit['id']}/bill")
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "CANCELLED"})
    await walk.paid(visit["id"])
    view = await known(walk, visit["id"], owed, Role.CASHIER)
    assert view["bill"] == bill
    assert len(bill["lines"]) == 2
    assert len((await known(walk, visit["id"], await now(walk)))["bill"]["lines"]) == 1


async def test_the_patient_is_who_they_were_known_to_be(walk: Walk) -> None:
    visit = await walk.registered(first_name="Wambui", phone_number="0712345678")
    before = await now(walk)
    for name in ("Wambūi", "Wanjiru"):
        path = f"/api/patients/{visit['patient_id']}"
        await walk.done(Role.RECEPTIONIST, "PUT", path, {"first_name": name, "phone_number": "0722000111"})
    patient = (await known(walk, visit["id"], before))["patient"]
    assert (patient["first_name"], patient["phone_number"]) == ("Wambui", "+254712345678")
    assert (await known(walk, visit["id"], await now(walk)))["patient"]["first_name"] == "Wanjiru"


async def test_an_emergency_was_unknown_until_somebody_found_out(walk: Walk) -> None:
    before = await walk.registered(first_name="Otieno")
    await walk.done(
        "supervisor", "POST", f"/api/visits/{before['id']}/actions", {"kind": "cancel_visit", "reason": "x"}
    )
    visit = (await walk.done(Role.TRIAGE_NURSE, "POST", "/api/emergencies", {}))["visit"]
    await walk.encounter(
        (await walk.done(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"}))["id"]
    )
    unknown = await now(walk)
    form = {"kind": "identify_patient", "patient_id": before["patient_id"]}
    await walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{visit['id']}/actions", form)
    then, later = await known(walk, visit["id"], unknown), await known(walk, visit["id"], await now(walk))
    assert (then["patient"]["first_name"], then["visit"]["identity_pending"]) == ("Unknown", True)
    assert then["patient"]["merged_into"] is None
    assert (later["patient"]["first_name"], later["visit"]["identity_pending"]) == ("Otieno", False)
    for view in (then, later):
        (encounter,) = view["records"]["patient_encounters"]
        assert encounter["patient_id"] == view["visit"]["patient_id"] == view["patient"]["id"]


async def test_clinical_records_are_left_out_for_who_may_not_read_them_and_it_says_so(walk: Walk) -> None:
    visit = await walk.seen()
    await walk.test_ordered(visit["id"])
    await walk.paid(visit["id"], "1")
    await walk.does(OFFICER, "GET", f"/api/lab-requests?visit_id={visit['id']}")
    at = await now(walk)
    cashier, officer = await known(walk, visit["id"], at, Role.CASHIER), await known(walk, visit["id"], at)
    assert (cashier["records"]["lab_requests"], cashier["records"]["patient_encounters"]) == (None, None)
    assert len(cashier["records"]["payments"]) == 1
    assert not [sign for sign in cashier["seen"] if sign["what"] == "lab_requests"]
    assert [sign for sign in officer["seen"] if sign["what"] == "lab_requests"]
    assert "clinical roles" in cashier["gaps"][0]
    assert cashier["visit"] == officer["visit"]


@pytest.mark.parametrize(
    "at", ["2026-11-23T10:42:00", "2026-11-23", "yesterday", "1763888520", "2026-11-23T10:42:00+03:00x", ""]
)
async def test_a_moment_without_zone_or_sense_is_refused(walk: Walk, at: str) -> None:
    visit = await walk.registered()
    answer = await walk.does(OFFICER, "GET", f"/api/visits/{visit['id']}/timeline?at={quote(at)}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")


async def test_the_future_is_refused_and_before_the_arrival_there_is_nothing(walk: Walk) -> None:
    before = await now(walk)
    visit = await walk.registered()
    path = f"/api/visits/{visit['id']}/timeline?at="
    future = await walk.does(OFFICER, "GET", path + quote((await now(walk) + timedelta(minutes=1)).isoformat()))
    assert (future.status_code, future.json()["errors"][0]["field"]) == (422, "at")
    assert "future" in future.json()["detail"]
    early = await walk.does(OFFICER, "GET", path + quote(before.isoformat()))
    assert (early.status_code, early.json()["type"]) == (404, "/problems/not-found")
    assert "registration" in early.json()["detail"]


async def test_a_plus_sign_that_nobody_encoded_is_understood(walk: Walk) -> None:
    visit = await walk.registered()
    at = await now(walk)
    local = at.astimezone(UTC).isoformat()
    answer = await walk.does(OFFICER, "GET", f"/api/visits/{visit['id']}/timeline?at={local}")
    assert answer.status_code == 200, answer.text
    assert datetime.fromisoformat(answer.json()["at"]) == at


async def test_looking_back_is_itself_audited(walk: Walk) -> None:
    visit = await walk.registered()
    at = await now(walk)
    await known(walk, visit["id"], at, Role.CASHIER)
    path = f"/api/audit-logs?resource=HINDSIGHT&resource_id={visit['id']}"
    (entry,) = (await walk.done(Role.SUPERVISOR, "GET", path))["items"]
    cashier = (await walk.done(Role.CASHIER, "GET", "/api/me"))["id"]
    assert (entry["user_id"], entry["action"], entry["ip_address"]) == (cashier, "CREATE", "127.0.0.1")
    assert at.astimezone(UTC).isoformat(timespec="seconds")[:19] in entry["details"]


async def test_another_facility_s_visit_is_not_there(walk: Walk) -> None:
    visit, name = await walk.registered(), f"kitale_{fresh()[:8]}"
    elsewhere = walk.clinic.settings.model_copy(update={"facility_code": name, "facility_name": "Kitale"})
    await add_facility_and_admin(elsewhere, name, "Nekesa Barasa", "nyota-ya-kitale", tuple(Role), QUICK)
    form = {"username": name, "password": "nyota-ya-kitale"}
    token = (await walk.clinic.http.post("/api/auth/token", data=form)).json()["access_token"]
    at = quote((await now(walk)).isoformat())
    answer = await Desk(walk.clinic.http, token).get(f"/api/visits/{visit['id']}/timeline?at={at}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such visit.")


async def test_what_waited_while_nobody_worked_was_known_only_when_it_was_written(walk: Walk) -> None:
    """Signed an hour ago, stored as signals: a result that counts, and a second one that is refused."""
    visit, post = await walk.seen(), Post(walk.clinic)
    test = (await walk.test_ordered(visit["id"]))["id"]
    waiting = await now(walk)
    for hemoglobin in ("14.2", "13.0"):
        form = {"lab_request_id": test, "status": "COMPLETED", "results": {"hemoglobin": hemoglobin}}
        command = await post.command(LAB, visit["id"], ReportLabTest.model_validate(form))
        sent = command.model_copy(update={"at": waiting - timedelta(hours=1)})
        await post.signal(visit["id"], post.signed(sent))
    await post.decided(visit["id"], "report_lab_test", 2)
    before, after = await known(walk, visit["id"], waiting), await known(walk, visit["id"], await now(walk))
    assert [row["status"] for row in before["records"]["lab_requests"]] == ["PENDING"]
    assert [row["status"] for row in after["records"]["lab_requests"]] == ["COMPLETED"]
    assert "report_lab_test" not in [item["kind"] for item in before["items"]]
    done, refused = after["items"][-2:]
    assert (done["status"], refused["status"]) == ("DONE", "REFUSED")
    assert (refused["version"], refused["problem"]["type"]) == (None, "/problems/already-done")
    assert datetime.fromisoformat(done["at"]) < waiting < datetime.fromisoformat(done["written_at"])


async def test_a_service_that_closed_its_referral_is_seen_doing_so(walk: Walk) -> None:
    """Two rows in one command: the record that is answered, and the referral that it closes."""
    visit = await walk.seen()
    path = f"/api/visits/{visit['id']}/referrals"
    await walk.done(OFFICER, "POST", path, {"station": "MCH", "reason": "Antenatal care"})
    referred = await now(walk)
    service = (await walk.done(OFFICER, "GET", "/api/mch-services?query=deworming"))["items"][0]["id"]
    form = {"kind": "record_mch_service", "service_id": service, "service_details": {}}
    await walk.done(Role.MCH_NURSE, "POST", f"/api/visits/{visit['id']}/actions", form)
    for at, status, contacts in ((referred, "PENDING", 0), (await now(walk), "COMPLETED", 1)):
        records = (await known(walk, visit["id"], at))["records"]
        assert [row["status"] for row in records["referrals"]] == [status]
        assert len(records["patient_mch_services"]) == contacts


async def test_a_follow_up_that_was_moved_later_stands_where_it_stood(walk: Walk) -> None:
    visit = await walk.seen()
    await walk.paid(visit["id"])
    booked = (await walk.discharged(visit["id"], follow_up={"in_days": 3, "notes": "Review"}))["appointment"]
    moments = [await now(walk)]
    for notes in ("Bring the card", "Bring the child too"):
        await walk.done(OFFICER, "PUT", f"/api/appointments/{booked['id']}", {"notes": notes})
        moments.append(await now(walk))
    views = [(await known(walk, visit["id"], at))["records"]["appointments"] for at in moments]
    assert [(row["notes"], row["version"]) for (row,) in views] == [
        ("Review", 1),
        ("Bring the card", 2),
        ("Bring the child too", 3),
    ]


async def test_what_older_versions_wrote_is_told_as_far_as_it_is_known_and_said_so(walk: Walk) -> None:
    visit = await walk.seen()
    test = (await walk.test_ordered(visit["id"]))["id"]
    ordered = await now(walk)
    await report(walk, test, "14.2")
    answered = await now(walk)
    whole = [await known(walk, visit["id"], at) for at in (ordered, answered)]
    await walk.clinic.rows("update commands set wrote = null where visit_id = %s", visit["id"])
    for at, before in zip((ordered, answered), whole, strict=True):
        view = await known(walk, visit["id"], at)
        assert len(view.pop("gaps")) == 1
        assert view == {name: value for name, value in before.items() if name != "gaps"}
