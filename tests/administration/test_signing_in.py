"""Who is let in, and who no longer is."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from activities.audit import verify
from api.security import Security
from api.sign_in_page import COOKIE
from api.standing import Standings
from models.administration import StaffChange
from models.problems import NotSignedIn, TooMany, Unavailable
from models.staff import Role
from tests.administration.office import PASSWORD, Desk, Office


async def test_a_token_opens_what_its_owner_may(desk: Desk, office: Office) -> None:
    length = len(await office.entries())
    answer = await desk.try_sign_in("Cashier ")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", office.settings.token_minutes * 60)
    me = (await desk.get({"Authorization": f"Bearer {body['access_token']}"}, "/api/me")).json()
    assert (me["user_name"], me["full_name"], me["roles"]) == ("cashier", "Demo Cashier", ["CASHIER"])
    assert me["facility"] == {"id": str(office.facility_id), "code": "DEV", "name": "Njia Development Clinic"}
    assert len(await office.entries()) == length
    assert await office.rows("select * from commands") == []


@pytest.mark.parametrize("user_name", ["cashier", "nobody", "", "no\x00body", "' or 1=1 --", "x" * 5000])
async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(desk: Desk, user_name: str) -> None:
    answer = await desk.try_sign_in(user_name, "wrong")
    if user_name:
        assert answer.status_code == 401
        assert answer.json()["detail"] == "User name or password is wrong."
    else:
        assert answer.status_code in {401, 422}


async def test_failures_are_audited_and_remember_no_name(desk: Desk, office: Office) -> None:
    await desk.try_sign_in("my-password-by-mistake", "wrong")
    await desk.try_sign_in("cashier", "wrong")
    unknown, known = (await office.entries())[-2:]
    cashier = await office.person("cashier")
    assert (unknown["resource"], unknown["user_id"]) == ("SIGN_IN", None)
    assert (known["resource"], known["user_id"], known["ip_address"]) == ("SIGN_IN", cashier.id, "127.0.0.1")
    kept = str(await office.rows("select * from sign_in_failures")) + str(await office.entries())
    assert "my-password-by-mistake" not in kept
    assert await verify(office.pool) is None


async def test_after_five_failures_even_the_right_password_waits(desk: Desk, office: Office) -> None:
    for _ in range(office.settings.sign_in_attempts):
        assert (await desk.try_sign_in("cashier", "wrong")).status_code == 401
    answer = await desk.try_sign_in("cashier")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= office.settings.sign_in_window_seconds
    assert (await desk.try_sign_in("pharmacist")).status_code == 200
    await office.rows("update sign_in_failures set at = at - make_interval(secs => 301)")
    assert (await desk.try_sign_in("cashier")).status_code == 200


async def test_guessing_at_once_is_no_way_round(desk: Desk, office: Office) -> None:
    answers = await asyncio.gather(*(desk.try_sign_in("cashier", f"guess {n}") for n in range(20)))
    tried = [answer for answer in answers if answer.status_code == 401]
    assert len(tried) == office.settings.sign_in_attempts
    assert len(await office.rows("select * from sign_in_failures")) == office.settings.sign_in_attempts


async def test_an_address_that_tries_many_names_waits_too(office: Office) -> None:
    for n in range(office.settings.sign_in_attempts_per_address):
        with pytest.raises(NotSignedIn):
            await office.security.sign_in(f"name-{n}", "wrong", "10.6.6.6")
    with pytest.raises(TooMany):
        await office.security.sign_in("cashier", PASSWORD, "10.6.6.6")
    await office.security.sign_in("cashier", PASSWORD, "10.1.1.1")


async def test_old_failures_are_forgotten(office: Office) -> None:
    await office.rows(
        "insert into sign_in_failures (name_hash, address, at) values ('x', '', now() - interval '2 days')"
    )
    with pytest.raises(NotSignedIn):
        await office.security.sign_in("cashier", "wrong", None)
    (left,) = await office.rows("select name_hash, address from sign_in_failures")
    assert left["name_hash"] != "x"


async def test_a_disabled_person_is_out_at_once(desk: Desk, office: Office) -> None:
    admin, cashier = await desk.sign_in("admin"), await desk.sign_in("cashier")
    id = (await office.person("cashier")).id
    assert (await desk.get(cashier, "/api/me")).status_code == 200
    assert (await desk.put(admin, f"/api/staff/{id}", {"is_active": False})).status_code == 200
    assert (await desk.get(cashier, "/api/me")).status_code == 401
    assert (await desk.try_sign_in("cashier")).status_code == 401


async def test_other_processes_hear_of_it_within_seconds(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = await office.security.sign_in("cashier", PASSWORD, None)
    cashier, _ = await office.security.person(token)
    await office.administration.change_staff(await office.errand(), cashier.id, StaffChange(is_active=False))
    assert (await office.security.person(token))[0] == cashier
    monkeypatch.setattr("api.standing.KNOWN_SECONDS", 0.0)
    with pytest.raises(NotSignedIn):
        await office.security.person(token)


async def test_a_new_token_is_good_at_once_everywhere(office: Office) -> None:
    """Another process may still remember the credentials of before."""
    token, _ = await office.security.sign_in("cashier", PASSWORD, None)
    cashier, _ = await office.security.person(token)
    change = StaffChange(roles=(Role.CASHIER, Role.SUPERVISOR))
    await office.administration.change_staff(await office.errand(), cashier.id, change)
    token, _ = await office.security.sign_in("cashier", PASSWORD, None)
    assert (await office.security.person(token))[0].roles == (Role.CASHIER, Role.SUPERVISOR)


async def test_a_signature_is_enough_while_the_database_is_away(office: Office) -> None:
    token, _ = await office.security.sign_in("cashier", PASSWORD, None)
    nowhere = create_async_engine("postgresql+psycopg://njia@/njia?host=/nowhere")
    security = Security(office.settings, nowhere, office.administration)
    person, expires_at = await security.person(token)
    assert person == await office.person("cashier")
    assert timedelta(minutes=59) < expires_at - datetime.now(UTC) <= timedelta(minutes=60)
    with pytest.raises(Unavailable):
        await security.sign_in("cashier", PASSWORD, None)
    await nowhere.dispose()


async def test_what_was_known_still_counts_while_the_database_is_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    standings, cashier = Standings(office.reading), await office.person("cashier")
    await office.rows("update users set is_active = false where id = %s", cashier.id)
    assert not await standings.allows(cashier.id, 1)
    monkeypatch.setattr("api.standing.KNOWN_SECONDS", 0.0)
    nowhere = create_async_engine("postgresql+psycopg://njia@/njia?host=/nowhere")
    standings.engine = nowhere
    assert not await standings.allows(cashier.id, 1)
    assert await standings.allows(cashier.id, 2)
    assert await standings.allows(uuid4(), 1)
    await nowhere.dispose()


def claims(office: Office, **other: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    plain = {"sub": str(uuid4()), "facility": str(office.facility_id), "roles": ["ADMIN"], "credentials": 1}
    return {**plain, "iat": now, "exp": now + timedelta(minutes=5), **other}


async def test_only_our_tokens_are_believed(office: Office) -> None:
    secret = office.settings.token_secret.get_secret_value()
    now = datetime.now(UTC)
    forged = [
        jwt.encode(claims(office), "another-secret-that-is-as-long-as-ours"),
        jwt.encode(claims(office), "", algorithm="none"),
        jwt.encode(claims(office), secret.ljust(64, "."), algorithm="HS512"),
        jwt.encode(claims(office, exp=now - timedelta(seconds=1)), secret),
        jwt.encode(claims(office, roles=["OWNER"]), secret),
        jwt.encode(claims(office, sub="admin"), secret),
        jwt.encode({k: v for k, v in claims(office).items() if k != "exp"}, secret),
        "rubbish",
        "",
    ]
    for token in forged:
        with pytest.raises(NotSignedIn):
            await office.security.person(token)


async def test_the_cookie_reads_but_does_not_write(desk: Desk, office: Office) -> None:
    token, _ = await office.security.sign_in("admin", PASSWORD, None)
    desk.http.cookies.set(COOKIE, token)
    assert (await desk.get({}, "/api/me")).status_code == 200
    form = {"name": "Bandage", "amount": "20"}
    assert (await desk.put({}, "/api/prices/BANDAGE", form)).status_code == 401
    desk.http.cookies.clear()
    assert (await desk.get({}, "/api/me")).status_code == 401
    assert (await desk.get({"Authorization": "Basic YTpi"}, "/api/me")).status_code == 401
