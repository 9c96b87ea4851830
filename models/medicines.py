"""The medicines catalogue, as `rules/medicines` writes it down: ingredients, classes, ages, pregnancy, substitutes."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal

from pydantic import Field

from models.base import Value
from models.rulepacks import pack_for, packs
from models.words import NAIROBI

PACK = "medicines"


class DrugClass(Value):
    """`duplicate`: two drugs of it are duplicate therapy. `names`: other names, and drugs that are not listed."""

    code: str
    name: str
    names: tuple[str, ...] = ()
    duplicate: bool
    source: str


class AgeRule(Value):
    """From which age on, in completed months."""

    from_months: int
    says: str
    source: str


class PregnancyRule(Value):
    level: Literal["CAUTION", "CONTRAINDICATED"]
    says: str
    source: str


class Medicine(Value):
    """`code`: in the price list."""

    code: str
    generic: str
    ingredients: tuple[str, ...]
    classes: tuple[str, ...] = ()
    substitutes: tuple[str, ...] = ()
    substitutes_source: str = ""
    age: AgeRule | None = None
    pregnancy: PregnancyRule | None = None


class Antenatal(Value):
    """How many days an antenatal contact tells of a pregnancy."""

    antenatal_days: int
    source: str


class Owed(Value):
    """Hours until what is owed should be handed out."""

    hours: int
    source: str

    def due(self, at: datetime) -> datetime:
        return at + timedelta(hours=self.hours)


class MedicinesCatalogue(Value):
    version: str
    effective_from: date
    signed_off_by: str
    needs: str
    source: tuple[str, ...]
    pregnancy: Antenatal
    owed: Owed
    classes: tuple[DrugClass, ...] = Field(alias="class")
    medicines: tuple[Medicine, ...] = Field(alias="medicine")

    def medicine(self, code: str) -> Medicine | None:
        return next((one for one in self.medicines if same(one.code, code)), None)

    def class_of(self, code: str) -> DrugClass | None:
        return next((one for one in self.classes if same(one.code, code)), None)

    def substance(self, said: str) -> str | None:
        """A drug, ingredient or class by its code or name, as it is written here; None where it is none of them."""
        for one in self.classes:
            if any(same(name, said) for name in (one.code, one.name, *one.names)):
                return one.code
        for medicine in self.medicines:
            if same(medicine.code, said):
                return medicine.code
            for ingredient in medicine.ingredients:
                if same(ingredient, said):
                    return ingredient
        return None


def same(one: str, other: str) -> bool:
    """However it is written: "Amoxicillin-Clavulanate", "amoxicillin clavulanate"."""
    return plain(one) == plain(other)


def plain(name: str) -> str:
    return " ".join(name.lower().replace("-", " ").replace("_", " ").split())


@cache
def catalogue(version: str) -> MedicinesCatalogue | None:
    """One version; None where it is not kept any more."""
    pack = packs(PACK).get(version)
    return MedicinesCatalogue.model_validate(pack) if pack else None


def catalogue_for(day: date) -> MedicinesCatalogue:
    """The version in force on a day."""
    found = catalogue(pack_for(PACK, day)["version"])
    assert found is not None
    return found


def catalogue_of(moment: datetime) -> MedicinesCatalogue:
    """The version in force when a visit began, by the clinic's calendar."""
    return catalogue_for(moment.astimezone(NAIROBI).date())
