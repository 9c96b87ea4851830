"""The line to an outside service: tokens, and secrets that stay where they belong."""

import asyncio
import logging
from decimal import Decimal

import httpx2
import pytest
from pydantic import SecretStr

from integrations.services.line import Bearer
from integrations.services.mpesa.client import Daraja
from integrations.services.mpesa.port import Inquiry, Push
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown, scrubbed
from integrations.settings import Settings
from tests.services.harness import Called, Sandbox, Scripted

INQUIRY = Inquiry(receipt="X", result_url="http://127.0.0.1/a", timeout_url="http://127.0.0.1/b")


class Mint:
    """Makes tokens that live a minute and a half, on a clock that is set by hand."""

    def __init__(self) -> None:
        self.made, self.time, self.broken = 0, 0.0, False
        self.bearer = Bearer(self.fetch, skew=30, clock=lambda: self.time)

    async def fetch(self) -> tuple[str, float]:
        await asyncio.sleep(0.01)
        if self.broken:
            raise Away("mint", "http-503")
        self.made += 1
        return f"token-{self.made}", 90.0


async def test_many_who_need_a_token_fetch_it_once() -> None:
    mint = Mint()
    assert set(await asyncio.gather(*(mint.bearer.token() for _ in range(10)))) == {"token-1"}


async def test_a_token_is_kept_until_shortly_before_it_expires() -> None:
    mint = Mint()
    assert await mint.bearer.token() == "token-1"
    mint.time = 59
    assert await mint.bearer.token() == "token-1"
    mint.time = 61
    assert await mint.bearer.token() == "token-2"


async def test_many_whose_token_is_refused_renew_it_once() -> None:
    mint = Mint()
    worn_out = await mint.bearer.token()
    assert set(await asyncio.gather(*(mint.bearer.token(worn_out) for _ in range(10)))) == {"token-2"}
    assert await mint.bearer.token(worn_out) == "token-2"


async def test_a_mint_that_is_away_fails_everybody_who_waits_and_nobody_after() -> None:
    mint = Mint()
    mint.broken = True
    failures = await asyncio.gather(*(mint.bearer.token() for _ in range(3)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [Away, Away, Away]
    mint.broken = False
    assert await mint.bearer.token() == "token-1"


async def test_one_who_leaves_does_not_spoil_the_token_of_the_others() -> None:
    mint = Mint()
    leaving, staying = asyncio.create_task(mint.bearer.token()), asyncio.create_task(mint.bearer.token())
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "token-1"
    assert leaving.cancelled()


async def test_a_token_that_the_service_forgot_is_renewed_and_the_push_goes_out_once(
    sandbox: Sandbox, http: httpx2.AsyncClient, clinic: Called
) -> None:
    mpesa = Daraja(sandbox.settings, http)
    await mpesa.transaction_status(INQUIRY)
    await sandbox.act("mpesa", "expired-tokens")
    await mpesa.stk_push(a_push("OP-T", f"{clinic.base}/told"))
    assert [entry["key"] for entry in await sandbox.ledger("mpesa", kind="push")] == ["OP-T"]


async def test_a_token_that_is_refused_twice_is_not_tried_for_ever(
    http: httpx2.AsyncClient, scripted: Scripted
) -> None:
    scripted.says((401, {"errorCode": "401.002.01", "errorMessage": "Invalid Access Token"}))
    with pytest.raises(Away, match="token-refused"):
        await Daraja(Settings(mpesa_url=scripted.base), http).stk_push(a_push())
    assert [path for path, _, _ in scripted.requests].count("/mpesa/stkpush/v1/processrequest") == 2


def a_push(reference: str = "OP-S", callback_url: str = "http://127.0.0.1/told-secretly") -> Push:
    return Push(phone="+254712345678", amount=Decimal(5), reference=reference, callback_url=callback_url)


async def test_wrong_credentials_are_told_apart(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    strange = sandbox.settings.model_copy(update={"mpesa_consumer_secret": SecretStr("another")})
    with pytest.raises(Away, match="credentials-refused"):
        await Daraja(strange, http).stk_push(a_push())
    strange = sandbox.settings.model_copy(update={"mpesa_pass_key": SecretStr("another")})
    with pytest.raises(SaidNo, match=r"500\.001\.1001"):
        await Daraja(strange, http).stk_push(a_push())
    with pytest.raises(Away, match=r"500\.001\.1001"):
        await Daraja(strange, http).query("ws_CO_1")
    assert await sandbox.ledger("mpesa") == []


async def test_neither_failures_nor_logs_tell_secrets_or_people(
    http: httpx2.AsyncClient, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telltale = "ASHA 254712345678 recorded-token the-secret asha@example.org /told-secretly the-pass-key"
    settings = Settings(mpesa_consumer_secret=SecretStr("the-secret"), mpesa_pass_key=SecretStr("the-pass-key"))
    failures: list[OutsideFailure] = []
    for answer in [
        (400, {"errorCode": "400.002.02", "errorMessage": telltale}),
        (400, {"errorCode": telltale, "errorMessage": telltale}),
        (422, {"message": telltale}),
        (500, {"errorCode": "500.003.1001", "errorMessage": telltale}),
        (503, {"error": telltale}),
        (200, telltale),
        (200, {"ResponseCode": "7", "ResponseDescription": telltale}),
    ]:
        scripted.says(answer)
        mpesa = Daraja(settings.model_copy(update={"mpesa_url": scripted.base}), http)
        with pytest.raises(OutsideFailure) as failed:
            await mpesa.stk_push(a_push())
        failures.append(failed.value)
    told = " ".join([*(f"{failure} {failure!r}" for failure in failures), repr(a_push()), caplog.text])
    for secret in ("712345678", "recorded-token", "the-secret", "the-pass-key", "asha@", "told-secretly", "Basic "):
        assert secret not in told
    for failure in failures:
        assert failure.__cause__ is None
        assert "712345678" not in failure.detail
        assert "asha@" not in failure.detail


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("Invalid PhoneNumber 0712 345 678", "Invalid PhoneNumber …"),
        ("member 12345678 at +254-712-345678 not found", "member … at … not found"),
        ("mail asha.mwangi@example.org now", "mail … now"),
        ("token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.x_y-z refused", "token … refused"),
        ("Bad Request - Invalid Amount (400.002.02)", "Bad Request - Invalid Amount (400.002.02)"),
        (None, ""),
    ],
)
def test_numbers_addresses_and_tokens_are_taken_out_of_words(words: str | None, left: str) -> None:
    assert scrubbed(words) == left


async def test_a_line_that_breaks_under_way_is_no_proof_of_anything(http: httpx2.AsyncClient) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if b"/oauth/" in request:
            body = b'{"access_token": "t", "expires_in": "3599"}'
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1") as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        mpesa = Daraja(Settings(mpesa_url=base), http)
        with pytest.raises(Unknown, match="connection-lost"):
            await mpesa.stk_push(a_push())
        with pytest.raises(Away, match="connection-lost"):
            await mpesa.query("ws_CO_1")
