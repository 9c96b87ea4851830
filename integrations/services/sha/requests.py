"""What is sent to the exchange. Pure functions; the words are those seen on the wire."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from integrations.services.outside import SaidNo
from models.claims import ClaimForm, Document, Member

SERVICE = "sha"

NATIONAL_ID, SHA_NUMBER, REGISTRY_NUMBER = "National ID", "SHA Number", "ClientRegistry ID"
DISCHARGE_REASONS = frozenset({"RECOVERED", "REFERRED", "DECEASED", "ABSCONDED", "OTHER"})
IDENTITY_NUMBER = re.compile(r"\d{7,8}")
REGISTERED = re.compile(r"CR[\d-]+")
"""A client registry number; two spellings are in use, `CR7678914660684-5` and `CR-2026-000256`."""


class CancelReason(StrEnum):
    WRONG_PATIENT = "WRONG_PATIENT"
    NO_SERVICE_GIVEN = "NO_SERVICE_GIVEN"
    WRONG_BENEFIT = "WRONG_BENEFIT"
    EXPIRED_VISIT = "EXPIRED_VISIT"
    EXHAUSTED_BENEFIT = "EXHAUSTED_BENEFIT"
    TIME_BARRED = "TIME_BARRED"
    OTHER_REASONS = "OTHER_REASONS"


@dataclass(frozen=True)
class Billed:
    """One line of the claim over there; lines have no name of ours, so equal ones are written as one."""

    service: str
    unit_price: Decimal
    quantity: int
    at: datetime


@dataclass(frozen=True)
class Preauth:
    """A preauthorisation asked for. How `items`, `diagnoses`, `doctors` and `attachments` are written inside is not
    public: the caller gives those form fields ready made in `lists`, and the papers in `files`."""

    consent_token: str
    intervention_code: str
    service_start: datetime
    service_end: datetime
    notification_email: str
    lists: Sequence[tuple[str, str]] = ()
    files: Sequence[tuple[str, Document]] = ()


def identification(member: Member) -> tuple[str, str]:
    """The number and its type by which a member is looked for; empty where we know none."""
    if member.sha_number:
        is_registry = REGISTERED.fullmatch(member.sha_number)
        return member.sha_number, REGISTRY_NUMBER if is_registry else SHA_NUMBER
    if member.national_id:
        return member.national_id, NATIONAL_ID
    if REGISTERED.fullmatch(member.member_number):
        return member.member_number, REGISTRY_NUMBER
    return member.member_number, SHA_NUMBER if member.member_number else ""


def services_of(form: ClaimForm) -> tuple[str, ...]:
    """Every intervention that is claimed, the one that sets the context first. SaidNo where there is none."""
    named = (*form.services, *(line.service for line in form.lines))
    if not any(named):
        raise SaidNo(SERVICE, "no-intervention", "No intervention of SHA is named for what was done.")
    return tuple(dict.fromkeys(code for code in named if code))


def billed(form: ClaimForm) -> tuple[Billed, ...]:
    """The lines up to what the payer shall cover: what the patient paid is not claimed. SaidNo: nothing is left."""
    left, units = form.amount, list[Billed]()
    for line in form.lines:
        whole = line.quantity if not line.unit_price else min(line.quantity, int(left // line.unit_price))
        rest = min(left, line.amount) - line.unit_price * whole
        units += [Billed(line.service, line.unit_price, whole, line.at)] if whole else []
        units += [Billed(line.service, rest, 1, line.at)] if rest else []
        left -= line.unit_price * whole + rest
    if form.lines and not units:
        raise SaidNo(SERVICE, "nothing-to-claim", "The amount to be covered is zero.")
    return together(units)


def together(units: Sequence[Billed]) -> tuple[Billed, ...]:
    """Equal charges of one moment as one line."""
    counts: dict[tuple[str, Decimal, datetime], int] = {}
    for unit in units:
        key = (unit.service, unit.unit_price, unit.at)
        counts[key] = counts.get(key, 0) + unit.quantity
    return tuple(Billed(service, price, count, at) for (service, price, at), count in counts.items())


def multipart(fields: dict[str, str]) -> list[tuple[str, tuple[None, str]]]:
    """Form fields as parts, for calls that are multipart even where they carry no file."""
    return [(name, (None, value)) for name, value in fields.items()]


def part(name: str, document: Document) -> tuple[str, tuple[str, bytes, str]]:
    return name, (document.file_name, document.content, document.content_type)


def doctor(number: str) -> dict[str, str]:
    """A clinician by identity number where it looks like one, else by registration number."""
    kind = NATIONAL_ID if IDENTITY_NUMBER.fullmatch(number) else "registration_number"
    return {"identification_type": kind, "identification_number": number}


def without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
