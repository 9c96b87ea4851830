"""The first rows."""

from collections.abc import Sized

import pytest
from pydantic import SecretStr, ValidationError

from activities.audit import verify
from activities.seed import DEMO_PEOPLE, add_facility_and_admin, seed
from activities.seed_lists import METHODS, PRICES, SERVICES, STOCK, VACCINES
from integrations.database import Pool
from integrations.settings import Settings
from models.problems import Conflict
from models.staff import Role
from tests.administration.conftest import QUICK
from tests.administration.office import Office, rows

LISTS: dict[str, Sized] = {"users": DEMO_PEOPLE, "prices": PRICES, "vaccines": VACCINES}
LISTS |= {"family_planning_methods": METHODS, "mch_services": SERVICES}
LISTS |= {"stock_batches": STOCK, "stock_movements": STOCK}


def production(settings: Settings) -> Settings:
    secret = SecretStr("a-secret-that-nobody-can-read-anywhere")
    keys = SecretStr("p1:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    given = {"environment": "production", "token_secret": secret, "command_secret": secret, "payload_keys": keys}
    return Settings(database_url=settings.database_url, **given)  # type: ignore[arg-type]


async def test_everything_is_there_once_however_often_it_is_sown(office: Office) -> None:
    await office.rows("update prices set amount = 7 where code = 'CONSULTATION'")
    length = len(await office.entries())
    await seed(office.settings, QUICK)
    for table, listed in LISTS.items():
        (counted,) = await office.rows(f"select count(*) as n from {table}")
        assert counted["n"] == len(listed), table
    (price,) = await office.rows("select amount from prices where code = 'CONSULTATION'")
    assert price["amount"] == 7
    assert len(await office.entries()) == length
    assert await verify(office.pool) is None


async def test_demo_people_share_one_hash_and_have_their_roles(office: Office) -> None:
    found = await office.rows("select user_name, roles, password_hash from users")
    assert {row["user_name"]: row["roles"] for row in found} == {n: [r] for n, r in DEMO_PEOPLE.items()}
    assert len({row["password_hash"] for row in found}) == 1


async def test_what_is_charged_is_on_the_price_list_and_kepi_is_not(office: Office) -> None:
    codes = {code for code, _, _ in PRICES}
    assert {v.code for v in VACCINES if not v.is_kepi} <= codes
    assert not {v.code for v in VACCINES if v.is_kepi} & codes


async def test_the_first_stock_is_in_the_ledger_and_leaves_the_contracts_drugs_uncounted(office: Office) -> None:
    found = await office.rows(
        "select b.on_hand, m.quantity from stock_batches b join stock_movements m on m.batch_id = b.id"
    )
    assert all(row["on_hand"] == row["quantity"] for row in found)
    assert not {first.code for first in STOCK} & {"Paracetamol", "Amoxicillin"}
    assert {first.code for first in STOCK} <= {code for code, _, _ in PRICES}


async def test_no_demo_people_in_production(settings: Settings, pool: Pool) -> None:
    with pytest.raises(RuntimeError, match="development only"):
        await seed(production(settings), QUICK)
    assert await rows(pool, "select * from users") == []


async def test_the_first_person_of_a_production_facility(settings: Settings, pool: Pool) -> None:
    asked = production(settings).model_copy(update={"facility_code": "KIBERA", "facility_name": "Kibera Clinic"})
    id = await add_facility_and_admin(asked, "achieng", "Achieng Odhiambo", "nyota-njema", [Role.ADMIN], QUICK)
    (person,) = await rows(pool, "select u.*, f.code from users u join facilities f on f.id = u.facility_id")
    assert (person["id"], person["user_name"], person["roles"], person["code"]) == (id, "achieng", ["ADMIN"], "KIBERA")
    (entry,) = await rows(pool, "select * from audit_logs")
    assert (entry["action"], entry["resource"], entry["resource_id"], entry["user_id"]) == ("CREATE", "STAFF", id, None)
    with pytest.raises(Conflict):
        await add_facility_and_admin(asked, "achieng", "Another", "nyota-njema", [Role.ADMIN], QUICK)
    with pytest.raises(ValidationError):
        await add_facility_and_admin(asked, "Achieng!", "Another", "short", [], QUICK)
    assert await verify(pool) is None
