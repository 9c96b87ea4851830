"""What is undone with a record that was entered in error: a look, a consultation, a diagnosis, a service."""

from typing import Any

from models.actions import closing
from models.actions.afterwards import consultations, read_again, referred_again, watched_again
from models.actions.base import Case, Change, Row, Start
from models.actions.undone_dispensing import Marks
from models.actions.undone_orders import Undoing, uncharging
from models.catalogue import Resource
from models.orders import OrderKind
from models.problems import Missing, OutstandingWork
from models.staff import Role
from models.triage_looks import looked_again
from models.visit import Visit


def encounter(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    marked = Row(resource=Resource.ENCOUNTER, id=row["id"], values=marks, former=row)
    change = triage(case, row) if row["encounter_type"] == "TRIAGE" else consultation(case, row)
    return change.model_copy(update={"rows": (marked, *change.rows)})


def triage(case: Case, row: dict[str, Any]) -> Change:
    """The looks that are left say how urgent the patient is; without any the patient waits for triage again."""
    visit = urgent_as_known(case, case.visit, row)
    looks = encounters_of(case, "TRIAGE")
    return Change(visit=visit, unserved=() if visit.triage_category else tuple(one["id"] for one in looks))


def encounters_of(case: Case, kind: str) -> list[dict[str, Any]]:
    """Those that count, and those that do not."""
    return [row for row in case.known.records.all(Resource.ENCOUNTER) if row["encounter_type"] == kind]


def urgent_as_known(case: Case, visit: Visit, undone: dict[str, Any]) -> Visit:
    records = case.known.records
    looks = [row for row in records.standing(Resource.ENCOUNTER, undone["id"]) if row["encounter_type"] == "TRIAGE"]
    reactions = [row for row in records.standing(Resource.REACTION, undone["id"]) if row["anaphylaxis"]]
    contacts = [row for row in records.standing(Resource.MCH_SERVICE, undone["id"]) if row["danger_signs"]]
    here = [row for row in reactions if row["visit_id"] == visit.id]
    return looked_again(visit, [*looks, *here, *contacts], encounters_of(case, "TRIAGE"))


def consultation(case: Case, row: dict[str, Any]) -> Change:
    """Where no other consultation is written, the patient waits for one again, and none is charged."""
    records = case.known.records
    left = consultations(records, but=row["id"])
    if left:
        mine = case.visit.provider_id == row["provider_id"]
        visit = case.visit.having(provider_id=left[-1]["provider_id"]) if mine else case.visit
        return Change(visit=read_again(case, visit, records.all(Resource.LAB_REQUEST), left))
    written = tuple(one["id"] for one in encounters_of(case, "CONSULTATION"))
    change = uncharging(case, case.visit.having(taken_in=False, seen=False, provider_id=None), *written)
    visit = read_again(case, change.visit, records.all(Resource.LAB_REQUEST), left)
    reader = next((order.person_id for order in visit.open_orders if order.kind is OrderKind.REVIEW), None)
    return change.model_copy(update={"visit": visit.having(provider_id=reader), "unserved": written})


def diagnosis(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    return Change(visit=case.visit, rows=(Row(resource=Resource.DIAGNOSIS, id=row["id"], values=marks, former=row),))


def service(case: Case, resource: Resource, row: dict[str, Any], marks: Marks) -> Change:
    """Not charged; the referral that it answered waits again."""
    change = uncharging(case, case.visit, row["id"])
    visit, referrals = referred_again(change.visit, case.known.records, row)
    marked = Row(resource=resource, id=row["id"], values=marks, former=row)
    return change.model_copy(update={"visit": visit, "rows": (marked, *referrals), "unserved": (row["id"],)})


def immunization(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    """The dose counts for nothing, and nobody is watched because of it."""
    records = case.known.records
    if any(one["immunization_id"] == row["id"] for one in records.standing(Resource.REACTION)):
        raise OutstandingWork(
            "A reaction to this dose is recorded. Mark the REACTION first, where that was an error too.",
            missing=[Missing(what="the reaction", roles=(Role.CLINICAL_OFFICER, Role.IMMUNIZATION_NURSE))],
        )
    change = service(case, Resource.IMMUNIZATION, row, marks)
    doses = records.standing(Resource.IMMUNIZATION, but=row["id"])
    return change.model_copy(update={"visit": watched_again(change.visit, doses)})


def reaction(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    marked = Row(resource=Resource.REACTION, id=row["id"], values=marks, former=row)
    visit = urgent_as_known(case, case.visit, row) if row["anaphylaxis"] else case.visit
    return Change(visit=visit, rows=(marked,))


def family_planning(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    """The appointment that it booked is cancelled, where it is still to come, and its reminder with it."""
    change = service(case, Resource.FAMILY_PLANNING, row, marks)
    booked = [one for one in case.known.affairs.appointments if one["id"] == row["appointment_id"]]
    cancelled = closing.rescheduled(closing.kept(booked), "CANCELLED")
    starts = tuple(Start(kind="Reminder", id=one.id) for one in cancelled)
    visit = change.visit.forgetting(*(one["id"] for one in booked))
    rows = (*change.rows, *cancelled)
    return change.model_copy(update={"visit": visit, "rows": rows, "starts": (*change.starts, *starts)})


def mch_service(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    change = service(case, Resource.MCH_SERVICE, row, marks)
    if not row["danger_signs"]:
        return change
    return change.model_copy(update={"visit": urgent_as_known(case, change.visit, row)})


UNDOING_RECORDS: dict[str, Undoing] = {
    "ENCOUNTER": encounter,
    "DIAGNOSIS": diagnosis,
    "IMMUNIZATION": immunization,
    "REACTION": reaction,
    "FAMILY_PLANNING": family_planning,
    "MCH_SERVICE": mch_service,
}
