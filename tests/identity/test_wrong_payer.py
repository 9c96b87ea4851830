"""A visit leaves a registration whose payer was asked already: no payer hears of one patient in another's name."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from models.staff import Role
from tests.claims.conftest import CODE, Counter, opened_counter
from tests.claims.test_coverage import answered
from tests.clinic import eventually
from tests.identity.reception import Reception


@pytest.fixture(scope="module")
async def counter() -> AsyncIterator[Counter]:
    async with opened_counter() as opened, opened.clinic.worker():
        yield opened


@pytest.fixture
def reception(counter: Counter) -> Reception:
    return Reception(counter.clinic, counter.walk)


INSURED = {"insurance_type": "SHA", "payment_type": "SHA"}


async def claims_patient(counter: Counter, claim: dict[str, Any]) -> str:
    (row,) = await counter.clinic.rows("select patient_id from claims where id = %s", claim["id"])
    return str(row["patient_id"])


async def codes_sent(counter: Counter) -> int:
    return len(await counter.sandbox.ledger("sha", kind="code"))


async def more_codes(counter: Counter, before: int) -> None:
    """Wait until the right patient, too, was sent a code: nobody agrees with another's."""

    async def is_so() -> bool:
        return await codes_sent(counter) > before

    await eventually(is_so)


async def test_a_claim_that_has_not_gone_out_begins_anew_in_the_right_name(
    counter: Counter, reception: Reception
) -> None:
    right = await reception.registered(**INSURED, first_name="Sahihi")
    visit = await counter.consulted(first_name="Kosa")
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    await counter.task(visit["id"], "ASK_DISCHARGE_CODE")
    before = await codes_sent(counter)
    done = await reception.moved(visit["id"], right)
    assert (done["visit"]["payment_type"], done["visit"]["balance"]) == ("SHA", "300.00")
    claim = await counter.becomes(visit["id"], "AWAITING_CONSENT")
    assert await claims_patient(counter, claim) == right["id"]
    assert "another registration" in claim["reason"]
    withdrawn = await counter.task(visit["id"], "WITHDRAW_CLAIM")
    assert (withdrawn["role"], withdrawn["claim_id"]) == ("CASHIER", claim["id"])

    await counter.invoiced(visit["id"])
    await more_codes(counter, before)
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    await more_codes(counter, before + 1)
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "SUBMITTED", "IN_REVIEW", "APPROVED", "PAID")
    assert await counter.handed_in(claim) == 1


async def test_a_claim_that_has_gone_out_stays_in_its_name_and_is_withdrawn_by_a_clerk(
    counter: Counter, reception: Reception
) -> None:
    right = await reception.registered()
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "PAID")
    done = await reception.moved(visit["id"], right)
    assert (done["visit"]["patient_id"], done["visit"]["balance"]) == (right["id"], "300.00")
    assert await claims_patient(counter, claim) == visit["patient_id"]
    task = await counter.task(visit["id"], "WITHDRAW_CLAIM")
    assert (claim["number"] in task["words"], task["closes_itself"]) == (True, False)
    await counter.task(visit["id"], "SETTLE_BILL")
    assert (await counter.claim_of(visit["id"]))["status"] == "PAID"


async def test_an_answer_about_the_wrong_patient_is_not_the_right_ones(counter: Counter, reception: Reception) -> None:
    right = await reception.registered(**INSURED, national_id="TEST-000000402")
    await counter.sandbox.breaks("sha", "down")
    visit = await counter.walk.registered(**INSURED)

    async def is_asked() -> bool:
        return bool(await counter.clinic.rows("select 1 from coverages where visit_id = %s", visit["id"]))

    await eventually(is_asked)
    await reception.moved(visit["id"], right)
    await counter.sandbox.mend("sha")
    cover = await answered(counter, visit["id"])
    assert (cover["patient_id"], cover["status"]) == (right["id"], "INACTIVE")


async def test_money_that_was_paid_by_phone_stays_with_the_visit(counter: Counter, reception: Reception) -> None:
    right = await reception.registered(phone_number="0722000111")
    visit = await counter.walk.seen()
    body = {"visit_id": visit["id"], "amount": "300", "payment_type": "MPESA"}
    made = await counter.walk.done(Role.CASHIER, "POST", "/api/payments", body)
    await reception.moved(visit["id"], right)

    async def is_paid() -> bool:
        return bool((await counter.walk.visit(visit["id"]))["balance"] == "0.00")

    await eventually(is_paid, 60)
    (row,) = await counter.clinic.rows("select * from payments where id = %s", made["id"])
    assert (row["status"], str(row["patient_id"]), str(row["visit_id"])) == ("COMPLETED", right["id"], visit["id"])
