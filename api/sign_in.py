"""Signing in, and who one is then."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel
from sqlalchemy import select

from api.actions import REFUSALS
from api.clinic import Address, Reading, TheClinic
from api.security import Signed
from models.problems import NotSignedIn
from models.staff import Role
from models.tables import FacilityRow, UserRow

routes = APIRouter(prefix="/api", responses={status: REFUSALS[status] for status in (401, 422, 429, 503)})


class Token(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int


class Facility(BaseModel):
    id: UUID
    code: str
    name: str


class Me(BaseModel):
    id: UUID
    user_name: str
    full_name: str
    roles: list[Role]
    facility: Facility


@routes.post("/auth/token", tags=["sign in"])
async def sign_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], clinic: TheClinic, address: Address, response: Response
) -> Token:
    """A bearer token for user name and password."""
    token, seconds = await clinic.security.sign_in(form.username, form.password, address)
    response.headers["Cache-Control"] = "no-store"
    return Token(access_token=token, expires_in=seconds)


@routes.get("/me", tags=["sign in"])
async def me(person: Signed, db: Reading) -> Me:
    """Who is signed in, and where."""
    user = UserRow.id, UserRow.user_name, UserRow.full_name, UserRow.roles
    facility = FacilityRow.id.label("facility_id"), FacilityRow.code, FacilityRow.name
    wanted = select(*user, *facility).join(FacilityRow, FacilityRow.id == UserRow.facility_id)
    row = (await db.execute(wanted.where(UserRow.id == person.id))).one_or_none()
    if row is None:
        raise NotSignedIn("You no longer work here.")
    return Me(
        id=row.id,
        user_name=row.user_name,
        full_name=row.full_name,
        roles=[Role(role) for role in row.roles],
        facility=Facility(id=row.facility_id, code=row.code, name=row.name),
    )
