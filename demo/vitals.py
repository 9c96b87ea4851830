"""Vital signs that fit the age and how ill the patient is, in the fields of the contract.

The bands follow the score for the age (adult from 12 years, older child from 3, younger child below);
they are for show and hold no clinical rule.
"""

from dataclasses import dataclass
from enum import Enum
from random import Random

VitalSigns = dict[str, str | int | float | bool]
Band = tuple[int, int]

SYSTOLIC_FROM_YEARS = 12
OLDER_CHILD_FROM_YEARS = 3


class Condition(Enum):
    """How the patient is when the triage nurse looks up."""

    WELL = "well"
    FEVERISH = "feverish"
    STRAINED = "strained"
    HURT = "hurt"
    GRAVE = "grave"


@dataclass(frozen=True, slots=True)
class Bands:
    """Lowest and highest value: pulse per minute, breaths per minute, systolic pressure in mmHg."""

    pulse: Band
    breaths: Band
    systolic: Band = (110, 135)


ADULT = {
    Condition.WELL: Bands((62, 96), (11, 14)),
    Condition.FEVERISH: Bands((90, 108), (14, 19)),
    Condition.STRAINED: Bands((102, 110), (21, 24), (140, 170)),
    Condition.HURT: Bands((84, 100), (14, 18)),
    Condition.GRAVE: Bands((118, 128), (26, 31), (76, 90)),
}
OLDER_CHILD = {
    Condition.WELL: Bands((80, 99), (17, 21)),
    Condition.FEVERISH: Bands((95, 112), (21, 25)),
}
YOUNGER_CHILD = {
    Condition.WELL: Bands((95, 130), (26, 38)),
    Condition.FEVERISH: Bands((125, 145), (34, 42)),
}


def vital_signs(years: int, months: int, condition: Condition, random: Random) -> VitalSigns:
    """The measurements of a patient aged `years` (and `months` in all); children are well or feverish."""
    bands = bands_for(years, condition)
    signs: VitalSigns = {
        "temperature_c": temperature(condition, random),
        "pulse_bpm": random.randint(*bands.pulse),
        "respiratory_rate": random.randint(*bands.breaths),
        "avpu": "VOICE" if condition is Condition.GRAVE else "ALERT",
        "mobility": mobility(years, condition),
        "trauma": condition in (Condition.HURT, Condition.GRAVE),
        "spo2_percent": random.randint(90, 93) if condition is Condition.GRAVE else random.randint(96, 99),
        **growth(years, months, random),
    }
    if years >= SYSTOLIC_FROM_YEARS:
        systolic = random.randint(*bands.systolic)
        signs |= {"systolic_bp": systolic, "diastolic_bp": systolic * 5 // 8}
    return signs


def bands_for(years: int, condition: Condition) -> Bands:
    if years >= SYSTOLIC_FROM_YEARS:
        return ADULT[condition]
    return (OLDER_CHILD if years >= OLDER_CHILD_FROM_YEARS else YOUNGER_CHILD)[condition]


def temperature(condition: Condition, random: Random) -> float:
    """Degrees Celsius, one decimal."""
    low, high = (38.0, 39.2) if condition is Condition.FEVERISH else (36.2, 37.2)
    return round(random.uniform(low, high), 1)


def mobility(years: int, condition: Condition) -> str:
    if condition is Condition.GRAVE:
        return "IMMOBILE"
    # Those too small to walk move as well as their age can: that is normal for them.
    return "WITH_HELP" if condition is Condition.HURT and years >= OLDER_CHILD_FROM_YEARS else "WALKING"


def growth(years: int, months: int, random: Random) -> VitalSigns:
    """Weight in kg and height in cm, by the rules of thumb for the age."""
    if years < 1:
        weight, height = 3.5 + 0.5 * months, 51 + 2 * months
    elif years < SYSTOLIC_FROM_YEARS:
        weight, height = 2 * (years + 4), 70 + 6 * years
    else:
        weight, height = random.uniform(50, 82), random.randint(152, 182)
    return {"weight_kg": round(weight * random.uniform(0.95, 1.05), 1), "height_cm": height}
