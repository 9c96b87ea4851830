"""A fault of ours is answered as a problem, with the key, and is logged without a word of what it quoted."""

import logging

import httpx2
import pytest

from api.app import create_app
from tests.clinic import WholeClinic
from tests.walks import fresh


async def broken() -> None:
    raise LookupError("Wanjiku Otieno, +254712345678")


async def test_a_fault_reaches_neither_the_sender_nor_the_log_in_its_own_words(
    open_clinic: WholeClinic, caplog: pytest.LogCaptureFixture
) -> None:
    """The transport raises what leaves the application, as the server would log it: nothing does."""
    app, key = create_app(open_clinic.clinic), fresh()
    app.add_api_route("/api/broken", broken, methods=["POST"])
    transport = httpx2.ASGITransport(app, raise_app_exceptions=True)
    with caplog.at_level(logging.DEBUG):
        async with httpx2.AsyncClient(transport=transport, base_url="http://clinic") as http:
            answer = await http.post("/api/broken", headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert (answer.json()["type"], answer.headers["Idempotency-Key"]) == ("/problems/unexpected", key)
    assert "LookupError at broken:" in caplog.text
    for text in (answer.text, caplog.text):
        assert "Wanjiku" not in text
