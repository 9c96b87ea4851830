"""SMS: the real client against its counterpart and against recorded answers, over real sockets."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from integrations.services.line import outside_client
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown, Unreadable
from integrations.services.sms.client import AfricasTalking
from integrations.services.sms.port import Delivery, DeliveryReport, Sent, Sms
from integrations.services.sms.sandbox import sms as counterpart
from integrations.services.sms.shapes import delivery_report, mobile_number, opt_out
from integrations.settings import Settings
from tests.ports import free_port
from tests.services.harness import Called, Sandbox, serving, until
from tests.services.one_service import sandbox_with

AKINYI, UNREACHED = "+254712345678", "+254798010001"
REPORTS, OPT_OUTS = "/told/reports", "/told/opt-outs"


@pytest.fixture(scope="module")
async def open_service(session_clinic: Called) -> AsyncIterator[Sandbox]:
    async with sandbox_with(
        counterpart,
        sandbox_seconds=0.05,
        sms_user_name="kliniki",
        sms_api_key="the-api-key",
        sms_sender="KLINIKI",
        sms_callback_url=f"{session_clinic.base}/told",
    ) as sandbox:
        yield sandbox


@pytest.fixture
async def service(open_service: Sandbox, clinic: Called) -> Sandbox:
    """Nothing is broken, and the ledger is empty."""
    assert (await open_service.http.delete("/_sandbox")).status_code == 204
    return open_service


@pytest.fixture
async def http(service: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with outside_client(service.settings) as client:
        yield client


@pytest.fixture
def sms(service: Sandbox, http: httpx2.AsyncClient) -> Sms:
    return AfricasTalking(service.settings, http)


@dataclass
class Recorded:
    """A service that always gives the same answer."""

    body: Any = None

    async def __call__(self, request: Request) -> Response:
        if isinstance(self.body, str):
            return Response(self.body, 201)
        return JSONResponse(self.body, 201)


@pytest.fixture(scope="module")
async def recording() -> AsyncIterator[tuple[Recorded, Sms]]:
    recorded, app = Recorded(), FastAPI()
    app.add_api_route("/version1/messaging", recorded.__call__, methods=["POST"], response_model=None)
    async with serving(app) as base:
        settings = Settings(sms_url=base)
        async with outside_client(settings) as client:
            yield recorded, AfricasTalking(settings, client)


@pytest.fixture
def recorded(recording: tuple[Recorded, Sms]) -> Callable[[Any], Sms]:
    """The client of a service that gives this answer."""

    def client_of(body: Any) -> Sms:
        recording[0].body = body
        return recording[1]

    return client_of


def told(code: Any, message_id: str | None = "None", **more: Any) -> dict[str, Any]:
    """The recorded shape of an answer about one phone."""
    one = {"statusCode": code, "number": AKINYI, "status": "Status", "cost": "0", "messageId": message_id, **more}
    return {"SMSMessageData": {"Message": "Sent to 0/1 Total Cost: 0", "Recipients": [one]}}


async def reports_on(sent: Sent, clinic: Called, times: int = 1) -> list[DeliveryReport]:
    """What the clinic was told of a message, once it was told so often."""

    def said() -> list[DeliveryReport]:
        reports = [delivery_report(form) for path, form in clinic.heard if path == REPORTS]
        return [report for report in reports if report.provider_id == sent.provider_id]

    async def is_told() -> bool:
        return len(said()) >= times

    await until(is_told)
    return said()


async def ending(sms: Sms, to: str = AKINYI) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as failed:
        await sms.send(to, "Habari")
    assert "712345678" not in str(failed.value)
    return failed.value


async def test_a_text_is_sent_once_and_its_delivery_is_told(service: Sandbox, sms: Sms, clinic: Called) -> None:
    sent = await sms.send("0712 345678", "Your report is ready")
    assert (sent.code, sent.status, sent.cost) == ("101", "Success", "KES 0.8000")
    entry = (await service.ledger("sms"))[0]
    assert (entry["number"], entry["details"]["phone"]) == (sent.provider_id, AKINYI)
    assert entry["details"] | {"phone": ""} == {"phone": "", "text": "Your report is ready", "sender": "KLINIKI"}
    report = (await reports_on(sent, clinic))[0]
    assert (report.delivery, report.phone, report.is_final) == (Delivery.DELIVERED, AKINYI, True)


async def test_the_page_does_not_show_a_whole_number(service: Sandbox, sms: Sms) -> None:
    await sms.send(AKINYI, "Habari")
    page = (await service.http.get("/_sandbox")).text
    assert "…678" in page
    assert "712345678" not in page


async def test_a_phone_that_is_never_reached_is_reported_as_failed(sms: Sms, clinic: Called) -> None:
    sent = await sms.send(UNREACHED, "Habari")
    report = (await reports_on(sent, clinic))[0]
    assert (report.delivery, report.failure_reason) == (Delivery.FAILED, "AbsentSubscriber")


async def test_a_report_may_be_doubled(service: Sandbox, sms: Sms, clinic: Called) -> None:
    await service.breaks("sms", "duplicate_callback", count=1)
    once, twice = await reports_on(await sms.send(AKINYI, "Habari"), clinic, 2)
    assert once == twice


async def test_a_report_may_be_lost_and_another_come_late(service: Sandbox, sms: Sms, clinic: Called) -> None:
    await service.breaks("sms", "lost_callback", count=1)
    sent = await sms.send(AKINYI, "Habari")

    async def is_lost() -> bool:
        made = (await service.book("sms"))["callbacks"]
        return [sent.provider_id] == [one["key"] for one in made if one["outcome"] == "lost"]

    await until(is_lost)
    await service.act("sms", "reports", message_id=sent.provider_id, status="Buffered")
    assert [report.is_final for report in await reports_on(sent, clinic)] == [False]


async def test_whoever_opts_out_is_told_to_the_clinic_and_refused_from_then_on(
    service: Sandbox, sms: Sms, clinic: Called
) -> None:
    assert (await service.act("sms", "opt-outs", phone="0722000111")).status_code == 200
    left = opt_out((await clinic.told(OPT_OUTS))[0])
    assert (left.phone, left.sender) == ("+254722000111", "KLINIKI")
    refused = await ending(sms, left.phone)
    assert (type(refused), refused.code) == (SaidNo, "406")
    await service.act("sms", "opt-ins", phone="0722000111")
    assert (await sms.send(left.phone, "Karibu tena")).code == "101"


@pytest.mark.parametrize(
    ("code", "expected"),
    [(401, Away), (405, Away), (407, Away), (500, Away), (502, Away)]
    + [(code, SaidNo) for code in (402, 403, 404, 406, 409)],
)
async def test_a_code_beside_the_phone_says_whether_to_try_again(
    service: Sandbox, sms: Sms, code: int, expected: type[OutsideFailure]
) -> None:
    failed = await ending(sms, f"+2547980{code:05}")
    assert (type(failed), failed.code) == (expected, str(code))
    assert await service.ledger("sms") == []


@pytest.mark.parametrize("to", ["0202345678", "+14155552671", "0800123456", "07123456789", "+255712345678", "", "abc"])
async def test_only_kenyan_mobile_numbers_are_written_to(service: Sandbox, sms: Sms, to: str) -> None:
    failed = await ending(sms, to)
    assert (type(failed), failed.code) == (SaidNo, "not-a-mobile-number")
    assert await service.ledger("sms") == []


async def test_an_empty_text_is_not_sent(service: Sandbox, sms: Sms) -> None:
    with pytest.raises(SaidNo, match="no-text"):
        await sms.send(AKINYI, " \n")
    assert await service.ledger("sms") == []


async def test_a_text_whose_answer_is_lost_may_have_been_sent(service: Sandbox, http: httpx2.AsyncClient) -> None:
    await service.breaks("sms", "timeout_after_effect", count=1)
    async with outside_client(service.settings.model_copy(update={"outside_seconds": 0.4})) as hurried:
        failed = await ending(AfricasTalking(service.settings, hurried))
    assert (type(failed), failed.code) == (Unknown, "timeout")
    assert len(await service.ledger("sms")) == 1


@pytest.mark.parametrize(
    ("mode", "expected"), [("down", Away), ("error_500", Unknown), ("html_400", Unknown), ("reject", SaidNo)]
)
async def test_a_broken_service_sends_nothing(
    service: Sandbox, sms: Sms, mode: str, expected: type[OutsideFailure]
) -> None:
    await service.breaks("sms", mode, count=1)
    assert type(await ending(sms)) is expected
    assert await service.ledger("sms") == []
    assert (await sms.send(AKINYI, "Habari")).code == "101"


async def test_a_wrong_api_key_is_mended_by_people_and_waits(service: Sandbox, http: httpx2.AsyncClient) -> None:
    stranger = AfricasTalking(service.settings.model_copy(update={"sms_user_name": "someone"}), http)
    failed = await ending(stranger)
    assert (type(failed), failed.code) == (Away, "http-401")


async def test_nobody_there_is_away(http: httpx2.AsyncClient) -> None:
    gone = AfricasTalking(Settings(sms_url=f"http://127.0.0.1:{free_port()}"), http)
    assert (type(failed := await ending(gone)), failed.code) == (Away, "no-connection")


async def test_a_service_that_is_not_connected_says_so(
    production: Callable[..., Settings], http: httpx2.AsyncClient
) -> None:
    failed = await ending(AfricasTalking(production(), http))
    assert (type(failed), failed.code) == (SaidNo, "not-connected")


@pytest.mark.parametrize("code", [401, 500, "501", 502, 407])
async def test_a_failure_that_made_a_message_may_still_go_out(recorded: Callable[[Any], Sms], code: Any) -> None:
    failed = await ending(recorded(told(code, "ATXid_1")))
    assert (type(failed), failed.code) == (Unknown, str(code))


@pytest.mark.parametrize("nobody", [[], None])
@pytest.mark.parametrize(
    ("word", "expected"),
    [("InvalidSenderId", SaidNo), ("Insufficient Balance", Away), ("RiskHold", Away), ("Sent to 0/0", Unknown)],
)
async def test_without_a_recipient_the_words_give_the_reason(
    recorded: Callable[[Any], Sms], word: str, expected: type[OutsideFailure], nobody: Any
) -> None:
    sms = recorded({"SMSMessageData": {"Message": word, "Recipients": nobody}})
    assert type(await ending(sms)) is expected


@pytest.mark.parametrize("body", [{}, [], "Created", {"SMSMessageData": None}, told(None), told(999), told("")])
async def test_a_success_that_says_nothing_is_unknown(recorded: Callable[[Any], Sms], body: Any) -> None:
    assert type(await ending(recorded(body))) is Unknown


@pytest.mark.parametrize("code", ["100", 101, "102"])
async def test_codes_may_come_as_text_and_new_fields_are_kept(recorded: Callable[[Any], Sms], code: Any) -> None:
    sent = await recorded(told(code, "ATXid_1", cost="KES 1.6000", messageParts=2)).send(AKINYI, "Habari")
    assert sent == Sent(provider_id="ATXid_1", code=str(code), status="Status", cost="KES 1.6000", raw=sent.raw)
    assert sent.raw["messageParts"] == 2


def test_mobile_numbers_are_written_in_one_way() -> None:
    forms = ("0712345678", "712345678", "254712345678", "+254 712 345 678")
    assert {mobile_number(form) for form in forms} == {AKINYI}
    assert mobile_number("0110123456") == "+254110123456"


@pytest.mark.parametrize("status", ["Sent", "Submitted", "Buffered", "SomethingNew"])
def test_a_report_on_the_way_is_not_final(status: str) -> None:
    report = delivery_report({"id": "ATXid_1", "status": status, "retryCount": "0", "new": "field"})
    assert (report.delivery, report.status, report.raw["new"]) == (Delivery.UNDER_WAY, status, "field")


@pytest.mark.parametrize("form", [{}, {"id": "ATXid_1"}, {"id": "", "status": "Success"}, {"status": "Success"}])
def test_a_report_about_nothing_is_unreadable(form: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        delivery_report(form)


def test_an_opt_out_is_read_though_its_plus_was_lost() -> None:
    for phone in ("+254722000111", " 254722000111", "254722000111", "0722000111"):
        assert opt_out({"senderId": "KLINIKI", "phoneNumber": phone}).phone == "+254722000111"
    with pytest.raises(Unreadable):
        opt_out({"senderId": "KLINIKI", "phoneNumber": "somebody"})


def test_a_real_service_is_not_opened_without_its_key(production: Callable[..., Settings]) -> None:
    with pytest.raises(ValueError, match="NJIA_SMS_API_KEY is empty"):
        production(sms_url="https://sms.test", sms_user_name="kliniki")
    assert production(sms_url="https://sms.test", sms_user_name="kliniki", sms_api_key="key").outside("sms")
    assert production().outside("sms") == ""
