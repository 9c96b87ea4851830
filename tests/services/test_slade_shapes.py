"""What Slade360 has been seen to say, and what it is sent: each shape means what it should, odd ones included."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.services.slade.answers import Eligibility
from integrations.services.slade.client import HealthCloud
from integrations.services.slade.covers import cover_of
from integrations.services.slade.payer import Slade
from integrations.services.slade.requests import claim_request, invoice_request, visit_request
from integrations.settings import Settings
from models.claims import Phase, Session
from tests.services.insurers import Recorded, a_form, recorded_service

SHAPES = Path(__file__).parent / "shapes" / "slade"
SESSION = Session(token="CGY7WNU8S8", reference="the-visit", facts={"scheme_name": "Muungano", "scheme_code": "MUU"})
CLAIM = "8a1c0b6e"


def shape(name: str) -> Any:
    return json.loads((SHAPES / f"{name}.json").read_text())


@pytest.fixture(scope="module")
async def there() -> AsyncIterator[Recorded]:
    async with recorded_service() as recorded:
        yield recorded


@pytest.fixture
def payer(there: Recorded, http: httpx2.AsyncClient) -> Slade:
    there.requests.clear()
    return Slade(HealthCloud(Settings(slade_url=there.base), http), again_after=())


@pytest.mark.parametrize(
    ("name", "policy", "end"), [("eligibility", "POL/001", date(2026, 12, 31)), ("eligibility_snake", "POL/002", None)]
)
def test_a_cover_is_read(name: str, policy: str, end: date | None) -> None:
    found = Eligibility.read(shape(name))
    cover = cover_of(found, a_form().member)
    (scheme,) = cover.schemes
    assert (cover.is_active, scheme.name, scheme.policy_number, scheme.end) == (True, "Muungano", policy, end)
    assert cover.raw == shape(name)


@pytest.mark.parametrize(
    ("part", "change", "why"),
    [
        ("cover", {"status": "INACTIVE"}, "INACTIVE"),
        ("cover", {"status": "Not active"}, "Not active"),
        ("cover", {"status": None}, "not active"),
        ("cover", {"status": "ON HOLIDAY"}, "ON HOLIDAY"),
        ("member", {"isActive": False}, "Active"),
        ("member", {"isEnrolled": "false"}, "Active"),
    ],
)
def test_a_cover_that_does_not_say_that_it_is_active_is_not(part: str, change: dict[str, Any], why: str) -> None:
    body = shape("eligibility")
    cover = cover_of(Eligibility.read({**body, part: {**body[part], **change}}), a_form().member)
    assert (cover.is_found, cover.is_active) == (True, False)
    assert why in cover.advice


@pytest.mark.parametrize(
    "benefits",
    [None, [], [{"benefitType": "INPATIENT"}], [{"benefitType": "OUTPATIENT", "status": "EXHAUSTED"}]],
)
def test_a_cover_without_a_usable_outpatient_benefit_is_not_active(benefits: Any) -> None:
    found = Eligibility.read({**shape("eligibility"), "benefits": benefits})
    assert not cover_of(found, a_form().member).is_active


@pytest.mark.parametrize("body", [{}, {"member": None, "cover": None, "benefits": None}, {"member": "x"}])
def test_an_answer_that_says_nothing_covers_nobody(body: dict[str, Any]) -> None:
    assert not cover_of(Eligibility.read(body), a_form().member).is_active


def test_a_visit_is_started_as_slade_wants_it() -> None:
    found = Eligibility.read(shape("eligibility"))
    assert visit_request(found, found.member.contacts[0], "012345") == {
        "beneficiary_id": 636001,
        "factors": ["OTP"],
        "benefit_type": "OUTPATIENT",
        "benefit_code": "BEN/001",
        "policy_number": "POL/001",
        "policy_effective_date": "2026-01-01T00:00:00+03:00",
        "otp": 12345,
        "beneficiary_contact": "+254700000001",
        "scheme_name": "Muungano",
        "scheme_code": "",
    }


def test_a_claim_and_its_invoice_are_written_as_slade_wants_them() -> None:
    form = a_form(amount="1000.00")
    settings = Settings(slade_location_code="LOC-1", facility_name="Mfano Clinic")
    assert claim_request(form, SESSION, settings) == {
        "payer_code": 457,
        "payer_name": "Mfano Insurance",
        "patient_name": "Wanjiru Kamau",
        "member_number": "CGY7WNU8S8",
        "scheme_name": "Muungano",
        "scheme_code": "MUU",
        "visit_number": form.visit_number,
        "visit_start": "2026-11-22T09:00:00+03:00",
        "visit_end": "2026-11-22T10:30:00+03:00",
        "icd10_codes": [{"code": "B54", "name": "Malaria"}],
        "location_code": "LOC-1",
        "location_name": "Mfano Clinic",
    }
    charged = {"charge_date": "2026-11-22T09:00:00+03:00"}
    consultation = {"line_number": 1, "item_code": "CONSULTATION", "item_name": "Consultation", **charged}
    test = {"line_number": 2, "item_code": "BLOOD_TEST", "item_name": "Blood Test", **charged}
    assert invoice_request(form, CLAIM) == {
        "claim": CLAIM,
        "invoice_number": form.number,
        "invoice_date": "2026-11-22T10:30:00+03:00",
        "lines": [
            {**consultation, "unit_price": 500.0, "quantity": 1},
            {**test, "unit_price": 375.0, "quantity": 2},
        ],
        "copays": [{"copay_type": "SELF_PAY", "copay_amount": 250.0}],
    }
    assert invoice_request(a_form(), CLAIM)["copays"] == []


async def test_the_expiry_of_a_visit_is_read(there: Recorded, payer: Slade) -> None:
    there.says(
        (200, shape("eligibility")),
        (201, {"auth_token": "CGY7WNU8S8", "edi_auth_guid": "5d4f6a54-0000-4000-8000-000000000001"}),
        (200, shape("validated")),
    )
    session = await payer.open(a_form(), "123456")
    assert session.expires_at == datetime.fromisoformat("2026-11-24T08:11:52.686677+03:00")
    assert [path for path, _, _ in there.requests] == [
        "/v1/beneficiaries/member_eligibility/",
        "/is/v1/authorizations/start_visit/",
        "/is/v1/authorizations/validate_authorization_token/",
    ]


async def test_a_visit_without_a_name_over_there_goes_by_ours(there: Recorded, payer: Slade) -> None:
    there.says((200, shape("eligibility")), (201, {"auth_token": "CGY7WNU8S8"}), (500, {}))
    form = a_form()
    session = await payer.open(form, "123456")
    assert session.reference == f"visit {form.visit_number}"
    opened = form.model_copy(update={"payer_reference": session.reference})
    assert (await payer.look(opened, session)).phase is Phase.UNKNOWN


@pytest.mark.parametrize("reserved", ["1250.00", 1250, "1,250"])
async def test_what_is_kept_aside_is_read_in_any_spelling(there: Recorded, payer: Slade, reserved: Any) -> None:
    there.says((200, {**shape("validated"), "reserved_amount": reserved}))
    await payer.fill(a_form(), SESSION)
    assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("answer", "failure", "code", "words"),
    [
        ((400, {"otp": ["Invalid OTP"]}), SaidNo, "otp-refused", "otp: Invalid OTP"),
        ((400, {"first_name": ["May not be blank."]}), SaidNo, "http-400", "first_name: May not be blank."),
        ((400, {"detail": "No such scheme"}), SaidNo, "http-400", "No such scheme"),
        ((400, {"error": json.dumps({"detail": "Scheme is closed"})}), SaidNo, "http-400", "Scheme is closed"),
        ((200, {"status": "Failure", "message": "Not valid"}), SaidNo, "failure", "Not valid"),
        ((400, "<html>Bad Request</html>"), Unknown, "http-400-unreadable", ""),
        ((502, "<html>Bad Gateway</html>"), Unknown, "http-502-unreadable", ""),
        ((500, {"detail": "oops"}), Unknown, "http-500", "oops"),
        ((201, {"status": "Success"}), Unknown, "unreadable", ""),
        ((201, [1]), Unknown, "unreadable", ""),
        ((201, {"id": None}), Unknown, "unreadable", ""),
        ((429, {"detail": "slow down"}), Away, "http-429", "slow down"),
        ((403, {"detail": "no"}), Away, "http-403", "no"),
    ],
)
async def test_an_answer_to_a_claim_means_what_it_should(
    there: Recorded, payer: Slade, answer: tuple[int, Any], failure: type[OutsideFailure], code: str, words: str
) -> None:
    there.says(answer)
    with pytest.raises(failure) as failed:
        await payer.submit(a_form(), SESSION, "")
    assert (failed.value.code, failed.value.detail) == (code, words)
    assert str(failed.value) == f"slade {failed.value.ending} ({code})"


@pytest.mark.parametrize("claim_id", [4711, "4711"])
async def test_a_claims_id_may_be_a_number(there: Recorded, payer: Slade, claim_id: Any) -> None:
    there.says((201, {"id": claim_id}), (201, {"id": 1}))
    form = a_form()
    assert (await payer.submit(form, SESSION, "")).reference == f"4711/{form.number}"
    assert there.requests[1][2]["claim"] == "4711"


@pytest.mark.parametrize(
    ("body", "paid"),
    [
        ([{"amount_paid": "1250.00"}], "1250.00"),
        ({"results": [{"paid_amount": 1000}, {"paid_amount": "250.00"}]}, "1250.00"),
        ({"amountPaid": "1,250.00", "status": None}, "1250.00"),
        ([{"paidAmount": 400.5}, None, {"paidAmount": None}], "400.50"),
    ],
)
async def test_money_is_read_in_any_shape(there: Recorded, payer: Slade, body: Any, paid: str) -> None:
    there.says((200, body))
    form = a_form()
    form = form.model_copy(update={"payer_reference": f"{CLAIM}/{form.number}"})
    state = await payer.look(form, SESSION)
    assert (state.phase, state.paid, bool(state.reason)) == (Phase.PAID, Decimal(paid), paid != "1250.00")
    assert state.raw.startswith("remittance")


@pytest.mark.parametrize(
    "answer",
    [
        (200, []),
        (200, {}),
        (200, {"results": None}),
        (200, [{"amount_paid": 0}]),
        (200, [{"how_much": "1250.00"}]),
        (404, {"detail": "Not found."}),
    ],
)
async def test_without_readable_money_a_claim_is_not_paid(
    there: Recorded, payer: Slade, answer: tuple[int, Any]
) -> None:
    there.says(answer)
    form = a_form()
    form = form.model_copy(update={"payer_reference": f"{CLAIM}/{form.number}"})
    assert (await payer.look(form, SESSION)).phase is Phase.SUBMITTED
