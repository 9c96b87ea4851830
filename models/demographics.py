"""What reception writes down of a person: birth, phone number, identity, insurance."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import phonenumbers
from pydantic import AfterValidator, StringConstraints

from models.base import storable
from models.problems import invalid

OLDEST = 130


class Gender(StrEnum):
    MALE = "MALE"
    FEMALE = "FEMALE"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


class InsuranceType(StrEnum):
    CASH = "CASH"
    SHA = "SHA"
    NHIF = "NHIF"
    INSURANCE = "INSURANCE"


def kenyan_phone(text: str) -> str:
    """The number in E.164; 0712…, 712…, 254712… and +254712… are all Kenyan forms.

    Letters are refused: read as keypad digits, a slip of the pen would become somebody else's number.
    """
    try:
        number = None if any(sign.isalpha() for sign in text) else phonenumbers.parse(text, "KE")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValueError("is not a phone number; write it like 0712345678 or +254712345678")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=30), AfterValidator(kenyan_phone)]


def mobile(number: str) -> str:
    """Only a mobile phone can be prompted to pay, and reads SMS."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    if kind not in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
        raise ValueError("is not a mobile number")
    return number


MobilePhone = Annotated[Phone, AfterValidator(mobile)]
NationalId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9/-]{4,30}$"),
    AfterValidator(storable),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    AfterValidator(storable),
]


def completed_years(since: date, on: date) -> int:
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def age_on(patient: Mapping[str, Any], day: date) -> int | None:
    """Completed years of a patient, given as a row; None where neither birthday nor age is known.

    An age that was stated grows by the whole years since `age_stated_on`: so old the patient is at least.
    """
    if (born := patient.get("date_of_birth")) is not None:
        return completed_years(born, day)
    stated, stated_on = patient.get("age"), patient.get("age_stated_on")
    if stated is None or stated_on is None:
        return stated
    return int(stated) + max(0, completed_years(stated_on, day))


def stated(age: int | None, today: date) -> dict[str, Any]:
    """The columns of an age that somebody states today."""
    return {"age": age, "age_stated_on": None if age is None else today}


def check_birth(born: date | None, today: date) -> None:
    if born is not None and not 0 <= completed_years(born, today) <= OLDEST:
        raise invalid("date_of_birth", "must lie in the past, at most 130 years ago")
