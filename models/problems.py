"""Every way of saying no. A refusal is expected, carries its reason and its remedy, and is no error."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from models.base import Value
from models.staff import Role


class Missing(Value):
    """What must happen first, and who can do it."""

    what: str
    roles: tuple[Role, ...] = ()


class FieldError(Value):
    field: str
    reason: str


class Problem(Value):
    """RFC 9457 problem details, as the API answers and as a late refusal is stored."""

    type: str
    title: str
    status: int
    detail: str
    missing: tuple[Missing, ...] = ()
    errors: tuple[FieldError, ...] = ()
    roles: tuple[Role, ...] = ()
    patient_id: UUID | None = None
    retry_after: int | None = None


class Refused(Exception):
    """The clinic says no. The detail is fit to show to staff and names no patient."""

    type: ClassVar[str] = "about:blank"
    title: ClassVar[str] = "Refused"
    status: ClassVar[int] = 409

    def __init__(
        self,
        detail: str,
        *,
        missing: Iterable[Missing] = (),
        errors: Iterable[FieldError] = (),
        roles: Iterable[Role] = (),
        patient_id: UUID | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            type=self.type,
            title=self.title,
            status=self.status,
            detail=detail,
            missing=tuple(missing),
            errors=tuple(errors),
            roles=tuple(roles),
            patient_id=patient_id,
            retry_after=retry_after,
        )


class WrongStage(Refused):
    type, title = "/problems/wrong-stage", "Not now"


class OutstandingWork(Refused):
    type, title = "/problems/outstanding-work", "Something is still open"


class VisitClosed(Refused):
    type, title = "/problems/visit-closed", "The visit is closed"


class AlreadyDone(Refused):
    type, title = "/problems/already-done", "Already done"


class DuplicatePatient(Refused):
    type, title = "/problems/duplicate-patient", "This patient is registered already"


class Conflict(Refused):
    type, title = "/problems/conflict", "This does not fit what is there"


class UnsafeMedication(Refused):
    type, title = "/problems/medication-warning", "This medicine wants a second look"


class OutOfStock(Refused):
    type, title = "/problems/out-of-stock", "There is not enough on the shelf"


class NotSignedIn(Refused):
    type, title, status = "/problems/not-signed-in", "Not signed in", 401


class NotYourRole(Refused):
    type, title, status = "/problems/not-your-role", "Not your role", 403


class NotFound(Refused):
    type, title, status = "/problems/not-found", "Not found", 404


class Invalid(Refused):
    type, title, status = "/problems/invalid", "The request is wrong", 422


class KeyReused(Refused):
    type, title, status = "/problems/key-reused", "This key was used for something else", 422


class TooMany(Refused):
    type, title, status = "/problems/too-many", "Too many attempts", 429


class Unavailable(Refused):
    type, title, status = "/problems/unavailable", "Try again", 503


class Unexpected(Refused):
    type, title, status = "/problems/unexpected", "Something went wrong on our side", 500


def invalid(field: str, reason: str) -> Invalid:
    """One wrong field, with its reason."""
    return Invalid(f"{field}: {reason}", errors=[FieldError(field=field, reason=reason)])
