"""The first rows: the development clinic's people and lists, and elsewhere the facility with its first ADMIN."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from activities.journal import Deed, Journal
from activities.passwords import Passwords
from activities.seed_lists import METHODS, PRICES, SERVICES, STOCK, VACCINES, FirstBatch
from activities.seed_payers import DIAGNOSES, INSURERS, SHA_BEGAN, SHA_SERVICES
from activities.staffing import Newcomer, created, insert, name_taken
from activities.writing import moving
from integrations.database import Connection, inserting
from integrations.settings import Settings, libpq_url
from models.administration import NewStaff
from models.catalogue import Resource
from models.command import NAIROBI
from models.staff import Role
from models.stock import MoveKind, StockMove
from models.tables import (
    Base,
    DiagnosisCodeRow,
    FacilityRow,
    FamilyPlanningMethodRow,
    InsurerRow,
    MchServiceRow,
    PriceRow,
    ServiceCodeRow,
    StockBatchRow,
    VaccineRow,
)

SECOND_PEOPLE = {"clinical_officer_2": Role.CLINICAL_OFFICER, "triage_nurse_2": Role.TRIAGE_NURSE}
DEMO_PEOPLE = {**{role.lower(): role for role in Role}, **SECOND_PEOPLE}
NAMES_TAKEN = "select user_name from users where user_name = any(%s)"
CLINICIANS = ("clinical_officer", "clinical_officer_2")
REGISTERED = """
    update users set registration_number = 'COC-DEMO-' || user_name
    where user_name = any(%s) and facility_id = %s and registration_number is null
"""
FACILITY = "select id from facilities where code = %s"


async def seed(settings: Settings, passwords: Passwords | None = None) -> None:
    """Write what the development clinic lacks; what is there stays as it is. Raises RuntimeError elsewhere."""
    if settings.environment != "development":
        raise RuntimeError("demo people exist in development only (NJIA_ENVIRONMENT)")
    async with connected(settings) as db, db.transaction():
        facility_id = await ensure_facility(db, settings)
        journal = await Journal.open(db, facility_id)
        await add_people(db, journal, settings, passwords or Passwords())
        await add_prices(db, journal)
        await add_lists(db, facility_id)
        await add_payers(db, facility_id)
        await add_stock(db, journal)


async def add_facility_and_admin(
    settings: Settings,
    user_name: str,
    full_name: str,
    password: str,
    roles: Sequence[Role],
    passwords: Passwords | None = None,
) -> UUID:
    """Add a person from the command line, and the facility of the settings where it is missing. Answers the id.

    Raises ValidationError for a wrong field, Conflict for a name that is taken.
    """
    form = NewStaff(user_name=user_name, full_name=full_name, password=SecretStr(password), roles=tuple(roles))
    password_hash = await (passwords or Passwords()).hash(password)
    async with connected(settings) as db, db.transaction():
        facility_id = await ensure_facility(db, settings)
        journal = await Journal.open(db, facility_id)
        user_id = uuid7()
        newcomer = Newcomer(user_id, facility_id, form.user_name, form.full_name, form.roles, password_hash)
        row = await insert(db, newcomer)
        if row is None:
            raise name_taken()
        await journal.append(created(row), None, None)
    return user_id


def facility_id_of(code: str) -> UUID:
    """The same on every machine."""
    return uuid5(NAMESPACE_URL, f"njia:facility:{code}")


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Connection]:
    url = libpq_url(settings.database)
    async with await AsyncConnection.connect(url, row_factory=dict_row, autocommit=True) as db:
        yield db


async def ensure_facility(db: Connection, settings: Settings) -> UUID:
    values = {
        "id": facility_id_of(settings.facility_code),
        "code": settings.facility_code,
        "name": settings.facility_name,
        "time_zone": settings.time_zone,
    }
    await add(db, FacilityRow, [values])
    row = await (await db.execute(FACILITY, (settings.facility_code,))).fetchone()
    assert row is not None
    facility_id: UUID = row["id"]
    return facility_id


async def add_people(db: Connection, journal: Journal, settings: Settings, passwords: Passwords) -> None:
    """One person per role, and two more. All share a password, hashed once and only where somebody is missing."""
    rows = await (await db.execute(NAMES_TAKEN, (list(DEMO_PEOPLE),))).fetchall()
    taken = {row["user_name"] for row in rows}
    missing = {name: role for name, role in DEMO_PEOPLE.items() if name not in taken}
    if not missing:
        return
    password_hash = await passwords.hash(settings.demo_password.get_secret_value())
    for name, role in missing.items():
        full_name = f"Demo {name.replace('_', ' ').title()}"
        user_id = uuid5(journal.facility_id, f"user:{name}")
        row = await insert(db, Newcomer(user_id, journal.facility_id, name, full_name, (role,), password_hash))
        if row is not None:
            await journal.append(created(row), None, None)


async def add_prices(db: Connection, journal: Journal) -> None:
    rows = [
        {"code": code, "name": name, "amount": Decimal(amount), **owned(journal.facility_id, f"price:{code}")}
        for code, name, amount in PRICES
    ]
    if added := await add(db, PriceRow, rows):
        await journal.append(Deed("CREATE", Resource.PRICE, None, {"added": added}), None, None)


async def add_lists(db: Connection, facility_id: UUID) -> None:
    vaccines = [{**v._asdict(), **owned(facility_id, f"vaccine:{v.code}")} for v in VACCINES]
    methods = [{"code": code, "name": name, **owned(facility_id, f"method:{code}")} for code, name in METHODS]
    services = [{"code": code, "name": name, **owned(facility_id, f"service:{code}")} for code, name in SERVICES]
    await add(db, VaccineRow, vaccines)
    await add(db, FamilyPlanningMethodRow, methods)
    await add(db, MchServiceRow, services)


async def add_payers(db: Connection, facility_id: UUID) -> None:
    insurers = [{**i._asdict(), **owned(facility_id, f"insurer:{i.code}")} for i in INSURERS]
    services = [
        {"service": service, "code": code, "source": source, "gateway": "sha", "valid_from": SHA_BEGAN}
        for service, code, source in SHA_SERVICES
    ]
    diagnoses = [{"icd10": ten, "icd11": eleven, "source": source} for ten, eleven, source in DIAGNOSES]
    await add(db, InsurerRow, insurers)
    await add(db, ServiceCodeRow, [{**row, "facility_id": facility_id} for row in services])
    await add(db, DiagnosisCodeRow, [{**row, "facility_id": facility_id} for row in diagnoses])
    await db.execute(REGISTERED, (list(CLINICIANS), facility_id))


async def add_stock(db: Connection, journal: Journal) -> None:
    """The first batches, each with its line in the ledger. What was handed out since is not put back."""
    now = datetime.now(UTC)
    for first in STOCK:
        batch = first_batch(journal.facility_id, first, now)
        if not await add(db, StockBatchRow, [batch]):
            continue
        stamp = {"facility_id": journal.facility_id, "command_id": batch["id"], "visit_id": None}
        move = StockMove(batch_id=batch["id"], code=first.code, kind=MoveKind.RECEIVED, quantity=first.quantity)
        for text, values in moving(move, {**stamp, "moved_by": None, "moved_at": now}):
            await db.execute(text, values)
        told = {"code": first.code, "kind": move.kind, "quantity": first.quantity}
        await journal.append(Deed("CREATE", Resource.STOCK, batch["id"], told), None, None)


def first_batch(facility_id: UUID, first: FirstBatch, now: datetime) -> dict[str, Any]:
    """As it stands before anything came in."""
    return {
        **owned(facility_id, f"batch:{first.code}:{first.batch_number}"),
        "code": first.code,
        "batch_number": first.batch_number,
        "expires_on": now.astimezone(NAIROBI).date() + timedelta(days=first.days),
        "on_hand": 0,
        "received_at": now,
        "received_by": None,
    }


def owned(facility_id: UUID, name: str) -> dict[str, UUID]:
    return {"id": uuid5(facility_id, name), "facility_id": facility_id}


async def add(db: Connection, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert what is not there yet; answers how many were not."""
    added = 0
    async with db.pipeline():
        cursors = []
        for values in rows:
            text, given = inserting(table, values)
            cursors.append(await db.execute(f"{text} on conflict do nothing", given))
    for cursor in cursors:
        added += max(cursor.rowcount, 0)
    return added
