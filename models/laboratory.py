"""The laboratory's test catalogue, as `rules/laboratory` writes it down: analytes, units, ranges, critical values."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

from pydantic import Field

from models.base import Value
from models.deadlines import Ladder, Rung
from models.rulepacks import pack_for, packs
from models.staff import Role
from models.words import NAIROBI

PACK = "laboratory"
Limit = Decimal | None


class Ages(Value):
    """From the first month of age that counts until before the last, in completed months."""

    from_months: int = 0
    before_months: int | None = None

    def may_hold(self, youngest: int, oldest: int) -> bool:
        """Whether somebody of an age between these, both included, may be of these ages."""
        return oldest >= self.from_months and (self.before_months is None or youngest < self.before_months)


class Range(Ages):
    """Between which limits a value is expected, both included, and in whom."""

    sex: Literal["MALE", "FEMALE"] | None = None
    low: Limit = None
    high: Limit = None
    source: str


class Critical(Ages):
    """From where on somebody must hear of a value at once."""

    at_most: Limit = None
    below: Limit = None
    at_least: Limit = None
    source: str


class OtherUnit(Value):
    """Another way to write a value: times `factor` it is in the analyte's unit; from `bare_from` on also unmarked."""

    unit: str
    factor: Decimal
    bare_from: Limit = None


class Analyte(Value):
    code: str
    specimen: str
    unit: str
    aliases: tuple[str, ...] = ()
    also: tuple[OtherUnit, ...] = ()
    also_source: str = ""
    readable: tuple[Decimal, Decimal] | None = None
    readable_source: str = ""
    ranges: tuple[Range, ...] = Field(default=(), alias="range")
    criticals: tuple[Critical, ...] = Field(default=(), alias="critical")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.code, *self.aliases)


class LabTest(Value):
    """`code`: in the price list."""

    code: str
    specimen: str
    analytes: tuple[str, ...]


class Loop(Value):
    """Minutes until the next person hears of a critical value that nobody has acknowledged."""

    second_clinician_minutes: int
    in_charge_minutes: int
    source: str

    @property
    def ladder(self) -> Ladder:
        """Whoever ordered the test at once, then all clinicians, then who is in charge."""
        return (
            Rung(after=timedelta(0), to=Role.CLINICAL_OFFICER),
            Rung(after=timedelta(minutes=self.second_clinician_minutes), to=Role.CLINICAL_OFFICER),
            Rung(after=timedelta(minutes=self.in_charge_minutes), to=Role.SUPERVISOR),
        )


class Late(Value):
    """Until when a patient who has left is told."""

    critical_minutes: int
    critical_source: str
    other_hours: int
    other_source: str

    def due(self, at: datetime, *, critical: bool) -> datetime:
        return at + (timedelta(minutes=self.critical_minutes) if critical else timedelta(hours=self.other_hours))


class LabCatalogue(Value):
    version: str
    effective_from: date
    signed_off_by: str
    needs: str
    source: tuple[str, ...]
    loop: Loop
    late: Late
    tests: tuple[LabTest, ...] = Field(alias="test")
    analytes: tuple[Analyte, ...] = Field(alias="analyte")

    def analyte(self, test_code: str, name: str) -> Analyte | None:
        """What a value is about: any analyte of the test's specimen; "result" is a test's only one."""
        test = next((test for test in self.tests if test.code == test_code), None)
        if test is None:
            return None
        named = plain_name(name)
        if named in ("result", "value") and len(test.analytes) == 1:
            named = test.analytes[0]
        ours = (one for one in self.analytes if one.specimen == test.specimen)
        return next((one for one in ours if named in one.names), None)


def plain_name(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


@cache
def catalogue(version: str) -> LabCatalogue | None:
    """One version; None where it is not kept any more."""
    pack = packs(PACK).get(version)
    return LabCatalogue.model_validate(pack) if pack else None


def catalogue_for(day: date) -> LabCatalogue:
    """The version in force on a day."""
    found = catalogue(pack_for(PACK, day)["version"])
    assert found is not None
    return found


def catalogue_of(moment: datetime) -> LabCatalogue:
    """The version in force when a visit began, by the clinic's calendar."""
    return catalogue_for(moment.astimezone(NAIROBI).date())
