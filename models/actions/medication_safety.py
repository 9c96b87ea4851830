"""What prescribing and dispensing have in common: the medicine is looked at, and warnings want a reason."""

from datetime import datetime
from typing import Any

from models.actions.base import Case
from models.base import Value, Words
from models.medicine_checks import History, Patient, Verdict, Warned, verdict
from models.medicines import MedicinesCatalogue, catalogue_of
from models.problems import FieldError, UnsafeMedication
from models.staff import Role


class Override(Value):
    """Go on in spite of every warning that stands now, and why."""

    reason: Words


def catalogue_for(case: Case) -> MedicinesCatalogue:
    """A visit is judged by the version of its first day."""
    return catalogue_of(case.visit.arrived_at)


def looked_at(case: Case, code: str, *, said_pregnant: bool | None = None, before: datetime | None = None) -> Verdict:
    """What speaks against this medicine for the visit's patient. `before`: when it was prescribed, at dispensing."""
    patient = Patient(
        visit_id=case.visit.id,
        age_years=case.visit.age_years,
        today=case.today,
        history=case.known.history or History(),
        said_pregnant=said_pregnant,
    )
    return verdict(catalogue_for(case), code, patient, before)


def require_override(found: Verdict, override: Override | None, role: Role, field: str) -> None:
    """Refuse while a warning stands that nobody overrides, naming each of them."""
    if not found.warnings or override:
        return
    errors = [FieldError(field=field, reason=f"{one.kind}: {one.says}") for one in found.warnings]
    kinds = ", ".join(dict.fromkeys(one.kind for one in found.warnings))
    raise UnsafeMedication(
        f"{len(errors)} warning{'s' * (len(errors) > 1)} ({kinds}). Nothing was written. Choose another medicine, or "
        f"send override with a reason, which a {role} may.",
        errors=errors,
        roles=(role,),
    )


def kept(case: Case, found: Verdict, override: Override | None, role: Role) -> dict[str, Any]:
    """The look as it is stored, with who overrode what."""
    overridden = None
    if override and found.warnings:
        overridden = {"reason": override.reason, "role": role, "by": case.actor.id, "at": case.at}
    return {**found.model_dump(mode="json"), "override": overridden}


def overridden_kinds(checks: dict[str, Any] | None) -> str:
    """For the audit: which kinds of warnings somebody overrode; empty where nobody did."""
    if not checks or not checks.get("override"):
        return ""
    return ", ".join(dict.fromkeys(Warned.model_validate(one).kind for one in checks["warnings"]))
