"""Whether a medicine suits a patient: allergies, duplicate therapy, age, pregnancy.

A warning is no verdict: whoever may override it gives a reason.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.base import Value
from models.lab_flags import OLDEST_MONTHS, whose
from models.medicines import Medicine, MedicinesCatalogue, same
from models.words import NAIROBI

IN_HAND = frozenset({"PENDING", "PARTIALLY_DISPENSED", "OUT_OF_STOCK", "OWED"})
"""Prescriptions of which something is still to be handed out."""

DURATION = re.compile(
    r"(?P<count>\d{1,3})\s*(?:/\s*(?P<part>7|52|12)|(?P<unit>days?|d|weeks?|wks?|w|months?|mths?|m))\b", re.IGNORECASE
)
DAYS_OF = {"d": 1, "w": 7, "m": 30, "7": 1, "52": 7, "12": 30}
"""Days of a unit by its first letter, or as clinicians write it: 5/7 are five days, 2/52 two weeks, 1/12 one month."""

ANTENATAL, POSTNATAL = "ANC", "PNC"
"""How the codes of the services begin that tell of a pregnancy, and of its end."""


class WarningKind(StrEnum):
    ALLERGY = "ALLERGY"
    DUPLICATE_THERAPY = "DUPLICATE_THERAPY"
    AGE = "AGE"
    PREGNANCY = "PREGNANCY"
    NOT_INTERCHANGEABLE = "NOT_INTERCHANGEABLE"


class KnownAllergy(Value):
    """One that counts: active, and neither refuted nor entered in error. `code`: as the catalogue has it, if it has."""

    id: UUID
    code: str | None
    substance: str


class Therapy(Value):
    """Another prescription of the patient. `duration` as it was written: "5 days", "2/52". `substituted_by`: what was
    handed out in place of (the rest of) it."""

    id: UUID
    visit_id: UUID
    medication_name: str
    substituted_by: str | None = None
    status: str
    duration: str
    recorded_at: datetime
    quantity_dispensed: int = 0
    dispensed_at: datetime | None = None


class Contact(Value):
    """One contact of mother and child care."""

    code: str
    on: date


class History(Value):
    """What is known of a patient that bears on medicines. `pregnant`: as triage last said on this visit."""

    date_of_birth: date | None = None
    gender: str = "UNKNOWN"
    allergies: tuple[KnownAllergy, ...] = ()
    therapies: tuple[Therapy, ...] = ()
    contacts: tuple[Contact, ...] = ()
    pregnant: bool | None = None


class Warned(Value):
    """One reason to look twice. `about`: the allergy or the other prescription."""

    kind: WarningKind
    says: str
    source: str = ""
    about: UUID | None = None


class Verdict(Value):
    """By which version, what was found, and what could not be looked at."""

    catalogue: str
    warnings: tuple[Warned, ...] = ()
    not_checked: tuple[str, ...] = ()


class Patient(Value):
    """Whom the medicine is for, on which visit. `said_pregnant`: by the clinician who prescribed."""

    visit_id: UUID
    age_years: int | None
    today: date
    history: History
    said_pregnant: bool | None = None


def verdict(catalogue: MedicinesCatalogue, code: str, patient: Patient, before: datetime | None = None) -> Verdict:
    """Look at one medicine. `before`: when it was prescribed, at dispensing; of two it is the later one that warns."""
    medicine = catalogue.medicine(code)
    warnings = [*allergies(catalogue, code, patient.history), *duplicates(catalogue, code, patient, before)]
    if medicine is None:
        missed = ("the catalogue does not know this medicine: class, age and pregnancy were not checked",)
        return Verdict(catalogue=catalogue.version, warnings=tuple(warnings), not_checked=missed)
    missing: list[str] = []
    warnings += [*age(medicine, patient, missing), *pregnancy(catalogue, medicine, patient, missing)]
    missing += unknown_allergies(catalogue, patient.history)
    return Verdict(catalogue=catalogue.version, warnings=tuple(warnings), not_checked=tuple(missing))


def made_of(catalogue: MedicinesCatalogue, code: str) -> tuple[str, ...]:
    """The drug and all that it contains or belongs to; of a drug that nobody knows only its name."""
    medicine = catalogue.medicine(code)
    return (code, *medicine.ingredients, *medicine.classes) if medicine else (code,)


def allergies(catalogue: MedicinesCatalogue, code: str, history: History) -> Iterator[Warned]:
    """To the drug, to what it contains, or to another drug that shares an ingredient or a class with it."""
    parts = made_of(catalogue, code)
    for allergy in history.allergies:
        against = made_of(catalogue, allergy.code or allergy.substance)
        if any(same(part, one) for part in parts for one in against):
            yield Warned(kind=WarningKind.ALLERGY, says=f"recorded allergy to {allergy.substance}", about=allergy.id)


def unknown_allergies(catalogue: MedicinesCatalogue, history: History) -> list[str]:
    count = sum(allergy.code is None for allergy in history.allergies)
    return [f"{count} recorded allergies are in no list: compare them by eye"] if count else []


def duplicates(catalogue: MedicinesCatalogue, code: str, patient: Patient, before: datetime | None) -> Iterator[Warned]:
    for therapy in patient.history.therapies:
        if before and therapy.recorded_at > before:
            continue
        for name in filter(None, (therapy.medication_name, therapy.substituted_by)):
            shared = in_common(catalogue, code, name)
            if shared and is_taken(therapy, patient):
                where = "on this visit" if therapy.visit_id == patient.visit_id else "on an earlier visit"
                says = f"{name} is prescribed already {where} (both are {shared})"
                yield Warned(kind=WarningKind.DUPLICATE_THERAPY, says=says, about=therapy.id)
                break


def in_common(catalogue: MedicinesCatalogue, one: str, other: str) -> str | None:
    """The ingredient, or the class of which nobody takes two, that both have."""
    first, second = catalogue.medicine(one), catalogue.medicine(other)
    if same(one, other):
        return one
    if first is None or second is None:
        return None
    classes = (catalogue.class_of(code) for code in first.classes if code in second.classes)
    named = [part for part in first.ingredients if part in second.ingredients]
    named += [found.name for found in classes if found and found.duplicate]
    return named[0] if named else None


def is_taken(therapy: Therapy, patient: Patient) -> bool:
    """On the same visit, or still to be handed out, or handed out for longer than until today. Of what was cancelled
    counts what had been handed out before."""
    if therapy.status == "CANCELLED" and not therapy.quantity_dispensed:
        return False
    if therapy.visit_id == patient.visit_id or therapy.status in IN_HAND:
        return True
    days = days_of(therapy.duration)
    if days is None or therapy.dispensed_at is None:
        return False
    return therapy.dispensed_at.astimezone(NAIROBI).date() + timedelta(days=days) > patient.today


def days_of(duration: str) -> int | None:
    """How long it is taken; None where the words say no number of days, weeks or months."""
    found = DURATION.search(duration)
    if found is None:
        return None
    return int(found["count"]) * DAYS_OF[found["part"] or found["unit"][0].lower()]


def age(medicine: Medicine, patient: Patient, missing: list[str]) -> Iterator[Warned]:
    rule = medicine.age
    if rule is None:
        return
    theirs: Mapping[str, Any] = {"date_of_birth": patient.history.date_of_birth, "gender": patient.history.gender}
    months = whose(theirs, patient.age_years, patient.today)
    if months.youngest == 0 and months.oldest == OLDEST_MONTHS:
        missing.append(f"the age is not known: {rule.says}")
    elif months.youngest < rule.from_months:
        yield Warned(kind=WarningKind.AGE, says=rule.says, source=rule.source)


def pregnancy(
    catalogue: MedicinesCatalogue, medicine: Medicine, patient: Patient, missing: list[str]
) -> Iterator[Warned]:
    rule = medicine.pregnancy
    if rule is None or patient.history.gender == "MALE":
        return
    evidence = known_pregnancy(catalogue, patient)
    if evidence:
        says = f"{rule.level.lower()} in pregnancy: {rule.says} ({evidence})"
        yield Warned(kind=WarningKind.PREGNANCY, says=says, source=rule.source)
    elif patient.said_pregnant is None and patient.history.pregnant is None:
        missing.append(f"nobody said whether the patient is pregnant: {rule.says}")


def known_pregnancy(catalogue: MedicinesCatalogue, patient: Patient) -> str | None:
    """How it is known that the patient is pregnant; whoever says so is believed."""
    history = patient.history
    if patient.said_pregnant:
        return "as the prescriber said"
    if history.pregnant:
        return "as triage found"
    ended = max((c.on for c in history.contacts if c.code.startswith(POSTNATAL)), default=date.min)
    since = patient.today - timedelta(days=catalogue.pregnancy.antenatal_days)
    contacts = [c.on for c in history.contacts if c.code.startswith(ANTENATAL)]
    return "antenatal care" if any(on > ended and on >= since for on in contacts) else None


def interchangeable(catalogue: MedicinesCatalogue, prescribed: str, given: str) -> Warned | None:
    """A warning where the catalogue does not say that one may be handed out for the other."""
    medicine = catalogue.medicine(prescribed)
    listed = medicine.substitutes if medicine else ()
    if any(same(one, given) for one in listed):
        return None
    instead = f"listed are {', '.join(listed)}" if listed else "no substitute is listed"
    return Warned(
        kind=WarningKind.NOT_INTERCHANGEABLE, says=f"{given} is no listed substitute for {prescribed}; {instead}"
    )
