"""A payer that calls is not believed, but asked at once; one that is not ours is told nothing."""

from collections.abc import AsyncIterator

import pytest

from integrations.services.line import outside_client
from integrations.services.payers import callback_path
from integrations.services.sha.client import EClaims
from models.claims import Gateway
from models.staff import Role
from tests.claims.conftest import Counter, opened_counter
from tests.clinic import eventually


@pytest.fixture(scope="module")
async def patient_counter() -> AsyncIterator[Counter]:
    """Where nobody asks a payer by the clock before a day has passed."""
    async with (
        opened_counter(claim_follow_seconds=86_400, sha_facility_id="FID-47-000001-0") as counter,
        counter.clinic.worker(),
    ):
        yield counter


async def registered(counter: Counter) -> str:
    """Have SHA call this clinic; the path."""
    settings = counter.clinic.settings
    path = callback_path(settings, Gateway.SHA)
    async with outside_client(settings) as http:
        calls = EClaims(settings, http).status_calls
        endpoint = await calls.register_endpoint("clinic", settings.own_url)
        await calls.register_operation(endpoint.endpoint_id, path)
    return path


async def test_a_payers_call_wakes_the_claim_which_asks(patient_counter: Counter) -> None:
    counter = patient_counter
    await registered(counter)
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    await counter.becomes(visit["id"], "PAID")
    assert await counter.clinic.rows("select 1 from callbacks where service = 'sha'")


async def test_a_call_that_says_paid_is_asked_about_and_changes_nothing_by_itself(patient_counter: Counter) -> None:
    counter = patient_counter
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-PAPER")
    claim = await counter.becomes(visit["id"], "BY_HAND")
    path = callback_path(counter.clinic.settings, Gateway.SHA)
    told = {"provider_claim_no": claim["number"], "status": "PAID"}
    for _ in range(2):
        assert (await counter.clinic.http.post(path, json=told)).status_code == 200

    async def is_kept() -> bool:
        rows = await counter.clinic.rows(
            "select times from callbacks where body like %s", b"%" + claim["number"].encode() + b"%"
        )
        return [row["times"] for row in rows] == [2]

    await eventually(is_kept)
    assert (await counter.claim_of(visit["id"]))["status"] == "BY_HAND"


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b'"claim"', b"<html></html>"])
async def test_what_cannot_be_read_is_kept_and_thanked_for(patient_counter: Counter, body: bytes) -> None:
    path = callback_path(patient_counter.clinic.settings, Gateway.SHA)
    answer = await patient_counter.clinic.http.post(path, content=body)
    assert answer.status_code == 200


async def test_a_guessed_path_is_not_found(patient_counter: Counter) -> None:
    answer = await patient_counter.clinic.http.post(f"/callbacks/h/{'0' * 40}", json={})
    assert answer.status_code == 404


async def test_a_clerk_may_have_the_payer_asked_now(patient_counter: Counter) -> None:
    counter = patient_counter
    visit = await counter.consulted()
    await counter.sandbox.breaks("sha", "lost_callback")
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "SUBMITTED", "IN_REVIEW")

    async def is_paid() -> bool:
        body = {"kind": "check"}
        answer = await counter.walk.does(Role.CASHIER, "POST", f"/api/claims/{claim['id']}/actions", body)
        return answer.status_code == 409 or (await counter.claim_of(visit["id"]))["status"] == "PAID"

    await eventually(is_paid)
    await counter.sandbox.mend("sha")
    await counter.becomes(visit["id"], "PAID")
