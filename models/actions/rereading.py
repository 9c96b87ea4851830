"""A visit stands in another patient's name, or its patient is of another age: who decided before reads it again."""

from typing import Any

from models.actions.base import Case, Row
from models.catalogue import Resource
from models.events import EVERYONE, Event
from models.orders import OrderKind
from models.staff import SERVES, Role
from models.tasks import NewTask, TaskKind
from models.triage_pack import rules_of
from models.visit import Visit


def rereading(case: Case, visit: Visit, said: str, decided: str) -> list[NewTask]:
    """A task for each clinician, or for the service that saw the patient in a clinician's place; and for triage, where
    it goes by other limits. `said`: what happened; `decided`: how it was decided until now."""
    owed = (one.order for one in visit.owed_drugs)
    orders = [one for one in (*visit.open_orders, *visit.awaited, *owed) if one.kind is not OrderKind.REFERRAL]
    clinicians = dict.fromkeys(one for one in (visit.provider_id, *(order.person_id for order in orders)) if one)
    words = f"{said} Read again what was decided {decided}: allergies, results, doses, orders."
    if visit.referred_out:
        words += f" Another facility was asked to see the patient {decided}: tell them."
    again = [new_task(case, f"reread-{one}", TaskKind.REREAD_DECISIONS, words, owner_id=one) for one in clinicians]
    if not clinicians:
        again += [
            new_task(case, f"reread-{station}", TaskKind.REREAD_DECISIONS, words, role=SERVES[station])
            for station in visit.referred_to
        ]
    return [*again, *triage_again(case, visit, f"{said} The age is another.")]


def newborns_again(case: Case, said: str) -> list[NewTask]:
    """What a newborn's registration has from its mother's was another person's."""
    words = "{} {}: the newborn's telephone, cover and next of kin were taken from that registration. Correct them."
    return [
        new_task(case, f"newborn-{number}", TaskKind.REREAD_DECISIONS, words.format(said, number), Role.RECEPTIONIST)
        for number in case.known.affairs.newborns
    ]


def triage_again(case: Case, visit: Visit, why: str) -> list[NewTask]:
    """Who was triaged by an age that is not theirs, where that makes a difference and the visit goes on."""
    ages = (case.visit.age_years, visit.age_years)
    if visit.is_over or not visit.triaged_at or rules_of(visit).same_limits(*ages):
        return []
    words = f"{why} Triage again, for the limits go by it."
    return [new_task(case, "triage", TaskKind.REREAD_DECISIONS, words, role=Role.TRIAGE_NURSE)]


def new_task(
    case: Case, name: str, kind: TaskKind, words: str, role: Role = Role.CLINICAL_OFFICER, **more: Any
) -> NewTask:
    return NewTask(
        about=case.id,
        name=name,
        facility_id=case.visit.facility_id,
        kind=kind,
        role=role,
        words=words,
        visit_id=case.visit_id,
        closes_itself=False,
        **more,
    )


def task_row(task: NewTask) -> dict[str, Any]:
    return {"id": task.id, **task.model_dump(exclude={"about", "name"}), "status": "OPEN"}


def opened(task: dict[str, Any]) -> Row:
    return Row(resource=Resource.TASK, id=task["id"], values={n: v for n, v in task.items() if n != "id"})


def moved_event(before: Visit, after: Visit) -> Event:
    """Every board that shows the visit shows another patient's name from now on."""
    payload = {"visitId": after.id, "patientId": after.patient_id, "formerPatientId": before.patient_id}
    return Event(kind="visit:patient_changed", audience=EVERYONE, payload=payload)
