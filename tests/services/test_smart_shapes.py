"""What Smart has been seen to say, and what it is sent: each shape means what it should, odd ones included."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from integrations.services.outside import Away, OutsideFailure, SaidNo, StillPending, Unknown
from integrations.services.smart.answers import MemberDetails, VisitSession, rows_in
from integrations.services.smart.client import Provider
from integrations.services.smart.payer import Smart
from integrations.services.smart.requests import claim_request, facts_of
from integrations.settings import Settings
from models.claims import Phase, Session
from tests.services.insurers import Recorded, a_form, recorded_service

SHAPES = Path(__file__).parent / "shapes" / "smart"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DONE = {"code": "200", "message": "Done", "response_type": "SUCCESS"}


def shape(name: str) -> Any:
    return json.loads((SHAPES / f"{name}.json").read_text())


def a_session() -> Session:
    (visit,) = map(VisitSession.read, shape("sessions"))
    facts = facts_of(visit, MemberDetails.read(shape("member")), "PT000001", "")
    return Session(token=visit.id, reference=visit.id, facts=facts)


def refused(code: str, message: str = "no", kind: str = "ERROR") -> dict[str, Any]:
    return {"code": code, "message": message, "response_type": kind, "content": None}


@pytest.fixture(scope="module")
async def there() -> AsyncIterator[Recorded]:
    async with recorded_service() as recorded:
        yield recorded


@pytest.fixture
def payer(there: Recorded, http: httpx2.AsyncClient) -> Smart:
    there.requests.clear()
    settings = Settings(smart_url=there.base, smart_provider_id="678", smart_provider_key=SecretStr("the-key"))
    return Smart(Provider(settings, http), now=lambda: NOW)


@pytest.mark.parametrize("name", ["sessions", "sessions_camel"])
async def test_a_check_in_is_found_in_any_spelling(there: Recorded, payer: Smart, name: str) -> None:
    there.says((200, []), (200, shape(name)), (200, DONE), (200, shape("member")))
    session = await payer.open(a_form(), "")
    assert (session.token, session.facts["provider_id"], session.facts["pool_number"]) == ("12345", "678", "3")
    assert (session.facts["member_number"], session.facts["copay"]) == ("8300000001-00", "500.00")
    path, headers, _ = there.requests[2]
    assert path.startswith("/api/visit/12345/visit-number/OP-")
    assert headers["provider-key"] == "the-key"


@pytest.mark.parametrize("answer", [(200, ""), (204, ""), (200, "linked"), (200, DONE)])
async def test_that_it_was_linked_may_be_said_without_a_word(
    there: Recorded, payer: Smart, answer: tuple[int, Any]
) -> None:
    form = a_form()
    mine = [{**shape("sessions")[0], "visitNumber": form.visit_number}]
    there.says((200, mine), answer, (200, [shape("member")]))
    assert (await payer.open(form, "")).token == "12345"


@pytest.mark.parametrize(
    "answer",
    [
        (200, []),
        (200, {}),
        (200, refused("200", "none", "SUCCESS")),
        (200, {**refused("200", "none", "SUCCESS"), "content": []}),
        (404, refused("404")),
        (200, refused("404")),
    ],
)
async def test_nobody_is_checked_in(there: Recorded, payer: Smart, answer: tuple[int, Any]) -> None:
    there.says(answer)
    with pytest.raises(StillPending, match="not-checked-in"):
        await payer.open(a_form(), "")
    assert not (await payer.cover(a_form().member)).is_found


def test_the_pool_for_outpatients_pays() -> None:
    details = MemberDetails.read(shape("member"))
    assert details.pool is not None
    assert (details.pool.number, str(details.pool.amount)) == ("3", "25000.00")
    other = [{"pool_nr": "7", "pool_desc": "Wellness", "amount": "10"}]
    assert MemberDetails.read({**shape("member"), "benefits": other}).pool is not None
    for spent in (None, [], [{"pool_nr": "3", "amount": 0}], [{"pool_nr": "3", "amount": 5, "claimable": False}]):
        assert MemberDetails.read({**shape("member"), "benefits": spent}).pool is None


def test_a_claim_is_written_as_smart_wants_it() -> None:
    form = a_form(amount="600.00")
    sent = claim_request(form, a_session(), ("L-1", "Mfano Clinic"), NOW)
    invoices, modifiers = sent.pop("invoices"), sent.pop("payment_modifiers")
    assert sent == {
        "claim_code": form.number,
        "payer_code": "MFANO",
        "payer_name": "Mfano Card Insurance",
        "medicalaid_code": "MFANO",
        "amount": 600.0,
        "gross_amount": 1250.0,
        "batch_number": "",
        "dispatch_date": "2026-11-22 11:00:00",
        "patient_number": "PT000001",
        "patient_name": "Wanjiru Kamau",
        "location_code": "L-1",
        "location_name": "Mfano Clinic",
        "scheme_code": "STAFF",
        "scheme_name": "Mfano Staff",
        "member_number": "8300000001-00",
        "visit_number": form.visit_number,
        "session_id": 12345,
        "visit_start": "2026-11-22 09:00:00",
        "visit_end": "2026-11-22 10:30:00",
        "currency": "KES",
        "doctor_name": "A1234",
        "sp_id": 678,
        "pool_number": 3,
        "diagnosis": [
            {"code": "B54", "name": "Malaria", "coding_standard": "ICD10", "is_added_with_claim": True, "primary": True}
        ],
        "pre_authorization": [],
    }
    (invoice,) = invoices
    lines = invoice.pop("lines")
    assert invoice == {
        "amount": 600.0,
        "gross_amount": 1250.0,
        "invoice_date": "2026-11-22 10:30:00",
        "invoice_number": form.number,
        "invoice_ref_number": form.number,
        "etims_number": "",
        "etims_qrcode": "",
    }
    assert lines[1] == {
        "item_code": "BLOOD_TEST",
        "item_name": "Blood Test",
        "quantity": 2,
        "unit_price": 375.0,
        "amount": 750.0,
        "service_group": "CONSULTATION",
        "charge_date": "2026-11-22",
        "charge_time": "09:00:00",
        "additional_info": "",
        "pre_authorization_code": "",
    }
    assert [(part["type"], part["amount"]) for part in modifiers] == [("1", 500.0), ("0", 150.0)]
    assert claim_request(a_form(), a_session(), ("", ""), NOW)["payment_modifiers"] == []


@pytest.mark.parametrize("body", [DONE, {"code": 201, "message": ""}, {"response_type": "SUCCESS"}, {}])
async def test_a_claim_is_taken_in_any_words(there: Recorded, payer: Smart, body: Any) -> None:
    there.says((200, body))
    assert (await payer.submit(a_form(), a_session(), "")).phase is Phase.SUBMITTED


@pytest.mark.parametrize(
    ("answer", "failure", "code", "words"),
    [
        ((400, refused("400", "No session")), SaidNo, "http-400", "No session"),
        ((200, refused("400", "No session")), SaidNo, "http-400", "No session"),
        ((200, refused("SMT-7", "No session")), SaidNo, "http-400", "No session"),
        ((200, {"response_type": "ERROR", "message": "No session"}), SaidNo, "http-400", "No session"),
        ((400, {**refused("400", ""), "content": {"message": "Hidden"}}), SaidNo, "http-400", "Hidden"),
        ((200, refused("500", "oops")), Unknown, "http-500", "oops"),
        ((200, refused("503", "busy")), Away, "http-503", "busy"),
        ((500, refused("500", "oops")), Unknown, "http-500", "oops"),
        ((400, "<html>Bad Request</html>"), Unknown, "http-400-unreadable", ""),
        ((200, "<html>Welcome</html>"), Unknown, "http-200-unreadable", ""),
        ((429, refused("429", "slow down")), Away, "http-429", "slow down"),
    ],
)
async def test_an_answer_to_a_claim_means_what_it_should(
    there: Recorded, payer: Smart, answer: tuple[int, Any], failure: type[OutsideFailure], code: str, words: str
) -> None:
    there.says(answer)
    with pytest.raises(failure) as failed:
        await payer.submit(a_form(), a_session(), "")
    assert (failed.value.code, failed.value.detail) == (code, words)
    assert str(failed.value) == f"smart {failed.value.ending} ({code})"


@pytest.mark.parametrize(
    ("words", "phase", "raw"),
    [
        ([], Phase.DRAFT, ""),
        (["Pending"], Phase.SUBMITTED, "Pending"),
        (["PENDING", "billed"], Phase.APPROVED, "billed"),
        (["Billed", "Pending"], Phase.APPROVED, "Billed"),
        (["Cancelled"], Phase.SENT_BACK, "Cancelled"),
        (["Cancelled", "Pending"], Phase.SUBMITTED, "Pending"),
        (["Rejected"], Phase.REJECTED, "Rejected"),
        (["Escalated"], Phase.IN_REVIEW, "Escalated"),
        ([None], Phase.IN_REVIEW, ""),
    ],
)
@pytest.mark.parametrize("is_enveloped", [True, False])
async def test_where_a_claim_stands_is_read(
    there: Recorded, payer: Smart, words: list[Any], phase: Phase, raw: str, is_enveloped: bool
) -> None:
    rows = [{"session_id": 12345, "claim_status": word, "amount": "600.00"} for word in words]
    there.says((200, {**DONE, "content": rows} if is_enveloped else rows))
    state = await payer.look(a_form(), a_session())
    assert (state.phase, state.raw) == (phase, raw)
    assert there.requests[0][0] == "/api/claim-status"


@pytest.mark.parametrize("body", [None, "words", [None], {"content": None}, {"code": "200", "message": "x"}, {}])
def test_nothing_is_read_from_nothing(body: Any) -> None:
    assert rows_in(body) == []
