"""Prices and patients' particulars: what the administration keeps beside its people."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation

from activities.door import Done
from activities.following import Rules, right_age
from activities.journal import Deed, differences
from integrations.database import Connection, inserting, updating
from models.actions.registration import check_birth
from models.administration import Errand, PatientCorrection, PriceForm
from models.catalogue import Resource
from models.command import NAIROBI
from models.problems import Conflict, DuplicatePatient, NotFound
from models.tables import PatientRow, PriceRow

PRICE = "select * from prices where facility_id = %s and lower(code) = lower(%s) for no key update"
PATIENT = "select * from patients where id = %s and facility_id = %s for no key update"
SAME_PERSON = "select id from patients where facility_id = %s and national_id = %s"
ONE_PER_PERSON = "patients_facility_id_national_id_key"


async def set_price(db: Connection, errand: Errand, code: str, form: PriceForm) -> Done:
    """A code is found in any spelling of its case, and keeps the one it has."""
    before = await (await db.execute(PRICE, (errand.actor.facility_id, code))).fetchone()
    values = {"name": form.name, "amount": form.amount}
    if before is None:
        named = {"id": errand.id, "facility_id": errand.actor.facility_id, "code": code}
        await db.execute(*inserting(PriceRow, {**named, **values}))
        told = {name: [None, value] for name, value in {"code": code, **values}.items()}
        return Done(Deed("CREATE", Resource.PRICE, errand.id, told), priced(code, form))
    said, given = updating(PriceRow, values, "id = %(price_id)s")
    await db.execute(said, {**given, "price_id": before["id"]})
    told = {"code": before["code"], **differences(before, values)}
    return Done(Deed("UPDATE", Resource.PRICE, before["id"], told), priced(before["code"], form))


def priced(code: str, form: PriceForm) -> dict[str, Any]:
    return {"code": code, "name": form.name, "amount": f"{form.amount:.2f}"}


async def correct_patient(
    db: Connection, errand: Errand, patient_id: UUID, form: PatientCorrection, rules: Rules
) -> Done:
    """The former values stay in the audit; the patient's open visits go on by the right age."""
    now = datetime.now(UTC)
    today = now.astimezone(NAIROBI).date()
    facility_id = errand.actor.facility_id
    before = await (await db.execute(PATIENT, (patient_id, facility_id))).fetchone()
    if before is None:
        raise NotFound("No such patient is registered here.")
    if before["merged_into"]:
        raise Conflict("This registration was merged. Correct the one that goes on.", patient_id=before["merged_into"])
    check_birth(form.date_of_birth, today)
    changed = differences(before, form.changes(today))
    values = {name: new for name, (_, new) in changed.items()}
    if values:
        await update_patient(db, facility_id, patient_id, values)
    if form.births:
        await right_age(db, errand.id, {**before, **values}, rules, now)
    return Done(Deed("UPDATE", Resource.PATIENT, patient_id, changed), {**before, **values})


async def update_patient(db: Connection, facility_id: UUID, patient_id: UUID, values: dict[str, Any]) -> None:
    said, given = updating(PatientRow, values, "id = %(patient_id)s")
    try:
        async with db.transaction():
            await db.execute(said, {**given, "patient_id": patient_id})
    except UniqueViolation as taken:
        if taken.diag.constraint_name != ONE_PER_PERSON:
            raise
        other = await (await db.execute(SAME_PERSON, (facility_id, values["national_id"]))).fetchone()
        raise DuplicatePatient(
            "Another patient is registered with this national id. Compare the two.",
            patient_id=other["id"] if other else None,
        ) from None
