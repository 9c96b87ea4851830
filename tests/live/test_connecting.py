"""Who may listen, and for how long; whoever may not is told why."""

from typing import Any

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as Refusal

from api.live import Live
from models.staff import Role
from tests.live.clinic import Api, Facility, Staff, serving, until
from tests.live.ears import PythonEars, listening

NURSE = Role.TRIAGE_NURSE


@pytest.mark.parametrize("since", [-1, 1.5, "7", True, [], {}])
async def test_a_wrong_since_is_refused(api: Api, staff: Staff, facility: Facility, since: Any) -> None:
    refusal = await refused(api, staff.token(facility.person(NURSE)), since)
    assert "since" in refusal["message"]
    assert refusal["data"]["status"] == 422


@pytest.mark.parametrize("token", ["forged", "", None, 7])
async def test_a_bad_token_is_refused(api: Api, token: Any) -> None:
    refusal = await refused(api, token)
    assert "token" in refusal["message"]
    assert refusal["data"]["type"] == "/problems/not-signed-in"


async def test_our_own_failure_is_a_refusal_too(api: Api) -> None:
    assert (await refused(api, "broken"))["data"]["status"] == 500


async def refused(api: Api, token: Any, since: Any = None) -> Any:
    ears = PythonEars(token, since)
    with pytest.raises(Refusal):
        await ears.connect(api)
    await ears.client.disconnect()
    return ears.refusal


@pytest.mark.parametrize(("origin", "status"), [("http://elsewhere.example", 400), ("", 200)])
async def test_only_pages_of_our_own_may_connect(api: Api, origin: str, status: int) -> None:
    headers = {"Origin": origin or api.address}
    async with (
        aiohttp.ClientSession(api.address, headers=headers) as page,
        page.get("/socket.io/?EIO=4&transport=polling") as answer,
    ):
        assert answer.status == status


async def test_a_board_is_dismissed_when_its_token_expires(api: Api, staff: Staff, facility: Facility) -> None:
    async with listening(api, staff.token(facility.person(NURSE), seconds=0.5)) as ears:
        told = await facility.tell(NURSE)
        await ears.hear(told)
        await until(lambda: not ears.client.connected, 3)
        await facility.tell(NURSE)
        await ears.hear(told)


async def test_a_board_is_dismissed_when_its_holder_may_no_longer_sign_in(
    staff: Staff, facility: Facility, url: str
) -> None:
    going, staying = (staff.token(facility.person(NURSE)) for _ in range(2))
    async with (
        serving(Live(url, staff.authenticate, look_again=0.05)) as api,
        listening(api, going) as gone,
        listening(api, staying) as stays,
    ):
        told = await facility.tell(NURSE)
        await gone.hear(told)
        staff.revoke(going)
        await until(lambda: not gone.client.connected, 3)
        more = await facility.tell(NURSE)
        await stays.hear(told + more)
        await gone.hear(told)


async def test_before_the_first_look_at_the_table_a_board_is_asked_to_come_back(
    staff: Staff, facility: Facility
) -> None:
    async with serving(Live("postgresql://nobody@/nothing?host=/nowhere", staff.authenticate)) as api:
        refusal = await refused(api, staff.token(facility.person(NURSE)))
        assert refusal["data"]["status"] == 503
        assert refusal["data"]["retry_after"] > 0
