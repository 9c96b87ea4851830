"""Who is signed in."""

import asyncio
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol
from uuid import UUID
from weakref import WeakValueDictionary

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.administration import Administration
from activities.passwords import Passwords
from api.reading import reading
from api.sign_in_page import COOKIE
from api.standing import Standings
from api.tokens import Tokens
from integrations.settings import Settings
from models.problems import NotSignedIn, TooMany, invalid
from models.staff import Person, Role
from models.tables import SignInFailureRow, UserRow

POSSIBLE_NAME = re.compile(r"[a-z0-9_.-]{1,64}")


class Security:
    """Lets staff in, and knows who they are from then on."""

    def __init__(
        self,
        settings: Settings,
        reading_engine: AsyncEngine,
        administration: Administration,
        passwords: Passwords | None = None,
    ) -> None:
        self.settings = settings
        self.reading_engine = reading_engine
        self.administration = administration
        self.passwords = passwords or administration.passwords
        self.tokens = Tokens(settings)
        self.standings = Standings(reading_engine)
        self._desks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def sign_in(self, user_name: str, password: str, address: str | None) -> tuple[str, int]:
        """A token and the seconds that it is good for. NotSignedIn does not tell whether there is such a person."""
        name = user_name.strip().lower()
        async with self._one_at_a_time(name, address) as name_hash:
            row = await self._user(UserRow.user_name == name) if POSSIBLE_NAME.fullmatch(name) else None
            fits = await self.passwords.fits(password, row.password_hash if row else None)
            if row is None or not fits or not row.is_active:
                await self._failed(name_hash, address, row)
                raise NotSignedIn("User name or password is wrong.")
        person = Person(id=row.id, facility_id=row.facility_id, roles=tuple(Role(role) for role in row.roles))
        return self.tokens.issue(person, row.credentials), int(self.tokens.life.total_seconds())

    async def confirm_password(self, person: Person, password: str, address: str | None) -> None:
        """Raise where this is not the person's password; that counts as a failed sign-in."""
        row = await self._user(UserRow.id == person.id)
        if row is None:
            raise NotSignedIn("You no longer work here.")
        async with self._one_at_a_time(row.user_name, address) as name_hash:
            if await self.passwords.fits(password, row.password_hash):
                return
            await self._failed(name_hash, address, row)
        raise invalid("current_password", "is not your password")

    async def person(self, token: str) -> tuple[Person, datetime]:
        """Who holds the token, and until when it is good."""
        claims = self.tokens.read(token)
        if not await self.standings.allows(claims.sub, claims.credentials):
            raise NotSignedIn("Your access has changed. Sign in again.")
        return claims.person, claims.expires_at

    def forget(self, user_id: UUID) -> None:
        """Look the person up again at the next request, for something was changed."""
        self.standings.forget(user_id)

    @asynccontextmanager
    async def _one_at_a_time(self, name: str, address: str | None) -> AsyncIterator[str]:
        """Guesses at one name wait for each other, so that each is counted before the next is heard."""
        name_hash = self.administration.hash_of_name(name)
        desk = self._desks.setdefault(name_hash, asyncio.Lock())
        async with desk:
            await self._require_few_failures(name_hash, address)
            yield name_hash

    async def _require_few_failures(self, name_hash: str, address: str | None) -> None:
        limits = [(SignInFailureRow.name_hash == name_hash, self.settings.sign_in_attempts)]
        if address:
            limits.append((SignInFailureRow.address == address, self.settings.sign_in_attempts_per_address))
        async with reading(self.reading_engine) as db:
            waits = [await self._wait(db, which, allowed) for which, allowed in limits]
        if (longest := max(waits)) > 0:
            raise TooMany("Too many failed sign-ins. Wait before you try again.", retry_after=longest)

    async def _wait(self, db: AsyncConnection, which: ColumnElement[bool], allowed: int) -> int:
        """Seconds until fewer than `allowed` failures lie within the window."""
        window = timedelta(seconds=self.settings.sign_in_window_seconds)
        now = datetime.now(UTC)
        failures = select(SignInFailureRow.at).where(which, SignInFailureRow.at > now - window)
        nth = failures.order_by(SignInFailureRow.at.desc()).offset(allowed - 1).limit(1)
        at: datetime | None = await db.scalar(nth)
        return max(1, math.ceil((at + window - now).total_seconds())) if at else 0

    async def _user(self, which: ColumnElement[bool]) -> Row[Any] | None:
        async with reading(self.reading_engine) as db:
            return (await db.execute(select(UserRow.__table__).where(which))).one_or_none()

    async def _failed(self, name_hash: str, address: str | None, row: Row[Any] | None) -> None:
        user_id, facility_id = (row.id, row.facility_id) if row else (None, None)
        await self.administration.sign_in_failed(name_hash, address or "", user_id, facility_id)


class Clinic(Protocol):
    """What the routes of this room need of `app.state.clinic`."""

    @property
    def security(self) -> Security: ...

    @property
    def administration(self) -> Administration: ...


async def clinic(request: Request) -> Clinic:
    held: Clinic = request.app.state.clinic
    return held


async def address_of(request: Request) -> str | None:
    return request.client.host if request.client else None


TheClinic = Annotated[Clinic, Depends(clinic)]
Address = Annotated[str | None, Depends(address_of)]
bearer = OAuth2PasswordBearer(tokenUrl="/api/auth/token", auto_error=False)


async def signed(request: Request, clinic: TheClinic, token: Annotated[str | None, Depends(bearer)]) -> Person:
    """By the bearer token; where nothing is written the browser's cookie serves too."""
    shown = token or (request.cookies.get(COOKIE) if request.method == "GET" else None)
    if not shown:
        raise NotSignedIn("Sign in first: POST /api/auth/token.")
    person, _ = await clinic.security.person(shown)
    return person


Signed = Annotated[Person, Depends(signed)]
