"""What staff ask of the administration: forms for what belongs to no visit."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from models.base import Date, Line, Number, Price, Value
from models.demographics import OLDEST, Email, Gender, InsuranceType, NationalId, Phone, stated
from models.staff import Person, Role

UserName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,64}$")]
"""Lower-case letters, digits and `_ . -`."""

NewPassword = Annotated[SecretStr, Field(min_length=10, max_length=200)]


def in_order(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """Each role once, always in the same order."""
    return tuple(role for role in Role if role in roles)


Roles = Annotated[tuple[Role, ...], Field(min_length=1), AfterValidator(in_order)]


class Errand(Value):
    """One write by one person, once: `id` is the idempotency key."""

    id: UUID
    actor: Person
    address: str | None = None


class NewStaff(Value):
    user_name: UserName
    full_name: Line
    roles: Roles
    password: NewPassword
    registration_number: Line | None = None
    """As the regulator of the profession wrote it; SHA wants it of clinicians."""


class StaffChange(Value):
    """What is left out stays as it is."""

    full_name: Line | None = None
    roles: Roles | None = None
    is_active: bool | None = None
    password: NewPassword | None = None
    registration_number: Line | None = None

    @model_validator(mode="after")
    def says_something(self) -> "StaffChange":
        if all(value is None for _, value in self):
            raise ValueError("give at least one of full_name, roles, is_active, password, registration_number")
        return self


class PasswordChange(Value):
    current_password: SecretStr
    new_password: NewPassword


class PriceForm(Value):
    name: Line
    amount: Price


class PatientCorrection(Value):
    """What is left out stays; an optional field is emptied with null. A date of birth takes the place of an age."""

    first_name: Line = ""
    last_name: Line = ""
    gender: Gender = Gender.UNKNOWN
    date_of_birth: Date | None = None
    age: Annotated[int, Number, Field(ge=0, le=OLDEST)] | None = None
    phone_number: Phone = ""
    national_id: NationalId | None = None
    sha_number: Line | None = None
    insurance_type: InsuranceType = InsuranceType.CASH
    next_of_kin: Line | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def says_something(self) -> "PatientCorrection":
        if not self.model_fields_set:
            raise ValueError("give at least one field to correct")
        if self.births and sum(getattr(self, name) is not None for name in self.births) != 1:
            raise ValueError("give date_of_birth or age (in years), one of them")
        return self

    @property
    def births(self) -> set[str]:
        """What of the form says when the patient was born."""
        return self.model_fields_set & {"date_of_birth", "age"}

    def changes(self, today: date) -> dict[str, Any]:
        """The columns to set."""
        given = self.model_dump(include=self.model_fields_set)
        if self.date_of_birth is not None:
            given |= stated(None, today)
        elif self.age is not None:
            given |= {"date_of_birth": None, **stated(self.age, today)}
        return given
