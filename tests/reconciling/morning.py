"""A morning with a patient in every state that somebody waits in, and how each goes on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from temporalio.testing import TimeSkipper

from models.identity import MergePatients
from models.staff import Role
from tests.claims.conftest import CODE
from tests.clinic import eventually
from tests.identity.test_merge_faults import written
from tests.payments.steps import SILENT, answers, asked, paid_at_counter, prompt_of, receipt_is, settled
from tests.reconciling.house import House
from tests.walks import VITALS, new_patient
from tests.workflow.test_clock import waits

DAY = timedelta(days=1)
OFFICER, DESK, NURSE = Role.CLINICAL_OFFICER, Role.RECEPTIONIST, Role.TRIAGE_NURSE
PHONE = "0711000777"
LETTER = "amani@example.org"


@dataclass
class Morning:
    """What the test must find again. `visits`: by where each waits."""

    visits: dict[str, dict[str, Any]]
    critical: str
    owed_drug: str
    order: str
    late_test: str
    payment: str
    receipt: str
    appointment: dict[str, Any]
    claim: dict[str, Any]
    survivor: str
    waiver: str
    refund: str


async def begun(house: House) -> Morning:
    walk, bench = house.walk, house.bench
    visits = {"TRIAGE": await walk.registered(), "CONSULTATION": await walk.triaged(), "INSIDE": await walk.taken_in()}
    visits["LABORATORY"], _ = await bench.ordered()
    visits["CRITICAL"], critical = await bench.ordered()
    await bench.report(critical, "6.1")
    await bench.told(visits["CRITICAL"], 1)
    visits["PHARMACY"] = await walk.seen()
    order = await walk.prescribed(visits["PHARMACY"]["id"])
    await dispensed(house, order["id"], "PARTIALLY_DISPENSED", quantity_dispensed=5)
    visits["OWED"] = await walk.seen()
    owed = await walk.prescribed(visits["OWED"]["id"])
    await dispensed(house, owed["id"], "OWED")
    await bench.task(visits["OWED"], "HAND_OUT_OWED")
    visits["LEFT"], late = await bench.ordered()
    await bench.leaves(visits["LEFT"])
    await bench.report(late)
    await bench.task(visits["LEFT"], "TELL_PATIENT")
    visits["EMERGENCY"] = (await walk.done(NURSE, "POST", "/api/emergencies", {}))["visit"]
    visits["COVER"], visits["CLAIM"], claim = await insured(house)
    visits["CASHIER"] = await walk.seen()
    payment = await asked(house.till, visits["CASHIER"]["id"], amount="100", phone_number=SILENT)
    await prompt_of(house.till, payment["id"])
    receipt = await unconfirmed(house, visits["CASHIER"])
    visits["LETTER"] = await letter_under_way(house)
    visits["MERGED"], survivor = await merged(house)
    visits["WAIVER"], waiver, visits["REFUND"], refund = await asked_of_a_supervisor(house)
    appointment = await booked(house)
    money = (payment["id"], receipt, appointment, claim, survivor, waiver, refund)
    return Morning(visits, critical, owed["id"], order["id"], late, *money)


async def asked_of_a_supervisor(house: House) -> tuple[dict[str, Any], str, dict[str, Any], str]:
    """A visit with a waiver, and one with a refund, that nobody has decided."""
    purse = house.purse
    poor, held = await house.walk.seen(), await house.walk.seen()
    await purse.deposits(held, "600")
    waiver, refund = await purse.asks_waiver(poor, "200"), await purse.asks_refund(held, "100")
    await purse.task(poor, "DECIDE_WAIVER")
    await purse.task(held, "DECIDE_REFUND")
    return poor, waiver, held, refund


async def dispensed(house: House, order: str, status: str, **more: Any) -> dict[str, Any]:
    return await house.walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order}", {"status": status, **more})


async def insured(house: House) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A visit whose payer does not answer, and one whose claim waits for the patient's first code."""
    claimed = await house.claims.consulted()
    await house.claims.invoiced(claimed["id"])
    await house.claims.sent(1, claimed["id"])
    claim = await house.claims.becomes(claimed["id"], "AWAITING_CONSENT")
    await house.sandbox.breaks("sha", "down")
    asked_for = await house.walk.registered(payment_type="SHA", sha_number="SHA000000001-1")
    return asked_for, claimed, claim


async def unconfirmed(house: House, visit: dict[str, Any]) -> str:
    """Money at the counter of which M-Pesa says nothing more."""
    await house.sandbox.breaks("mpesa", "lost_callback", path="status")
    receipt = await paid_at_counter(house.till, 50, visit["op_number"])
    await receipt_is(house.till, receipt, "TOLD")
    return receipt


async def letter_under_way(house: House) -> dict[str, Any]:
    await house.sandbox.breaks("smtp", "down")
    visit = await house.walk.seen(email=LETTER)
    await house.walk.paid(visit["id"])
    await house.walk.discharged(visit["id"])

    async def is_intended() -> bool:
        return bool(await house.clinic.rows("select 1 from messages where visit_id = %s", visit["id"]))

    await eventually(is_intended)
    return visit


async def merged(house: House) -> tuple[dict[str, Any], str]:
    """Moved in the rows; the visit's run was never told."""
    other = await house.walk.registered(national_id=None)
    await house.walk.done(
        DESK, "POST", f"/api/visits/{other['id']}/actions", {"kind": "cancel_visit", "reason": "Wrong day"}
    )
    visit = await house.walk.seen(national_id=None)
    action = MergePatients(
        id=UUID(other["patient_id"]), patient_id=UUID(visit["patient_id"]), reason="Registered twice"
    )
    outcome = await written(house.clinic, action, uuid4())
    assert outcome.problem is None
    return visit, other["patient_id"]


async def booked(house: House) -> dict[str, Any]:
    made = await house.walk.done(DESK, "POST", "/api/patients", new_patient(phone_number=PHONE))
    when = (datetime.now(UTC) + 10 * DAY).isoformat()
    body = {"patient_id": made["patient"]["id"], "appointment_date": when}
    return await house.walk.done(DESK, "POST", "/api/appointments", body)


async def goes_on(house: House, morning: Morning) -> None:
    """Every patient, from where each was."""
    walk, bench, visits = house.walk, house.bench, morning.visits
    for service in ("sha", "mpesa", "smtp"):
        await house.sandbox.mend(service)
    await house.clinic.rows("delete from services")
    signs = {"vital_signs": VITALS, "triage_category": "URGENT", "notes": ""}
    await walk.done(NURSE, "PUT", f"/api/visits/{visits['TRIAGE']['id']}", signs)
    await walk.done(OFFICER, "PUT", f"/api/visits/{visits['CONSULTATION']['id']}", {"status": "IN_CONSULTATION"})
    await walk.encounter(visits["INSIDE"]["id"])
    (order,) = (await walk.visit(visits["LABORATORY"]["id"]))["open_orders"]
    await walk.results(order["id"])
    await dispensed(house, morning.order, "DISPENSED", quantity_dispensed=10)
    await dispensed(house, morning.owed_drug, "DISPENSED")
    await bench.no_task(visits["OWED"], "HAND_OUT_OWED")
    assert (await walk.visit(visits["MERGED"]["id"]))["patient_id"] == morning.survivor
    await walk.paid(visits["MERGED"]["id"])
    assert (await walk.visit(visits["EMERGENCY"]["id"]))["identity_pending"]
    await obligations_go_on(house, morning)
    await money_goes_on(house, morning)
    await decisions_go_on(house, morning)
    await messages_go_on(house, morning)


async def obligations_go_on(house: House, morning: Morning) -> None:
    """Their clocks run on: the next rung of the ladder is told, once, and then it is done."""
    bench, visit, left = house.bench, morning.visits["CRITICAL"], morning.visits["LEFT"]
    loop = bench.loop(morning.critical)
    await waits(loop)
    await bench.skipper.fast_forward(loop, timedelta(hours=2))
    await bench.told(visit, 2)
    steps = [step for step, _ in await bench.steps(visit)]
    assert steps == list(range(1, len(steps) + 1))
    await bench.read_back(visit, morning.critical)
    await bench.no_task(visit, "ACKNOWLEDGE_CRITICAL")
    (owed,) = await bench.listed(f"/api/obligations?visit_id={left['id']}")
    await bench.acts(OFFICER, left, "tell_patient", obligation_id=owed["id"], outcome="Called")
    await bench.no_task(left, "TELL_PATIENT")


async def money_goes_on(house: House, morning: Morning) -> None:
    await answers(house.till, morning.payment, "0")
    await settled(house.till, morning.payment, "COMPLETED")
    await receipt_is(house.till, morning.receipt, "PLACED")
    claimed = morning.visits["CLAIM"]
    await house.claims.otp(claimed["id"], CODE)
    await house.claims.becomes(claimed["id"], "AWAITING_AGREEMENT")

    async def is_covered() -> bool:
        path = f"/api/visits/{morning.visits['COVER']['id']}/coverage"
        return bool((await house.walk.does(DESK, "GET", path)).json()["status"] != "PROVISIONAL")

    await eventually(is_covered, 60)


async def decisions_go_on(house: House, morning: Morning) -> None:
    """Who is late is told of, a waiver that is decided closes its task, and a refund goes back once."""
    purse, poor, held = house.purse, morning.visits["WAIVER"], morning.visits["REFUND"]
    asked = purse.run(morning.waiver)
    await waits(asked)
    await purse.skipper.fast_forward(asked, timedelta(minutes=61))
    await waits(asked, 2)
    assert (await purse.task(poor, "DECIDE_WAIVER"))["escalations"] == 1
    assert (await purse.decides_waiver(poor, morning.waiver)).status_code == 201
    await purse.task(poor, "DECIDE_WAIVER", "DONE")
    await purse.stands(poor, waived=200)
    assert (await purse.decides_refund(held, morning.refund)).status_code == 201
    assert (await purse.pays_out(held, morning.refund)).status_code == 201
    await purse.task(held, "DECIDE_REFUND", "DONE")
    await purse.stands(held, refunded=100, owed=0)


async def messages_go_on(house: House, morning: Morning) -> None:
    """The letter goes out once; the reminder on the day before."""
    run = house.clinic.clinic.temporal.get_workflow_handle(f"reminder-{morning.appointment['id']}")
    await waits(run)
    skipper: TimeSkipper = house.bench.skipper
    await skipper.fast_forward(run, 10 * DAY - timedelta(hours=1))
    for service, address in (("sms", PHONE[1:]), ("smtp", LETTER)):
        await eventually(partial(received, house, service, address), 60)
        assert await received(house, service, address) == 1


async def received(house: House, service: str, address: str) -> int:
    return sum(address in str(one) for one in await house.sandbox.ledger(service))
