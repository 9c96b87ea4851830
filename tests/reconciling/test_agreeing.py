"""A healthy clinic agrees with itself, also in the middle of work."""

import asyncio
from typing import Any

from models.staff import Role
from tests.payments.steps import SILENT, asked, settled
from tests.reconciling.house import House, said
from tests.walks import Walk, new_patient


async def one_walk(walk: Walk, number: int) -> None:
    """Each a little further than the one before, and some to the end."""
    visit = await walk.seen(email="a@example.org" if number % 3 == 0 else None)
    if number % 2:
        test = await walk.test_ordered(visit["id"])
        await walk.results(test["id"])
        await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
        await walk.encounter(visit["id"])
    if number % 3:
        order = await walk.prescribed(visit["id"])
        given = {"status": "DISPENSED"} if number % 3 == 1 else {"status": "CANCELLED"}
        await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", given)
    await walk.paid(visit["id"])
    if number % 4:
        await walk.discharged(visit["id"], follow_up={"in_days": 7})


async def test_a_busy_clinic_agrees_at_every_moment(house: House) -> None:
    at_once = asyncio.Semaphore(4)

    async def walked(number: int) -> None:
        async with at_once:
            await one_walk(house.walk, number)

    walks = asyncio.gather(*map(walked, range(12)))
    while not walks.done():
        assert said(await house.found(repair=False)) == []
        await asyncio.wait([walks], timeout=1)
    await walks
    report = (await house.compared(repair=False)).report
    assert (report.visits, report.differences) == (12, 0)
    assert report.runs >= 3


async def test_everything_that_patients_and_staff_undo_agrees(house: House) -> None:
    walk, desk = house.walk, house.bench
    done = Role.CLINICAL_OFFICER

    async def acts(who: Role, visit: dict[str, Any], kind: str, **form: Any) -> dict[str, Any]:
        return await walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    ended = await walk.seen()
    await walk.test_ordered(ended["id"])
    await desk.leaves(ended)
    await acts(Role.SUPERVISOR, ended, "reopen_visit", reason="Ended too soon")
    await house.agrees()
    dead = await walk.seen()
    order = await walk.prescribed(dead["id"])
    some = {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 5}
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", some)
    await walk.test_ordered(dead["id"])
    await acts(done, dead, "record_death", time_of_death=dead["updated_at"], circumstances="Sudden")
    await house.agrees()
    await acts(Role.SUPERVISOR, dead, "undo_death", reason="Another patient")
    await house.agrees()
    owed = await walk.seen()
    order = await walk.prescribed(owed["id"])
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", {"status": "OWED"})
    await house.agrees()
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", {"status": "DISPENSED"})
    _, critical = owed, (await walk.test_ordered(owed["id"]))["id"]
    await desk.report(critical, "6.1")
    await house.agrees()
    await desk.read_back(owed, critical)
    await house.agrees()


async def test_a_visit_moved_or_merged_agrees(house: House) -> None:
    walk = house.walk
    wrong = await walk.seen(payment_type="SHA", sha_number="SHA000000001-1")
    await house.claims.invoiced(wrong["id"])
    other = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient())
    await walk.done(
        Role.RECEPTIONIST,
        "POST",
        f"/api/visits/{other['visit']['id']}/actions",
        {"kind": "cancel_visit", "reason": "Came on the wrong day"},
    )
    given = {"kind": "wrong_patient", "patient_id": other["patient"]["id"], "reason": "Two of one name"}
    await walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{wrong['id']}/actions", given)
    await house.agrees()
    twin = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient())
    body = {
        "patient_id": twin["patient"]["id"],
        "reason": "Registered twice",
        "override_reason": "Same face, same scar",
    }
    await walk.done(Role.SUPERVISOR, "POST", f"/api/patients/{other['patient']['id']}/merge", body)
    await house.agrees()


async def test_money_by_phone_and_money_that_fails_agree(house: House) -> None:
    visit = await house.walk.seen()
    paid = await asked(house.till, visit["id"], amount="100")
    await settled(house.till, paid["id"], "COMPLETED")
    await house.agrees()
    waiting = await asked(house.till, visit["id"], amount="100", phone_number=SILENT)
    assert waiting["status"] == "PENDING"
    await house.agrees()
