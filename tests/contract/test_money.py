"""What is charged when, what takes it back, and what a visit's payment status says."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from models.staff import Role
from tests.contract.forms import DOSE, FAMILY_PLANNING, IMMUNIZATIONS, INVOICE, MCH, METHOD, SERVICE
from tests.walks import Walk

MONEY = ("total_amount", "amount_paid", "balance", "payment_status")


def owed(visit: dict[str, Any]) -> tuple[str, ...]:
    return tuple(visit[name] for name in MONEY)


async def bill(walk: Walk, visit_id: str) -> dict[str, Any]:
    answer = await walk.does(Role.CASHIER, "GET", f"/api/visits/{visit_id}/bill")
    assert answer.status_code == 200
    return dict(answer.json())


async def listed(walk: Walk, path: str, code: str) -> str:
    """The id of that entry of a list."""
    items = (await walk.does(Role.SUPERVISOR, "GET", path)).json()["items"]
    return str(next(item["id"] for item in items if item["code"] == code))


async def test_the_consultation_is_charged_once_at_the_first_encounter(walk: Walk) -> None:
    visit = await walk.taken_in()
    assert owed(visit) == ("0.00", "0.00", "0.00", "PAID")
    for _ in range(2):
        visit = (await walk.encounter(visit["id"]))["visit"]
        assert owed(visit) == ("300.00", "0.00", "300.00", "UNPAID")
    lines = (await bill(walk, visit["id"]))["lines"]
    assert [(line["code"], line["amount"], line["order_id"]) for line in lines] == [("CONSULTATION", "300.00", None)]


async def test_a_bill_has_a_line_for_every_order_and_adds_up(walk: Walk) -> None:
    visit = await walk.seen()
    test, drug = await walk.test_ordered(visit["id"]), await walk.prescribed(visit["id"], medication_name="amoxicillin")
    assert drug["medication_name"] == "Amoxicillin"
    await walk.paid(visit["id"], "50")
    shown = await bill(walk, visit["id"])
    lines = {line["code"]: (line["quantity"], line["unit_price"], line["amount"]) for line in shown["lines"]}
    assert lines == {
        "CONSULTATION": (1, "300.00", "300.00"),
        "BLOOD_TEST": (1, "500.00", "500.00"),
        "Amoxicillin": (15, "10.00", "150.00"),
    }
    assert {line["order_id"] for line in shown["lines"]} == {None, test["id"], drug["id"]}
    assert [shown[name] for name in ("total", "paid", "waived", "covered", "balance")] == [
        "950.00",
        "50.00",
        "0.00",
        "0.00",
        "900.00",
    ]


@pytest.mark.parametrize("quantity", [None, 1, 7])
async def test_a_drug_costs_price_times_quantity_and_the_quantity_is_one_unless_said(
    walk: Walk, quantity: int | None
) -> None:
    visit = await walk.taken_in()
    form = {"medication_name": "Paracetamol", "dosage": "1", "frequency": "1", "duration": "1"}
    body = {**form, "visit_id": visit["id"], **({"quantity": quantity} if quantity else {})}
    drug = await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/prescriptions", body)
    assert drug["quantity"] == (quantity or 1)
    assert drug["visit"]["total_amount"] == f"{5 * (quantity or 1)}.00"


async def test_cancelling_a_test_takes_its_charge_back(walk: Walk) -> None:
    visit = await walk.seen()
    test = await walk.test_ordered(visit["id"])
    body = {"status": "CANCELLED", "notes": "No reagent"}
    after = await walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", body)
    assert (after["status"], after["visit"]["total_amount"]) == ("CANCELLED", "300.00")
    assert [order["kind"] for order in after["visit"]["open_orders"]] == ["REVIEW"]
    assert [line["code"] for line in (await bill(walk, visit["id"]))["lines"]] == ["CONSULTATION"]


async def test_kepi_vaccines_are_free_and_other_services_cost_what_the_list_says(walk: Walk) -> None:
    visit = await walk.triaged()
    for who, path, form, field, code, total in (
        (Role.IMMUNIZATION_NURSE, IMMUNIZATIONS, DOSE, "vaccine_id", "BCG", "0.00"),
        (Role.IMMUNIZATION_NURSE, IMMUNIZATIONS, DOSE, "vaccine_id", "VARICELLA", "4500.00"),
        (Role.FAMILY_PLANNING_COUNSELOR, FAMILY_PLANNING, METHOD, "method_id", "IMPLANT", "5000.00"),
        (Role.FAMILY_PLANNING_COUNSELOR, FAMILY_PLANNING, METHOD, "method_id", "COC", "5000.00"),
        (Role.MCH_NURSE, MCH, SERVICE, "service_id", "ANC_FIRST", "5300.00"),
    ):
        lists = {"vaccine_id": "vaccines", "method_id": "family-planning-methods", "service_id": "mch-services"}
        body = {**form, "visit_id": visit["id"], field: await listed(walk, f"/api/{lists[field]}", code)}
        done = await walk.done(who, "POST", path.replace("{id}", visit["patient_id"]), body)
        assert done["visit"]["total_amount"] == total, code


@pytest.mark.parametrize(
    ("path", "form", "field", "who"),
    [
        (IMMUNIZATIONS, DOSE, "vaccine_id", Role.IMMUNIZATION_NURSE),
        (FAMILY_PLANNING, METHOD, "method_id", Role.FAMILY_PLANNING_COUNSELOR),
        (MCH, SERVICE, "service_id", Role.MCH_NURSE),
    ],
)
async def test_an_item_that_is_on_no_list_is_refused_by_its_field(
    walk: Walk, path: str, form: dict[str, Any], field: str, who: Role
) -> None:
    visit = await walk.triaged()
    body = {**form, "visit_id": visit["id"]}
    answer = await walk.does(who, "POST", path.replace("{id}", visit["patient_id"]), body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("field", "path", "asked", "nearest"),
    [
        ("test_type", "/api/lab-requests", "BLOD_TEST", "BLOOD_TEST"),
        ("medication_name", "/api/prescriptions", "Paracetamoll", "Paracetamol"),
    ],
)
async def test_what_has_no_price_is_refused_with_the_nearest_codes(
    walk: Walk, field: str, path: str, asked: str, nearest: str
) -> None:
    visit = await walk.seen()
    form = {"dosage": "1", "frequency": "1", "duration": "1"} if field == "medication_name" else {}
    body = {**form, "visit_id": visit["id"], field: asked}
    answer = await walk.does(Role.CLINICAL_OFFICER, "POST", path, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert nearest in answer.json()["errors"][0]["reason"]
    assert await walk.visit(visit["id"]) == visit


@pytest.mark.parametrize("payment_type", ["CASH", "SHA", "NHIF", "INSURANCE"])
async def test_a_visit_is_unpaid_then_partly_paid_then_paid(walk: Walk, payment_type: str) -> None:
    visit = await walk.seen()
    assert owed(visit) == ("300.00", "0.00", "300.00", "UNPAID")
    for amount, expected in (
        ("100.50", ("300.00", "100.50", "199.50", "PARTIAL")),
        (199.5, ("300.00", "300.00", "0.00", "PAID")),
    ):
        body = {"visit_id": visit["id"], "amount": amount, "payment_type": payment_type}
        payment = await walk.done(Role.CASHIER, "POST", "/api/payments", body)
        assert payment["status"] == "COMPLETED"
        assert payment["amount"] == f"{Decimal(amount):.2f}"
        assert owed(payment["visit"]) == expected


async def test_sha_covers_a_part_and_the_patient_pays_the_rest(walk: Walk) -> None:
    visit = await walk.seen()
    body = {**INVOICE, "visit_id": visit["id"], "amount_charged": "200"}
    invoice = await walk.done(Role.CASHIER, "POST", "/api/sha-invoices", body)
    assert (invoice["amount_charged"], invoice["client_number"]) == ("200.00", visit["op_number"])
    assert owed(invoice["visit"]) == ("300.00", "0.00", "100.00", "PARTIAL")
    assert (await bill(walk, visit["id"]))["covered"] == "200.00"
    assert owed((await walk.paid(visit["id"]))["visit"]) == ("300.00", "100.00", "0.00", "PAID")
    nothing = await walk.does(Role.CASHIER, "POST", "/api/sha-invoices", {**INVOICE, "visit_id": visit["id"]})
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/already-done")


async def test_invoice_numbers_are_never_given_twice(walk: Walk) -> None:
    visits = [await walk.seen() for _ in range(4)]
    path, forms = "/api/sha-invoices", [{**INVOICE, "visit_id": visit["id"]} for visit in visits]
    invoices = await asyncio.gather(*(walk.done(Role.CASHIER, "POST", path, form) for form in forms))
    assert len({invoice["invoice_number"] for invoice in invoices}) == 4
    assert {invoice["visit"]["payment_status"] for invoice in invoices} == {"COVERED"}


@pytest.mark.parametrize(
    ("path", "field"), [("/api/payments", "amount"), ("/api/sha-invoices", "amount_charged")], ids=str
)
@pytest.mark.parametrize(
    "amount", ["300.01", "0", "-1", "1.005", "NaN", "Infinity", "1e400", "", "x", None, [], "1e10"]
)
async def test_a_wrong_amount_is_refused_and_nothing_moves(walk: Walk, path: str, field: str, amount: Any) -> None:
    if amount is None and field == "amount_charged":
        return  # the balance is meant
    visit = await walk.seen()
    form = {"payment_type": "CASH"} if field == "amount" else INVOICE
    answer = await walk.does(Role.CASHIER, "POST", path, {**form, "visit_id": visit["id"], field: amount})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert await walk.visit(visit["id"]) == visit


async def test_two_cashiers_cannot_both_take_the_whole_balance(walk: Walk) -> None:
    visit = await walk.seen()
    body = {"visit_id": visit["id"], "amount": "300", "payment_type": "CASH"}
    answers = await asyncio.gather(*(walk.does(Role.CASHIER, "POST", "/api/payments", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    assert owed(await walk.visit(visit["id"])) == ("300.00", "300.00", "0.00", "PAID")


async def test_a_new_price_holds_from_then_on_and_leaves_bills_as_they_are(walk: Walk) -> None:
    visit = await walk.seen()
    for amount in ("40", "60"):
        await walk.done(Role.ADMIN, "PUT", "/api/prices/SMEAR_X", {"name": "Smear", "amount": amount})
        await walk.test_ordered(visit["id"], "smear_x")
    lines = (await bill(walk, visit["id"]))["lines"]
    assert [line["amount"] for line in lines if line["code"] == "SMEAR_X"] == ["40.00", "60.00"]
