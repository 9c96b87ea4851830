"""Vital signs at triage: units, mandatory items and hard limits.

Limits: `docs/clinical-rules.md` (what a body cannot show is refused; KenyaEMR's ranges where it has them).
Mandatory items are those that TEWS scores (South African Triage Scale 2012, as KenyaEMR computes it); systolic
blood pressure is scored from 12 years on.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

from models.base import Number, Value

SCORED_PRESSURE_FROM_YEARS = 12


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


class VitalSigns(Value):
    """Temperature in °C, pulse and breaths per minute, pressures in mmHg, SpO2 in %, weight in kg, height in cm.

    The spellings `blood_pressure` "140/90", `temperature` and `pulse` are accepted too, and numbers as strings.
    """

    temperature_c: Annotated[float, Number, Field(ge=25, le=45, allow_inf_nan=False)]
    pulse_bpm: Annotated[int, Number, Field(ge=0, le=300)]
    respiratory_rate: Annotated[int, Number, Field(ge=0, le=120)]
    avpu: Avpu
    mobility: Mobility
    trauma: bool
    systolic_bp: Annotated[int, Number, Field(ge=30, le=300)] | None = None
    diastolic_bp: Annotated[int, Number, Field(ge=10, le=200)] | None = None
    spo2_percent: Annotated[float, Number, Field(ge=30, le=100, allow_inf_nan=False)] | None = None
    weight_kg: Annotated[float, Number, Field(ge=0.3, le=300, allow_inf_nan=False)] | None = None
    height_cm: Annotated[float, Number, Field(ge=20, le=250, allow_inf_nan=False)] | None = None

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
