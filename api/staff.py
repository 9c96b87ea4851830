"""The facility's people, for its ADMINs; and everybody's own password."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import Select, select

from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.errands import Answer, TheErrand
from api.paging import Cursor, Limit, page
from api.security import Signed
from models.actions.base import require_role
from models.administration import NewStaff, PasswordChange, StaffChange
from models.problems import NotFound
from models.staff import Person, Role
from models.tables import UserRow

routes = APIRouter(prefix="/api", tags=["staff"], responses=REFUSALS)
ADMIN = frozenset({Role.ADMIN})


class Staff(BaseModel):
    """A member of staff, without what only that person knows."""

    id: UUID
    user_name: str
    full_name: str
    roles: list[Role]
    is_active: bool
    registration_number: str | None = None
    created_at: datetime


class StaffList(BaseModel):
    items: list[Staff]
    next_cursor: str | None = None


def admin(person: Signed) -> Person:
    require_role(ADMIN, person, "Staff and prices")
    return person


Admin = Annotated[Person, Depends(admin)]


def people_of(person: Person) -> Select[Any]:
    shown = [UserRow.__table__.c[name] for name in Staff.model_fields]
    return select(*shown).where(UserRow.facility_id == person.facility_id)


@routes.get("/staff", response_model=StaffList)
async def list_staff(person: Admin, db: Reading, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Everybody at the facility, newest first (ADMIN)."""
    moment, id = UserRow.__table__.c.created_at, UserRow.__table__.c.id
    return await page(db, people_of(person), moment, id, limit, cursor)


@routes.post("/staff", status_code=201, response_model=Staff)
async def create_staff(_: Admin, errand: TheErrand, form: NewStaff, clinic: TheClinic) -> Answer:
    """Add a person; the key becomes the id (ADMIN)."""
    return await clinic.administration.create_staff(errand, form)


@routes.get("/staff/{id}", response_model=Staff)
async def read_staff(id: UUID, person: Admin, db: Reading) -> Any:
    """One person (ADMIN)."""
    row = (await db.execute(people_of(person).where(UserRow.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound("No such person works at your facility.")
    return dict(row)


@routes.put("/staff/{id}", response_model=Staff)
async def change_staff(id: UUID, _: Admin, errand: TheErrand, form: StaffChange, clinic: TheClinic) -> Answer:
    """Change what is given (ADMIN). Roles, standing or password changed: the person must sign in again."""
    answer = await clinic.administration.change_staff(errand, id, form)
    clinic.security.forget(id)
    return answer


@routes.put("/me/password", response_model=Staff)
async def change_password(errand: TheErrand, form: PasswordChange, clinic: TheClinic) -> Answer:
    """Change one's own password; every token of before ends."""
    if answer := await clinic.administration.password_change_answered(errand, form):
        return answer
    await clinic.security.confirm_password(errand.actor, form.current_password.get_secret_value(), errand.address)
    answer = await clinic.administration.change_password(errand, form)
    clinic.security.forget(errand.actor.id)
    return answer
