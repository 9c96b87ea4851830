"""Members of staff: who works here, as what, and with which password."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from activities.door import Done
from activities.journal import Deed, differences
from integrations.database import Connection, inserting, updating
from models.administration import Errand, NewStaff, StaffChange
from models.catalogue import Resource
from models.problems import Conflict, NotFound
from models.staff import Role
from models.tables import UserRow

SHOWN = ("id", "user_name", "full_name", "roles", "is_active", "registration_number", "created_at")
KEPT = "select * from users where id = %s and facility_id = %s for no key update"
OTHER_ADMINS = """
    select count(*) as others from users
    where facility_id = %s and id <> %s and is_active and 'ADMIN' = any(roles)
"""


@dataclass(frozen=True)
class Newcomer:
    """A person to be added; the password only as its hash."""

    id: UUID
    facility_id: UUID
    user_name: str
    full_name: str
    roles: tuple[Role, ...]
    password_hash: str
    registration_number: str | None = None


async def insert(db: Connection, newcomer: Newcomer) -> dict[str, Any] | None:
    """The row, or None where the user name is taken."""
    text, given = inserting(UserRow, {**asdict(newcomer), "roles": list(newcomer.roles)})
    return await (await db.execute(f"{text} on conflict do nothing returning *", given)).fetchone()


async def create(db: Connection, errand: Errand, form: NewStaff, password_hash: str) -> Done:
    """The new person's id is the errand's."""
    newcomer = Newcomer(
        id=errand.id,
        facility_id=errand.actor.facility_id,
        password_hash=password_hash,
        **form.model_dump(exclude={"password"}),
    )
    row = await insert(db, newcomer)
    if row is None:
        raise name_taken()
    return Done(created(row), shown(row))


async def change(db: Connection, errand: Errand, user_id: UUID, form: StaffChange, password_hash: str | None) -> Done:
    """Older tokens end when roles, standing or password change. The facility's chain is locked: nobody else decides."""
    before = await kept(db, errand, user_id)
    wanted = form.model_dump(exclude_none=True, exclude={"password"})
    changed = differences(before, wanted)
    await keep_an_admin(db, before, {**before, **wanted})
    values: dict[str, Any] = {name: new for name, (_, new) in changed.items()}
    if "roles" in values:
        values["roles"] = list(values["roles"])
    if password_hash:
        values["password_hash"] = password_hash
    if values.keys() - {"full_name"}:
        values["credentials"] = before["credentials"] + 1
    after = await updated(db, user_id, values) if values else before
    details = {**changed, **({"password": "changed"} if password_hash else {})}
    return Done(Deed("UPDATE", Resource.STAFF, user_id, details), shown(after))


async def change_own_password(db: Connection, errand: Errand, password_hash: str) -> Done:
    before = await kept(db, errand, errand.actor.id)
    values = {"password_hash": password_hash, "credentials": before["credentials"] + 1}
    after = await updated(db, errand.actor.id, values)
    return Done(Deed("UPDATE", Resource.STAFF, errand.actor.id, {"password": "changed by its owner"}), shown(after))


async def kept(db: Connection, errand: Errand, user_id: UUID) -> dict[str, Any]:
    row = await (await db.execute(KEPT, (user_id, errand.actor.facility_id))).fetchone()
    if row is None:
        raise NotFound("No such person works at your facility.")
    row["roles"] = tuple(row["roles"])
    return row


async def updated(db: Connection, user_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
    text, given = updating(UserRow, values, "id = %(user_id)s returning *")
    row = await (await db.execute(text, {**given, "user_id": user_id})).fetchone()
    assert row is not None
    return row


async def keep_an_admin(db: Connection, before: dict[str, Any], after: dict[str, Any]) -> None:
    if not administers(before) or administers(after):
        return
    row = await (await db.execute(OTHER_ADMINS, (before["facility_id"], before["id"]))).fetchone()
    if row is None or row["others"] == 0:
        raise Conflict("This is the last active ADMIN of the facility. Make somebody else ADMIN first.")


def name_taken() -> Conflict:
    return Conflict("This user name is taken. Choose another.")


def administers(row: dict[str, Any]) -> bool:
    return row["is_active"] and Role.ADMIN in row["roles"]


def created(row: dict[str, Any]) -> Deed:
    told = {name: [None, row[name]] for name in ("user_name", "full_name", "roles")}
    return Deed("CREATE", Resource.STAFF, row["id"], told)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SHOWN}
