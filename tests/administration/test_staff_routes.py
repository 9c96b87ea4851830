"""The routes for staff, prices and corrections."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from integrations.database import Pool
from models.tables import UserRow
from tests.administration.office import PASSWORD, Desk, Office, insert

ACHIENG = {"user_name": "achieng", "full_name": "Achieng Odhiambo", "roles": ["CASHIER"], "password": "nyota-njema"}
NEW = "nyota-nzuri-sana"


def problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"]


async def stranger(pool: Pool, facility_id: UUID) -> UUID:
    id = uuid4()
    values = {"id": id, "facility_id": facility_id, "user_name": f"p-{id.hex[:8]}", "full_name": "Else Where"}
    await insert(pool, UserRow, {**values, "roles": ["ADMIN"], "password_hash": "none"})
    return id


async def test_a_person_is_added_and_may_sign_in(desk: Desk) -> None:
    admin, key = await desk.sign_in("admin"), uuid4()
    answer = await desk.post(admin, "/api/staff", ACHIENG, key)
    assert answer.status_code == 201
    assert answer.headers["Idempotency-Key"] == str(key)
    assert answer.json().keys() == {
        "id",
        "user_name",
        "full_name",
        "roles",
        "is_active",
        "registration_number",
        "created_at",
    }
    again = await desk.post(admin, "/api/staff", ACHIENG, key)
    assert (again.status_code, again.json()) == (201, answer.json())
    assert (await desk.get(admin, f"/api/staff/{key}")).json() == answer.json()
    assert problem(await desk.post(admin, "/api/staff", {**ACHIENG, "roles": ["ADMIN"]}, key)) == (
        422,
        "/problems/key-reused",
    )
    assert problem(await desk.post(admin, "/api/staff", ACHIENG)) == (409, "/problems/conflict")
    await desk.sign_in("achieng", "nyota-njema")


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_name": "Achieng"},
        {"user_name": "a b"},
        {"user_name": ""},
        {"password": "too-short"},
        {"roles": []},
        {"roles": ["OWNER"]},
        {"full_name": " "},
        {"is_active": True},
        {"full_name": "a\x00b"},
    ],
)
async def test_a_wrong_form_names_the_field_and_repeats_no_password(desk: Desk, wrong: dict[str, Any]) -> None:
    answer = await desk.post(await desk.sign_in("admin"), "/api/staff", {**ACHIENG, **wrong})
    assert problem(answer) == (422, "/problems/invalid")
    assert next(iter(wrong)) in answer.json()["errors"][0]["field"]
    assert "nyota-njema" not in answer.text
    assert "too-short" not in answer.text


@pytest.mark.parametrize("user_name", ["supervisor", "receptionist", "cashier"])
async def test_only_admins_keep_staff_and_prices(desk: Desk, office: Office, user_name: str) -> None:
    who, id = await desk.sign_in(user_name), (await office.person("admin")).id
    for answer in (
        await desk.get(who, "/api/staff"),
        await desk.get(who, f"/api/staff/{id}"),
        await desk.post(who, "/api/staff", ACHIENG),
        await desk.put(who, f"/api/staff/{id}", {"is_active": False}),
        await desk.put(who, "/api/prices/BANDAGE", {"name": "Bandage", "amount": "20"}),
    ):
        assert problem(answer) == (403, "/problems/not-your-role")
        assert answer.json()["roles"] == ["ADMIN"]
    assert (await desk.http.get("/api/staff")).status_code == 401


async def test_staff_of_other_facilities_are_not_there(desk: Desk, office: Office) -> None:
    admin, id = await desk.sign_in("admin"), await stranger(office.pool, await office.other_facility())
    assert problem(await desk.get(admin, f"/api/staff/{id}")) == (404, "/problems/not-found")
    assert problem(await desk.put(admin, f"/api/staff/{id}", {"is_active": False})) == (404, "/problems/not-found")
    listed = await everything(desk, admin, "/api/staff")
    assert str(id) not in {item["id"] for item in listed}
    assert len(listed) == 13


async def everything(desk: Desk, who: dict[str, str], path: str, limit: int = 5) -> list[dict[str, Any]]:
    items, query = [], {"limit": limit}
    while True:
        page = (await desk.get(who, path, **query)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query = {"limit": limit, "cursor": page["next_cursor"]}


async def test_the_last_admin_stays(desk: Desk, office: Office) -> None:
    admin, id = await desk.sign_in("admin"), (await office.person("admin")).id
    for change in ({"is_active": False}, {"roles": ["CASHIER"]}):
        assert problem(await desk.put(admin, f"/api/staff/{id}", change)) == (409, "/problems/conflict")
    assert problem(await desk.put(admin, f"/api/staff/{id}", {})) == (422, "/problems/invalid")


async def test_changing_ones_password_ends_every_older_token(desk: Desk) -> None:
    cashier, elsewhere, key = await desk.sign_in("cashier"), await desk.sign_in("cashier"), uuid4()
    body = {"current_password": PASSWORD, "new_password": NEW}
    answer = await desk.put(cashier, "/api/me/password", body, key)
    assert (answer.status_code, answer.json()["user_name"]) == (200, "cashier")
    for who in (cashier, elsewhere):
        assert (await desk.get(who, "/api/me")).status_code == 401
    assert (await desk.try_sign_in("cashier")).status_code == 401
    renewed = await desk.sign_in("cashier", NEW)
    again = await desk.put(renewed, "/api/me/password", body, key)
    assert (again.status_code, again.json()) == (200, answer.json())


async def test_a_wrong_current_password_is_named_and_counted(desk: Desk, office: Office) -> None:
    cashier = await desk.sign_in("cashier")
    for _ in range(office.settings.sign_in_attempts):
        answer = await desk.put(cashier, "/api/me/password", {"current_password": "wrong", "new_password": NEW})
        assert problem(answer) == (422, "/problems/invalid")
        assert answer.json()["errors"][0]["field"] == "current_password"
    answer = await desk.put(cashier, "/api/me/password", {"current_password": PASSWORD, "new_password": NEW})
    assert problem(answer) == (429, "/problems/too-many")
    assert (await desk.try_sign_in("cashier")).status_code == 429
    short = await desk.put(cashier, "/api/me/password", {"current_password": PASSWORD, "new_password": "short"})
    assert short.json()["errors"][0]["field"] == "new_password"


async def test_everybody_reads_prices_and_admins_set_them(desk: Desk) -> None:
    admin, cashier = await desk.sign_in("admin"), await desk.sign_in("cashier")
    answer = await desk.put(admin, "/api/prices/BANDAGE", {"name": "Bandage", "amount": "20.5"})
    assert (answer.status_code, answer.json()) == (200, {"code": "BANDAGE", "name": "Bandage", "amount": "20.50"})
    listed = await everything(desk, cashier, "/api/prices", limit=7)
    codes = [item["code"] for item in listed]
    assert codes == sorted(codes, key=str.lower)
    assert len(codes) == len(set(codes))
    amounts = {item["code"]: item["amount"] for item in listed}
    assert (amounts["BANDAGE"], amounts["CONSULTATION"], amounts["HIV_TEST"]) == ("20.50", "300.00", "0.00")


@pytest.mark.parametrize(
    "wrong", [{"amount": "-1"}, {"amount": "1.234"}, {"amount": "x"}, {"name": ""}, {"colour": "red"}]
)
async def test_a_wrong_price_is_refused(desk: Desk, wrong: dict[str, str]) -> None:
    form = {"name": "Bandage", "amount": "20", **wrong}
    assert problem(await desk.put(await desk.sign_in("admin"), "/api/prices/BANDAGE", form))[0] == 422


async def test_cursors_that_no_page_gave(desk: Desk) -> None:
    admin = await desk.sign_in("admin")
    assert (await desk.get(admin, "/api/staff", cursor="rubbish")).status_code == 422
    assert (await desk.get(admin, "/api/prices", cursor="a\x00")).status_code == 422
    assert (await desk.get(admin, "/api/prices", cursor="zzzz")).json() == {"items": [], "next_cursor": None}


async def test_reception_corrects_a_patient(desk: Desk, office: Office) -> None:
    first, second = await office.patient("12345678"), await office.patient()
    reception = await desk.sign_in("receptionist")
    answer = await desk.put(reception, f"/api/patients/{second}", {"phone_number": "0722 000 111"})
    assert (answer.status_code, answer.json()["phone_number"]) == (200, "+254722000111")
    answer = await desk.put(reception, f"/api/patients/{second}", {"national_id": "12345678"})
    assert problem(answer) == (409, "/problems/duplicate-patient")
    assert answer.json()["patient_id"] == str(first)
    assert problem(await desk.put(reception, f"/api/patients/{uuid4()}", {"age": 3}))[0] == 404
    assert problem(await desk.put(await desk.sign_in("cashier"), f"/api/patients/{second}", {"age": 3}))[0] == 403
