"""What a payer says about the cover, and what happens while it says nothing."""

from typing import Any

from models.staff import Role
from tests.claims.conftest import Counter
from tests.clinic import eventually
from tests.walks import new_patient


async def cover_of(counter: Counter, visit_id: str) -> dict[str, Any]:
    answer = await counter.walk.does(Role.RECEPTIONIST, "GET", f"/api/visits/{visit_id}/coverage")
    return dict(answer.json()) if answer.status_code == 200 else {}


async def answered(counter: Counter, visit_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def is_so() -> bool:
        found.update(await cover_of(counter, visit_id))
        return bool(found.get("answered_at"))

    await eventually(is_so, 60)
    return found


async def test_a_member_is_covered(counter: Counter) -> None:
    visit = await counter.walk.registered(payment_type="SHA", insurance_type="SHA")
    cover = await answered(counter, visit["id"])
    assert (cover["status"], cover["payer"]) == ("ACTIVE", "SHA")
    assert cover["member_number"]
    assert any(scheme["is_active"] for scheme in cover["schemes"])


async def test_somebody_whom_sha_does_not_know_becomes_a_task_for_reception(counter: Counter) -> None:
    visit = await counter.walk.registered(payment_type="SHA", insurance_type="SHA", national_id="TEST-000000404")
    assert (await answered(counter, visit["id"]))["status"] == "NOT_FOUND"
    task = await counter.task(visit["id"], "CHECK_COVER")
    assert (task["role"], task["closes_itself"]) == ("RECEPTIONIST", False)
    done = await counter.walk.done(
        Role.RECEPTIONIST, "POST", f"/api/tasks/{task['id']}/actions", {"kind": "complete", "outcome": "Pays in cash"}
    )
    assert (done["status"], done["outcome"]) == ("DONE", "Pays in cash")


async def test_a_cover_that_is_not_paid_up_says_what_to_do(counter: Counter) -> None:
    visit = await counter.walk.registered(payment_type="SHA", insurance_type="SHA", national_id="TEST-000000402")
    cover = await answered(counter, visit["id"])
    assert cover["status"] == "INACTIVE"
    assert cover["advice"]


async def test_nhif_has_ended_and_says_to_ask_sha(counter: Counter) -> None:
    visit = await counter.walk.registered(payment_type="NHIF", insurance_type="NHIF")
    cover = await answered(counter, visit["id"])
    assert (cover["status"], cover["payer"]) == ("ENDED", "NHIF")
    assert "SHA" in cover["advice"]


async def test_while_sha_is_down_the_cover_is_provisional_and_the_patient_goes_on(counter: Counter) -> None:
    await counter.sandbox.breaks("sha", "down")
    visit = await counter.consulted()
    assert (await cover_of(counter, visit["id"]))["status"] == "PROVISIONAL"
    invoice = await counter.invoiced(visit["id"])
    assert invoice["visit"]["balance"] == "0.00"
    assert (await counter.walk.discharged(visit["id"]))["status"] == "COMPLETED"
    await counter.sandbox.mend("sha")
    assert (await answered(counter, visit["id"]))["status"] == "ACTIVE"


async def test_an_insured_visit_whose_insurer_is_not_known_yet_is_provisional(counter: Counter) -> None:
    visit = await counter.walk.registered(payment_type="INSURANCE", insurance_type="INSURANCE")

    async def is_there() -> bool:
        return (await cover_of(counter, visit["id"])).get("status") == "PROVISIONAL"

    await eventually(is_there)


async def test_an_emergency_is_asked_about_once_it_is_known_who_it_is(counter: Counter) -> None:
    made = await counter.walk.done(Role.TRIAGE_NURSE, "POST", "/api/emergencies", {})
    assert await cover_of(counter, made["visit"]["id"]) == {}
    names = ("first_name", "last_name", "gender", "age", "phone_number", "national_id")
    who = {name: value for name, value in new_patient().items() if name in names}
    form = {"kind": "identify_patient", **who, "insurance_type": "SHA"}
    path = f"/api/visits/{made['visit']['id']}/actions"
    identified = await counter.walk.done(Role.RECEPTIONIST, "POST", path, form)
    assert identified["visit"]["payment_type"] == "SHA"
    assert (await answered(counter, made["visit"]["id"]))["status"] == "ACTIVE"
