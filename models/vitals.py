"""Vital signs at triage: units and hard limits.

Limits: `docs/clinical-rules.md` (what a body cannot show is refused; KenyaEMR's ranges where it has them). Which items
are mandatory, and what is to be confirmed, follows from the visit's triage rules (`models/triage_rules.py`).
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from models.base import Number, Value


def in_capitals(given: Any) -> Any:
    return given.strip().upper() if isinstance(given, str) else given


DangerSigns = Annotated[
    tuple[Annotated[str, BeforeValidator(in_capitals), StringConstraints(pattern=r"^[A-Z0-9_]{1,60}$")], ...],
    Field(max_length=30),
]
"""Codes of the visit's triage rules: UNRESPONSIVE, CONVULSING, NOT_ABLE_TO_DRINK, PREGNANCY_HEAVY_BLEEDING, …"""


class Avpu(StrEnum):
    ALERT = "ALERT"
    CONFUSED = "CONFUSED"
    VOICE = "VOICE"
    PAIN = "PAIN"
    UNRESPONSIVE = "UNRESPONSIVE"


class Mobility(StrEnum):
    WALKING = "WALKING"
    WITH_HELP = "WITH_HELP"
    IMMOBILE = "IMMOBILE"


class Air(StrEnum):
    """What the patient breathed while SpO2 was measured."""

    ROOM_AIR = "ROOM_AIR"
    OXYGEN = "OXYGEN"


class VitalSigns(Value):
    """Temperature in °C, pulse and breaths per minute, pressures in mmHg, SpO2 in %, weight in kg, height in cm, MUAC
    in mm, glucose in mmol/l. What is mandatory and missing is named by triage, all of it at once.

    The spellings `blood_pressure` "140/90", `temperature` and `pulse` are accepted too, and numbers as strings.
    """

    temperature_c: Annotated[float, Number, Field(ge=25, le=45, allow_inf_nan=False)] | None = None
    pulse_bpm: Annotated[int, Number, Field(ge=0, le=300)] | None = None
    respiratory_rate: Annotated[int, Number, Field(ge=0, le=120)] | None = None
    avpu: Avpu | None = None
    mobility: Mobility | None = None
    trauma: bool | None = None
    systolic_bp: Annotated[int, Number, Field(ge=30, le=300)] | None = None
    diastolic_bp: Annotated[int, Number, Field(ge=10, le=200)] | None = None
    spo2_percent: Annotated[float, Number, Field(ge=30, le=100, allow_inf_nan=False)] | None = None
    weight_kg: Annotated[float, Number, Field(ge=0.3, le=300, allow_inf_nan=False)] | None = None
    height_cm: Annotated[float, Number, Field(ge=20, le=250, allow_inf_nan=False)] | None = None
    spo2_on: Air | None = None
    muac_mm: Annotated[float, Number, Field(ge=50, le=500, allow_inf_nan=False)] | None = None
    glucose_mmol_l: Annotated[float, Number, Field(ge=0.5, le=60, allow_inf_nan=False)] | None = None
    pregnant: bool | None = None
    danger_signs: DangerSigns | None = None

    @model_validator(mode="before")
    @classmethod
    def translated(cls, given: Any) -> Any:
        """Other spellings become ours; one value under two names is refused."""
        if not isinstance(given, dict):
            return given
        fields = dict(given)
        for spelling, name in (("temperature", "temperature_c"), ("pulse", "pulse_bpm")):
            if spelling in fields:
                once(fields, name)
                fields[name] = fields.pop(spelling)
        if "blood_pressure" in fields:
            once(fields, "systolic_bp")
            once(fields, "diastolic_bp")
            fields["systolic_bp"], fields["diastolic_bp"] = parted(fields.pop("blood_pressure"))
        return fields

    @model_validator(mode="after")
    def plausible(self) -> "VitalSigns":
        if self.systolic_bp and self.diastolic_bp and self.systolic_bp <= self.diastolic_bp:
            raise ValueError("systolic_bp must be above diastolic_bp; check the two values")
        return self


def once(fields: dict[str, Any], name: str) -> None:
    if name in fields:
        raise ValueError(f"{name} is given twice, under two spellings; keep one")


def parted(pressure: Any) -> tuple[str, str]:
    """ "140/90" as systolic and diastolic."""
    systolic, slash, diastolic = str(pressure).partition("/")
    if not slash:
        raise ValueError('blood_pressure is written like "140/90"')
    return systolic.strip(), diastolic.strip()
