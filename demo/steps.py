"""What may happen to a patient in a clinic, as data: a story is a list of these."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from demo.vitals import Condition

Category = Literal["EMERGENCY", "URGENT", "NORMAL"]
Station = Literal["IMMUNIZATION", "FAMILY_PLANNING", "MCH"]


class Role(StrEnum):
    """Who acts; the demo person of a role is called as the role in lower case."""

    RECEPTIONIST = "RECEPTIONIST"
    TRIAGE_NURSE = "TRIAGE_NURSE"
    CLINICAL_OFFICER = "CLINICAL_OFFICER"
    LAB_TECHNICIAN = "LAB_TECHNICIAN"
    PHARMACIST = "PHARMACIST"
    IMMUNIZATION_NURSE = "IMMUNIZATION_NURSE"
    FAMILY_PLANNING_COUNSELOR = "FAMILY_PLANNING_COUNSELOR"
    MCH_NURSE = "MCH_NURSE"
    CASHIER = "CASHIER"
    SUPERVISOR = "SUPERVISOR"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class Register:
    """The reception desk takes the patient's particulars and opens the visit."""


@dataclass(frozen=True, slots=True)
class Triage:
    category: Category
    condition: Condition
    notes: str


@dataclass(frozen=True, slots=True)
class Refer:
    station: Station
    reason: str
    by: Role = Role.CLINICAL_OFFICER


@dataclass(frozen=True, slots=True)
class TakeIn:
    """The clinician calls the patient in."""


@dataclass(frozen=True, slots=True)
class Examine:
    """One encounter with the clinician; the diagnoses after it belong to it."""

    notes: str
    findings: str
    recommendations: str


@dataclass(frozen=True, slots=True)
class Diagnose:
    """`code` is ICD-10; `icd11` is what the clerk gives a payer that wants it, where the clinic knows no pair.

    The pairs are for show: no coder has signed them.
    """

    code: str
    name: str
    icd11: str


@dataclass(frozen=True, slots=True)
class OrderTest:
    """The first test on the price list that has one of the `wanted` words, else the blood test."""

    wanted: tuple[str, ...]
    results: Mapping[str, str]
    urgency: Literal["NORMAL", "URGENT"] = "NORMAL"


@dataclass(frozen=True, slots=True)
class ReportResults:
    """The laboratory answers every test that was ordered and not yet answered."""


@dataclass(frozen=True, slots=True)
class Prescribe:
    """The first drug on the price list that has one of the `wanted` words, else Paracetamol.

    `first_handover` is how much of the `quantity` the pharmacy can hand out at once; none means all. `rest_is_owed`:
    the patient goes home without the rest, and comes back for it.
    """

    wanted: tuple[str, ...]
    dosage: str
    frequency: str
    duration: str
    quantity: int
    instructions: str = "Take with food and water"
    first_handover: int | None = None
    rest_is_owed: bool = False


@dataclass(frozen=True, slots=True)
class TellAllergy:
    """The patient says what they do not tolerate."""

    substance: str
    reaction: str


@dataclass(frozen=True, slots=True)
class Dispense:
    """The pharmacy hands out every drug that was prescribed and is still owed."""


@dataclass(frozen=True, slots=True)
class Vaccinate:
    wanted: tuple[str, ...]
    site: str
    route: str
    dosage: str


@dataclass(frozen=True, slots=True)
class AdviseOnFamilyPlanning:
    wanted: tuple[str, ...]
    counseling_notes: str
    book_return: bool = False


@dataclass(frozen=True, slots=True)
class CareForMother:
    """One mother-and-child service; `weeks` of pregnancy, where there is one."""

    wanted: tuple[str, ...]
    details: Mapping[str, str | int | float]
    findings: str
    recommendations: str
    weeks: int | None = None


@dataclass(frozen=True, slots=True)
class Pay:
    """The cashier settles what the bill says still stands, in the way the patient pays.

    `in_advance` is asked of those who pay themselves; a payer is billed once, at the end.
    """

    service_given: str = "Outpatient consultation and treatment"
    in_advance: bool = False


@dataclass(frozen=True, slots=True)
class AskBack:
    """Reception books the patient for later, so many `hours` from now: so soon that the reminder goes out at once."""

    hours: int
    reason: str


@dataclass(frozen=True, slots=True)
class Discharge:
    notes: str
    follow_up_days: int | None = None
    by: Role = Role.CLINICAL_OFFICER


Step = (
    Register | Triage | Refer | TakeIn | Examine | Diagnose | OrderTest | ReportResults | Prescribe
    | TellAllergy | Dispense | Vaccinate | AdviseOnFamilyPlanning | CareForMother | AskBack | Pay | Discharge
)  # fmt: skip
