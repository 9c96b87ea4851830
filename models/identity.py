"""Two registrations of one person: which of them goes on, what it takes over, and what must be said first."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from models.base import Value, Words
from models.demographics import Gender, InsuranceType
from models.envelope import Envelope
from models.problems import AlreadyDone, Conflict, FieldError, Invalid
from models.staff import SUPERVISING, Role
from models.tasks import NewTask, TaskKind

MERGERS = SUPERVISING
"""Who merges registrations and parts them again: the person in charge."""

Patient = dict[str, Any]
"""A row of `patients`."""

A_YEAR = timedelta(days=365.25)
BIRTH_YEARS_APART = 2.0
"""Ages are stated in whole years, and from memory: so many years between two births raise no question."""

TAKEN_OVER = ("national_id", "sha_number", "next_of_kin", "email", "deceased_at")
"""What the survivor takes from the other registration where it has none itself."""


class MoveKind(StrEnum):
    """Why a record stands under another registration than the one it was written for."""

    IDENTIFIED = "IDENTIFIED"
    WRONG_PATIENT = "WRONG_PATIENT"
    MERGED = "MERGED"
    PARTED = "PARTED"


class MergePatients(Value):
    """`POST /api/patients/{id}/merge`: that registration and `patient_id` are one person.

    Whichever of the two is named first, the older registration goes on and the other leads to it.
    """

    kind: Literal["merge_patients"] = "merge_patients"
    id: UUID
    patient_id: UUID
    reason: Words
    confirmed: bool = False
    """Sex, birth or SHA number differ, or one of the two has died, and the two are one person all the same."""
    override_reason: Words | None = None
    """Why one person has two national ids."""


class PartPatients(Value):
    """`POST /api/patients/{id}/unmerge`: the merge that ended that registration was wrong."""

    kind: Literal["part_patients"] = "part_patients"
    id: UUID
    reason: Words


IdentityAction = Annotated[MergePatients | PartPatients, Field(discriminator="kind")]


class IdentityCommand(Envelope):
    """What travels from the API to the workflow of a merge."""

    action: IdentityAction

    @property
    def visit_id(self) -> None:
        """It is about no one visit."""
        return None


class Pair(Value):
    """The registration that goes on, and the one that leads to it from now on."""

    survivor: Patient
    merged: Patient


def paired(one: Patient, other: Patient) -> Pair:
    """The older registration goes on, in whatever order the two are named."""
    if one["id"] == other["id"]:
        raise AlreadyDone("Both are one registration already.", patient_id=one["id"])
    first, second = sorted((one, other), key=lambda patient: (patient["registration_date"], str(patient["id"])))
    return Pair(survivor=first, merged=second)


def check_merge(pair: Pair, action: MergePatients) -> None:
    """Raise Refused while something speaks against it that nobody has answered; everything is named at once."""
    errors = [] if action.confirmed else [doubt(name, "confirmed") for name in doubts(pair)]
    if has_two_national_ids(pair) and action.override_reason is None:
        errors.append(
            FieldError(field="override_reason", reason="they have different national ids; say why they are one person")
        )
    if errors:
        raise Invalid("Compare the two first: " + "; ".join(f"{e.field}: {e.reason}" for e in errors), errors=errors)


def doubt(name: str, field: str) -> FieldError:
    return FieldError(field=field, reason=f"{name} differs; send true where they are one person all the same")


def doubts(pair: Pair) -> tuple[str, ...]:
    """What differs that one person has only once."""
    one, other = pair.survivor, pair.merged
    found = []
    if Gender.UNKNOWN not in (one["gender"], other["gender"]) and one["gender"] != other["gender"]:
        found.append("gender")
    if births_differ(one, other):
        found.append("date_of_birth")
    if one["sha_number"] and other["sha_number"] and one["sha_number"] != other["sha_number"]:
        found.append("sha_number")
    if bool(one["deceased_at"]) != bool(other["deceased_at"]):
        found.append("deceased_at")
    return tuple(found)


def has_two_national_ids(pair: Pair) -> bool:
    ids = {pair.survivor["national_id"], pair.merged["national_id"]} - {None}
    return len(ids) == 2


def births_differ(one: Patient, other: Patient) -> bool:
    """Two birthdays must be the same; where an age was stated instead, the years must be about the same."""
    if one["date_of_birth"] and other["date_of_birth"]:
        return bool(one["date_of_birth"] != other["date_of_birth"])
    years = [born_about(patient) for patient in (one, other)]
    known = [year for year in years if year is not None]
    return len(known) == 2 and abs(known[0] - known[1]) > BIRTH_YEARS_APART


def born_about(patient: Patient) -> float | None:
    """The year of birth, roughly."""
    born: date | None = patient["date_of_birth"]
    if born is not None:
        return born.year + born.month / 12
    if patient["age"] is None:
        return None
    at: date = patient["age_stated_on"] or patient["registration_date"]
    return at.year + at.month / 12 - float(patient["age"]) - 0.5


def filled(pair: Pair) -> dict[str, Any]:
    """What the survivor takes over: only where it knows nothing itself."""
    one, other = pair.survivor, pair.merged
    taken = {name: other[name] for name in TAKEN_OVER if not one[name] and other[name]}
    if one["gender"] == Gender.UNKNOWN != other["gender"]:
        taken["gender"] = other["gender"]
    if not one["phone_number"] and other["phone_number"]:
        taken["phone_number"] = other["phone_number"]
    if one["date_of_birth"] is None and other["date_of_birth"] is not None:
        taken["date_of_birth"] = other["date_of_birth"]
        taken |= {name: None for name in ("age", "age_stated_on") if one[name] is not None}
    elif one["date_of_birth"] is None and one["age"] is None and other["age"] is not None:
        taken |= {"age": other["age"], "age_stated_on": other["age_stated_on"]}
    if one["insurance_type"] == InsuranceType.CASH != other["insurance_type"]:
        taken["insurance_type"] = other["insurance_type"]
    return taken


def given_up(pair: Pair) -> dict[str, Any]:
    """What the merged registration no longer shows as its own: one national id stands once in a facility."""
    return {"national_id": None} if "national_id" in filled(pair) else {}


def united(one: Patient, other: Patient) -> Patient:
    """The patient that the two are together."""
    pair = paired(one, other)
    return {**pair.survivor, **filled(pair)}


def restored(now: Patient, before: Patient, taken: dict[str, Any]) -> dict[str, Any]:
    """What the survivor gives back when the two are parted: whatever nobody has corrected since."""
    return {name: before[name] for name, value in taken.items() if now[name] == value}


def require_known(visits: list[dict[str, Any]]) -> None:
    pending = [visit["op_number"] for visit in visits if visit["identity_pending"]]
    if pending:
        raise Conflict(f"{pending[0]} is an emergency that waits for its identity: use its action identify_patient.")


def require_alive(pair: Pair, visits: list[dict[str, Any]]) -> None:
    """Who has died is not here. `visits`: the open ones of both."""
    if visits and (pair.survivor["deceased_at"] or pair.merged["deceased_at"]):
        raise Conflict(
            f"One of the two has died, and {visits[0]['op_number']} is open. If they are one person, end that visit; "
            "if the death is wrong, a second person uses undo_death."
        )


def choose_visit_task(merge_id: UUID, facility_id: UUID, staying: list[str], coming: list[str], visit: UUID) -> NewTask:
    """Two visits of one person are open: reception decides with which the patient goes on."""
    named = " and ".join((*staying, *coming))
    return NewTask(
        about=merge_id,
        name="choose",
        facility_id=facility_id,
        kind=TaskKind.CHOOSE_VISIT,
        role=Role.RECEPTIONIST,
        words=f"{named} are open visits of one person. Decide which goes on; end the other, and say so here.",
        visit_id=visit,
        closes_itself=False,
    )
