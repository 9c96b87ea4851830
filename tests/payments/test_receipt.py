"""The receipt that the patient takes home."""

from io import BytesIO
from uuid import uuid4
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from models.staff import Role
from tests.payments.conftest import Till
from tests.payments.steps import DECLINES, SILENT, answers, asked, balance_is, paid_at_counter, settled


async def words_of(till: Till, payment_id: str, who: Role = Role.CASHIER) -> str:
    answer = await till.walk.does(who, "GET", f"/api/payments/{payment_id}/receipt")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return " ".join(PdfReader(BytesIO(answer.content)).pages[0].extract_text().split())


async def test_a_receipt_in_cash_says_who_took_how_much_when_and_what_is_left(till: Till) -> None:
    visit = await till.walk.seen()
    await till.walk.test_ordered(visit["id"])
    body = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": "Malaria, unspecified"}
    await till.walk.done(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body)
    payment = await till.walk.paid(visit["id"], "200")
    words = await words_of(till, payment["id"])
    [row] = await till.clinic.rows(
        "select p.processed_at, u.full_name from payments p join users u on u.id = p.processed_by where p.id = %s",
        payment["id"],
    )
    in_nairobi = row["processed_at"].astimezone(ZoneInfo("Africa/Nairobi"))
    for said in (
        till.clinic.settings.facility_name,
        visit["op_number"],
        "KES 200.00",
        "KES 600.00",
        "Cash",
        row["full_name"],
    ):
        assert said in words
    assert f"{in_nairobi:%d/%m/%Y %H:%M}" in words
    assert "Malaria" not in words
    assert "BLOOD" not in words.upper()


async def test_a_receipt_stays_as_it_was_when_the_bill_grows(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await till.walk.paid(visit["id"])
    path = f"/api/payments/{payment['id']}/receipt"
    first = await till.walk.does(Role.CASHIER, "GET", path)
    await till.walk.test_ordered(visit["id"])
    again = await till.walk.does(Role.SUPERVISOR, "GET", path)
    assert first.content == again.content


async def test_a_receipt_by_phone_waits_until_it_is_true_and_names_m_pesas(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=SILENT)
    early = await till.walk.does(Role.CASHIER, "GET", f"/api/payments/{payment['id']}/receipt")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/conflict")
    await answers(till, payment["id"], "0")
    paid = await settled(till, payment["id"], "COMPLETED")
    words = await words_of(till, payment["id"])
    assert "M-Pesa" in words
    assert paid["payment_reference"] in words
    assert "KES 0.00" in words


async def test_a_payment_that_failed_has_no_receipt(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=DECLINES)
    await settled(till, payment["id"], "FAILED")
    answer = await till.walk.does(Role.CASHIER, "GET", f"/api/payments/{payment['id']}/receipt")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert "again" in answer.json()["detail"]


async def test_money_at_the_counter_has_a_receipt_too(till: Till) -> None:
    visit = await till.walk.seen()
    code = await paid_at_counter(till, 100, visit["op_number"])
    await balance_is(till, visit["id"], "200.00")
    [row] = await till.clinic.rows("select id from payments where visit_id = %s", visit["id"])
    words = await words_of(till, str(row["id"]))
    for said in (code, "KES 100.00", "KES 200.00", "M-Pesa, at the counter"):
        assert said in words


async def test_a_payment_that_is_not_there_has_no_receipt(till: Till) -> None:
    answer = await till.walk.does(Role.CASHIER, "GET", f"/api/payments/{uuid4()}/receipt")
    assert answer.status_code == 404
