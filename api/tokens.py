"""What a signed-in person shows: a token that says who, where, as what and until when, signed by us."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from pydantic import ValidationError

from integrations.settings import Settings
from models.base import Value
from models.problems import NotSignedIn
from models.staff import Person, Role

ALGORITHM = "HS256"
CLAIMS = ("sub", "facility", "roles", "credentials", "exp", "iat")


class Claims(Value):
    """`credentials` is the version of password, roles and standing that the token was given for."""

    sub: UUID
    facility: UUID
    roles: tuple[Role, ...]
    credentials: int
    exp: int
    iat: int

    @property
    def person(self) -> Person:
        return Person(id=self.sub, facility_id=self.facility, roles=self.roles)

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.exp, UTC)


class Tokens:
    def __init__(self, settings: Settings) -> None:
        self._secret = settings.token_secret.get_secret_value()
        self.life = timedelta(minutes=settings.token_minutes)

    def issue(self, person: Person, credentials: int) -> str:
        now = datetime.now(UTC)
        claims = Claims(
            sub=person.id,
            facility=person.facility_id,
            roles=person.roles,
            credentials=credentials,
            iat=int(now.timestamp()),
            exp=int((now + self.life).timestamp()),
        )
        return jwt.encode(claims.model_dump(mode="json"), self._secret, ALGORITHM)

    def read(self, token: str) -> Claims:
        """What the token says; NotSignedIn where it is not ours or has run out."""
        # Clocks of several machines differ by more than a token's first second.
        options: jwt.types.Options = {"require": list(CLAIMS), "verify_iat": False}
        try:
            return Claims.model_validate(jwt.decode(token, self._secret, [ALGORITHM], options))
        except jwt.ExpiredSignatureError:
            raise NotSignedIn("Your session has ended. Sign in again.") from None
        except (jwt.InvalidTokenError, ValidationError):
            raise NotSignedIn("This token is not valid. Sign in again.") from None
