"""What is paid first waits for its money, visibly, and no longer."""

from typing import Any

from models.staff import Role
from tests.money.purse import ADMIN, CASHIER, OFFICER, SUPERVISOR, Purse, must_pay
from tests.walks import VITALS, WELL


async def consulted(strict: Purse) -> dict[str, Any]:
    """Triaged, the consultation paid for beforehand, and done."""
    visit = await strict.walk.registered()
    await strict.deposits(visit, "300")
    await strict.walk.done(
        Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", {"vital_signs": WELL, "triage_category": "NORMAL"}
    )
    await strict.walk.done(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    return dict((await strict.walk.encounter(visit["id"]))["visit"])


async def test_a_test_waits_until_it_is_paid(strict: Purse) -> None:
    visit = await consulted(strict)
    test = await strict.walk.test_ordered(visit["id"])
    shown = test["visit"]
    assert (shown["status"], shown["waiting_at"], shown["gated"]) == ("IN_SERVICES", ["LABORATORY", "CASHIER"], True)
    assert [order["gated"] for order in shown["open_orders"]] == [True]
    assert {deadline["step"] for deadline in shown["deadlines"]} == {"LABORATORY", "CASHIER"}
    queue = (await strict.read("/api/queues/LABORATORY"))["items"]
    assert [item["orders"][0]["gated"] for item in queue if item["visit_id"] == visit["id"]] == [True]
    assert any(item["visit_id"] == visit["id"] for item in (await strict.read("/api/queues/CASHIER"))["items"])
    assert must_pay(await strict.reports(test)) == "payment of KES 500.00 before the test"
    bill = await strict.read(f"/api/visits/{visit['id']}/bill")
    assert [(line["code"], line["gated"]) for line in bill["lines"]] == [("CONSULTATION", False), ("BLOOD_TEST", True)]
    assert [(gate["order_id"], gate["missing"]) for gate in bill["gates"]] == [(test["id"], "500.00")]

    paid = await strict.walk.paid(visit["id"], "200")
    assert paid["visit"]["gated"]
    assert must_pay(await strict.reports(test)) == "payment of KES 300.00 before the test"
    paid = await strict.walk.paid(visit["id"], "300")
    assert (paid["visit"]["gated"], paid["visit"]["waiting_at"]) == (False, ["LABORATORY"])
    assert (await strict.reports(test)).status_code == 200
    await strict.bill(visit)


async def test_nobody_is_called_to_a_bench_that_must_send_them_to_the_cashier(strict: Purse) -> None:
    visit = await consulted(strict)
    await strict.walk.test_ordered(visit["id"])
    assert await place(strict, visit, "LABORATORY") == (None, True)
    assert (await place(strict, visit, "CASHIER"))[1] is False
    assert visit["id"] not in await called_in_turn(strict)
    await strict.walk.paid(visit["id"], "500")
    assert await place(strict, visit, "LABORATORY") == (1, False)
    assert await called_in_turn(strict) == [visit["id"]]


async def place(strict: Purse, visit: dict[str, Any], station: str) -> tuple[int | None, bool]:
    places = (await strict.read(f"/api/visits/{visit['id']}/position"))["items"]
    (found,) = (one for one in places if one["station"] == station)
    return found["position"], found["waits_for_payment"]


async def called_in_turn(strict: Purse) -> list[str]:
    """Whom the bench takes, until nobody is left to call."""
    found: list[str] = []
    while True:
        answer = await strict.walk.does(Role.LAB_TECHNICIAN, "POST", "/api/queues/LABORATORY/next", {})
        if answer.status_code == 404:
            return found
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["id"])
        taking = {"station": "LABORATORY"}
        await strict.acts(Role.LAB_TECHNICIAN, answer.json(), "take_patient", **taking)


async def test_a_consultation_waits_until_it_is_paid(strict: Purse) -> None:
    visit = await strict.walk.triaged()
    assert (visit["status"], visit["waiting_at"]) == ("TRIAGED", ["CONSULTATION", "CASHIER"])
    path, body = f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"}
    refused = await strict.walk.does(OFFICER, "PUT", path, body)
    assert must_pay(refused) == "payment of KES 300.00 before the consultation"
    assert (await strict.deposits(visit, "300"))["visit"]["waiting_at"] == ["CONSULTATION"]
    await strict.walk.done(OFFICER, "PUT", path, body)
    seen = (await strict.walk.encounter(visit["id"]))["visit"]
    assert (seen["balance"], seen["status"]) == ("0.00", "READY_FOR_DISCHARGE")
    assert await strict.bill(visit) | {"deposited": 300, "held": 0} == await strict.bill(visit)


async def test_drugs_wait_and_may_be_cancelled_unpaid(strict: Purse) -> None:
    visit = await consulted(strict)
    drug = await strict.walk.prescribed(visit["id"], quantity=10)
    path = f"/api/prescriptions/{drug['id']}"
    for status in ("DISPENSED", "OWED"):
        refused = await strict.walk.does(Role.PHARMACIST, "PUT", path, {"status": status})
        assert must_pay(refused) == f"payment of KES {drug['visit']['balance']} before the medicine is handed out"
    await strict.walk.done(Role.PHARMACIST, "PUT", path, {"status": "CANCELLED"})
    assert (await strict.visit(visit))["waiting_at"] == []


async def test_a_service_names_its_price_first(strict: Purse) -> None:
    visit = await strict.walk.triaged()
    services = (await strict.read("/api/mch-services"))["items"]
    prices = {price["code"]: price["amount"] for price in (await strict.read("/api/prices"))["items"]}
    item = next(one for one in services if float(prices.get(one["code"], 0)) > 0)
    price = prices[item["code"]]
    await strict.walk.done(
        Role.TRIAGE_NURSE, "POST", f"/api/visits/{visit['id']}/referrals", {"station": "MCH", "reason": "Due"}
    )
    assert (await strict.visit(visit))["waiting_at"] == ["MCH"]
    form = {"service_id": item["id"], "visit_id": visit["id"]}
    path = f"/api/mch-services/patients/{visit['patient_id']}/services"
    refused = await strict.walk.does(Role.MCH_NURSE, "POST", path, form)
    assert must_pay(refused) == f"payment of KES {price} before the service"
    quoted = await strict.acts(Role.MCH_NURSE, visit, "quote_service", station="MCH", item_id=item["id"])
    assert quoted["waiting_at"] == ["MCH", "CASHIER"]
    assert (await strict.deposits(visit, price))["visit"]["waiting_at"] == ["MCH"]
    await strict.walk.done(Role.MCH_NURSE, "POST", path, form)
    assert (await strict.visit(visit))["balance"] == "0.00"
    await strict.bill(visit)


async def test_a_vaccine_of_the_programme_waits_for_nothing(strict: Purse) -> None:
    visit = await strict.walk.triaged(age=None, date_of_birth="2026-11-01")
    await strict.walk.done(
        Role.TRIAGE_NURSE, "POST", f"/api/visits/{visit['id']}/referrals", {"station": "IMMUNIZATION", "reason": "Due"}
    )
    vaccines = (await strict.read("/api/vaccines"))["items"]
    free = next(one for one in vaccines if one["code"] == "BCG")
    quoted = await strict.acts(
        Role.IMMUNIZATION_NURSE, visit, "quote_service", station="IMMUNIZATION", item_id=free["id"]
    )
    assert quoted["waiting_at"] == ["IMMUNIZATION"]


async def test_whose_payer_has_not_answered_waits_for_nothing(strict: Purse) -> None:
    visit = await strict.walk.triaged(payment_type="SHA")
    assert visit["waiting_at"] == ["CONSULTATION"]
    taken = await strict.walk.does(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    assert taken.status_code == 200


async def test_an_emergency_opens_every_gate_at_once(strict: Purse) -> None:
    visit = await consulted(strict)
    test = await strict.walk.test_ordered(visit["id"])
    must_pay(await strict.reports(test))
    body = {"vital_signs": VITALS, "danger_signs": ["CONVULSING"], "retriage": True, "confirmed": True}
    raised = await strict.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    assert (raised["triage_category"], raised["gated"]) == ("EMERGENCY", False)
    assert (await strict.reports(test)).status_code == 200
    arrived = await strict.walk.done(Role.RECEPTIONIST, "POST", "/api/emergencies", {})
    assert arrived["visit"]["waiting_at"] == ["CONSULTATION"]


async def test_the_glass_is_broken_told_and_reviewed(strict: Purse) -> None:
    visit = await consulted(strict)
    test = await strict.walk.test_ordered(visit["id"])
    no = await strict.asks(Role.PHARMACIST, visit, "break_glass", order_id=test["id"], reason="Pale")
    assert no.status_code == 403
    broken = await strict.acts(Role.LAB_TECHNICIAN, visit, "break_glass", order_id=test["id"], reason="Pale")
    assert (broken["visit"]["gated"], broken["visit"]["waiting_at"]) == (False, ["LABORATORY"])
    (bypass,) = broken["visit"]["bypasses"]
    assert (bypass["step"], bypass["order_id"], bypass["settled_at"]) == ("PAYMENT", test["id"], None)
    assert (await strict.reports(test)).status_code == 200
    task = await strict.task(visit, "REVIEW_BREAK_GLASS")
    assert (task["role"], task["due_at"]) == ("SUPERVISOR", broken["due_at"])
    told = await strict.clinic.rows(
        "select audience from events where kind = 'gate:broken' and payload->>'visitId' = %s", visit["id"]
    )
    assert "SUPERVISOR" in told[0]["audience"]
    again = await strict.asks(Role.LAB_TECHNICIAN, visit, "break_glass", order_id=test["id"], reason="Pale")
    assert again.status_code == 404
    reviewed = await strict.acts(
        SUPERVISOR, visit, "review_break_glass", break_glass_id=broken["id"], outcome="It was right"
    )
    assert reviewed["visit"]["bypasses"][0]["settled_at"]
    await strict.task(visit, "REVIEW_BREAK_GLASS", "DONE")
    twice = await strict.asks(ADMIN, visit, "review_break_glass", break_glass_id=broken["id"], outcome="Again")
    assert twice.json()["type"] == "/problems/already-done"
    assert (await strict.visit(visit))["balance"] == "500.00"


async def test_nobody_pays_first_where_the_policy_does_not_say_so(purse: Purse) -> None:
    visit = await purse.walk.seen()
    test = await purse.walk.test_ordered(visit["id"])
    assert (test["visit"]["gated"], test["visit"]["waiting_at"]) == (False, ["LABORATORY"])
    assert (await purse.reports(test)).status_code == 200
    no = await purse.asks(OFFICER, visit, "break_glass", station="LABORATORY", reason="Pale")
    assert no.json()["type"] == "/problems/already-done"
    assert (await purse.asks(CASHIER, visit, "break_glass", station="LABORATORY", reason="x")).status_code == 403
