"""The flow of the day over HTTP, and as metrics."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from pydantic import SecretStr

from api.app import create_app
from models.staff import Role
from tests.clinic import WholeClinic
from tests.waiting.ward import Ward


async def flow(ward: Ward, query: str = "", status: int = 200) -> dict[str, Any]:
    answer = await ward.walk.does(Role.SUPERVISOR, "GET", f"/api/supervision/flow{query}")
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def waiting(found: dict[str, Any], station: str) -> int:
    return sum(one["waiting"] for one in found["waiting_now"] if one["station"] == station)


def done(found: dict[str, Any], step: str) -> int:
    return sum(one["wait"]["count"] for one in found["steps"] if (one["step"], one["triage_category"]) == (step, None))


async def test_what_patients_wait_for_and_waited_for_is_counted(bare: Ward) -> None:
    async with bare.clinic.worker():
        visit, *_ = [await bare.walk.seen() for _ in range(3)]
        await bare.walk.paid(visit["id"])
        await bare.walk.discharged(visit["id"])
        await bare.walk.registered()
    found = await flow(bare)
    assert (waiting(found, "TRIAGE"), waiting(found, "CASHIER"), waiting(found, "PHARMACY")) == (1, 2, 0)
    assert (done(found, "TRIAGE"), done(found, "CONSULTATION"), done(found, "CASHIER")) == (3, 3, 1)
    (consultation,) = [one for one in found["steps"] if one["step"] == "CONSULTATION" and not one["triage_category"]]
    assert consultation["service"]["count"] == 3
    assert consultation["wait"]["p50"] is not None
    assert (found["door_to"]["clinician"]["count"], found["door_to"]["triage"]["count"]) == (3, 3)
    assert found["left_without_being_seen"] == {"arrived": 4, "left": 0, "rate": 0.0, "by_step": {}}
    assert sum(found["arrivals_by_hour"].values()) == 4
    assert found["length_of_stay"] == {"count": 1, "p50": None, "p90": None}

    text = (await bare.clinic.http.get("/metrics")).text
    assert 'njia_waiting{facility="DEV",station="CASHIER",triage_category="NORMAL"} 2.0' in text
    assert 'njia_arrivals_today{facility="DEV"} 4.0' in text
    assert 'njia_wait_minutes{facility="DEV",quantile="0.5",step="CONSULTATION",triage_category="ALL"}' in text


async def test_another_day_has_its_own_numbers(bare: Ward) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    found = await flow(bare, f"?day={yesterday}")
    assert (found["left_without_being_seen"]["arrived"], found["steps"]) == (0, [])
    several = await flow(bare, f"?day={yesterday}&until_day={yesterday + timedelta(days=2)}")
    assert several["left_without_being_seen"]["arrived"] >= 4
    refused = await flow(bare, f"?day={yesterday}&until_day={yesterday + timedelta(days=40)}", 422)
    assert refused["errors"][0]["field"] == "until_day"


async def collected(clinic: WholeClinic, token: str, shown: str = "", host: str = "127.0.0.1") -> int:
    """What a collector on that machine is answered."""

    settings = clinic.settings.model_copy(update={"metrics_token": SecretStr(token)})
    app = create_app(replace(clinic.clinic, settings=settings))
    transport = httpx2.ASGITransport(app=app, client=(host, 40000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://clinic") as http:
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        return (await http.get("/metrics", headers=headers)).status_code


async def test_metrics_are_for_who_shows_the_token_or_for_this_machine_alone(open_clinic: WholeClinic) -> None:
    assert await collected(open_clinic, "") == 200
    assert await collected(open_clinic, "", host="10.0.0.9") == 401
    assert await collected(open_clinic, "secret", host="10.0.0.9") == 401
    assert await collected(open_clinic, "secret", shown="wrong") == 401
    assert await collected(open_clinic, "secret", shown="secret", host="10.0.0.9") == 200
