"""The sandbox itself: its ledgers, its faults, its page, and how a service joins it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import APIRouter

from integrations.sandbox.app import opened_sandbox
from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.sandbox.faults import Fault, Faults, Mode
from integrations.sandbox.ledger import Ledger
from integrations.settings import Settings
from tests.services.harness import Sandbox, serving, until

FORM = "application/x-www-form-urlencoded"


def test_a_fault_is_used_up_or_stays_until_cleared() -> None:
    faults = Faults()
    faults.order(Fault(mode=Mode.DOWN, count=2))
    faults.order(Fault(mode=Mode.SLOW))
    assert [taken.mode for taken in (faults.take(list(Mode)) for _ in range(4)) if taken] == [
        Mode.DOWN,
        Mode.DOWN,
        Mode.SLOW,
        Mode.SLOW,
    ]
    faults.clear()
    assert faults.take(list(Mode)) is None


def test_a_fault_may_concern_one_path_only() -> None:
    faults = Faults()
    faults.order(Fault(mode=Mode.HTML_400, path="/submit"))
    assert faults.take([Mode.HTML_400], "/claims/visit") is None
    assert faults.take([Mode.HTML_400], "/claims/submit") is not None


def test_a_ledger_counts_what_happened_twice_and_forgets_the_oldest() -> None:
    ledger = Ledger(kept=3)
    for key in ("a", "b", "a"):
        ledger.take("push", key)
    assert ledger.duplicates() == 1
    ledger.take("payment", "a")
    assert [(entry.kind, entry.key) for entry in ledger.entries] == [("push", "b"), ("push", "a"), ("payment", "a")]
    assert ledger.duplicates() == 0


async def test_a_ledger_is_asked_for_one_kind_or_key(sandbox: Sandbox) -> None:
    for reference in ("OP-1", "OP-2"):
        paid = await sandbox.act("mpesa", "payments", phone="0712345678", amount=10, reference=reference)
        assert paid.status_code == 200
    entries = await sandbox.ledger("mpesa")
    assert [entry["details"]["reference"] for entry in entries] == ["OP-1", "OP-2"]
    assert await sandbox.ledger("mpesa", key=entries[1]["key"]) == [entries[1]]
    assert await sandbox.ledger("mpesa", kind="push") == []


@pytest.mark.parametrize(
    "fault",
    [{"mode": "sulking"}, {"mode": "down", "count": 0}, {"mode": "down", "seconds": -1}, {"mode": "down", "x": 1}],
)
async def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, fault: dict[str, object]) -> None:
    assert (await sandbox.http.post("/_sandbox/mpesa/faults", json=fault)).status_code == 422
    assert (await sandbox.http.get("/_sandbox/mpesa/faults")).json() == []


async def test_what_does_not_exist_is_said_to(sandbox: Sandbox) -> None:
    for method, path in [("GET", "nobody/ledger"), ("POST", "mpesa/nothing"), ("DELETE", "nobody/faults")]:
        answer = await sandbox.http.request(method, f"/_sandbox/{path}", json={})
        assert answer.status_code == 404


async def test_the_page_shows_what_happened_and_its_buttons_work(sandbox: Sandbox) -> None:
    page = await sandbox.http.get("/_sandbox")
    assert "Works." in page.text
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    broken = await sandbox.http.post(
        "/_sandbox/page/mpesa/faults", data={"mode": "down", "count": "3", "seconds": "", "path": ""}
    )
    assert (broken.status_code, broken.headers["location"]) == (303, "/_sandbox#mpesa")
    assert "down, 3 more" in (await sandbox.http.get("/_sandbox")).text
    assert (await sandbox.http.post("/_sandbox/page/mpesa/clear")).status_code == 303
    form = {"phone": "0712345678", "amount": "40", "reference": "<b>OP-9</b>"}
    assert (await sandbox.http.post("/_sandbox/page/mpesa/do/payments", data=form)).status_code == 303
    shown = (await sandbox.http.get("/_sandbox")).text
    assert "Works." in shown
    assert "reference &lt;b&gt;OP-9&lt;/b&gt;" in shown
    assert (await sandbox.http.get("/static/sandbox.css")).status_code == 200


async def test_a_control_says_why_it_cannot_be(sandbox: Sandbox) -> None:
    refused = await sandbox.act("mpesa", "payments", phone="12", amount=10, reference="x")
    assert (refused.status_code, "mobile number" in refused.text) == (422, True)
    refused = await sandbox.act("mpesa", "answers", code=0, checkout_request_id="ws_CO_none")
    assert refused.status_code == 422


async def test_whoever_knocks_without_a_token_is_sent_away_as_daraja_does(sandbox: Sandbox) -> None:
    answer = await sandbox.http.post("/mpesa/mpesa/stkpush/v1/processrequest", json={})
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "404.001.03")


class Bell:
    """A service of one route, with a server of its own."""

    def __init__(self) -> None:
        self.open = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.open = True
        yield
        self.open = False

    def counterpart(self, stand: Stand) -> Counterpart:
        routes = APIRouter()

        @routes.post("/rings")
        async def ring() -> dict[str, int]:
            stand.ledger.take("ring", "bell")
            return {"rings": len(stand.ledger.entries)}

        @routes.get("/rings")
        async def heard() -> dict[str, int]:
            return {"rings": len(stand.ledger.entries)}

        async def pull(fields: dict[str, str]) -> str:
            return fields["hard"]

        control = Control("pulls", "Pull", ("hard",), pull)
        return Counterpart("bell", "Bell", routes, ("/rings",), controls=(control,), running=self.running)


@asynccontextmanager
async def sandbox_with(bell: Bell) -> AsyncIterator[httpx2.AsyncClient]:
    """A sandbox of one service, and somebody who calls it."""
    async with (
        opened_sandbox(Settings(), (bell.counterpart,)) as app,
        serving(app) as base,
        httpx2.AsyncClient(base_url=base) as http,
    ):
        yield http


async def test_a_service_joins_with_one_function() -> None:
    bell = Bell()
    async with sandbox_with(bell) as http:
        assert bell.open
        assert (await http.post("/bell/rings")).json() == {"rings": 1}
        assert (await http.post("/_sandbox/bell/pulls", json={"hard": 3})).json() == "3"
        await http.post("/_sandbox/bell/faults", json={"mode": "reject", "count": 1})
        assert (await http.post("/bell/rings")).status_code == 400
        assert (await http.get("/_sandbox/bell/ledger")).json()["duplicates"] == 0
    assert not bell.open


async def test_an_effect_happens_though_the_caller_has_hung_up() -> None:
    async with sandbox_with(Bell()) as http:
        await http.post("/_sandbox/bell/faults", json={"mode": "slow", "count": 1, "seconds": 0.5})
        with pytest.raises(httpx2.ReadTimeout):
            await http.post("/bell/rings", timeout=0.2)

        async def has_rung() -> bool:
            return bool((await http.get("/bell/rings")).json() == {"rings": 1})

        await until(has_rung)
