"""What reception writes down of a person: birth, phone number, identity, insurance."""

from datetime import date
from enum import StrEnum
from typing import Annotated

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


def age_in_years(born: date | None, today: date, stated: int | None) -> int | None:
    """Completed years on that day; the stated age where no birthday is known."""
    if born is None:
        return stated
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def check_birth(born: date | None, today: date) -> None:
    years = age_in_years(born, today, None)
    if years is not None and not 0 <= years <= OLDEST:
        raise invalid("date_of_birth", "must lie in the past, at most 130 years ago")
