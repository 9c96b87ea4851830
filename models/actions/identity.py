"""Whose visit it is, said anew: it was made for the wrong registration, or two registrations were one person."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, Start, after_care
from models.actions.registration import INSURED, found
from models.actions.rereading import moved_event, new_task, newborns_again, opened, rereading, task_row, triage_again
from models.base import NOTHING, Line, Words
from models.catalogue import AffairsOfVisit, CoverOfVisit, PatientOf, Resource, Want
from models.claims import ClaimStatus, Payer
from models.demographics import age_on
from models.gates import cover_of
from models.paying import PaymentType
from models.problems import Conflict
from models.staff import Person, Role
from models.tasks import NewTask, TaskKind, task_event
from models.visit import Visit


class WrongPatient(Action):
    """The visit was made for the wrong registration: it moves to `patient_id` with all that was written down in it.

    What another person's payer was to cover is taken off the bill; `payment_type` says who pays now (the right
    patient's own insurance if left out). What was paid stays paid. Possible also after the visit has ended.
    """

    roles = frozenset({Role.RECEPTIONIST, Role.SUPERVISOR})
    resource = Resource.PATIENT
    writes = "UPDATE"
    said = "Visit moved to the right patient"

    kind: Literal["wrong_patient"] = "wrong_patient"
    patient_id: UUID
    reason: Words
    payment_type: PaymentType | None = None
    payment_reference: Line | None = None

    def wants(self) -> tuple[Want, ...]:
        return (PatientOf(id=self.patient_id), CoverOfVisit(), AffairsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.identity_pending:
            raise Conflict("Nobody knows yet who this is. Say it with the action identify_patient.")
        if visit.patient_id == self.patient_id:
            raise Conflict("The visit belongs to this patient already.")
        if visit.death:
            raise Conflict(
                "A death was recorded on this visit, for this patient. A second person uses undo_death first; then the "
                "visit is moved, and the death recorded where it belongs."
            )

    def apply(self, case: Case) -> Change:
        patient = found(case)
        if patient["id"] == case.visit.patient_id:
            raise Conflict("The visit belongs to this patient already.")
        if not case.visit.is_over and case.known.open_visits:
            raise Conflict("The right patient has an open visit already. End one of the two visits first.")
        visit = self.moved(case, patient)
        said = f"{visit.op_number} was moved to another registration."
        again = rereading(case, visit, said, "under the wrong name")
        again += newborns_again(case, said)
        tasks = [task_row(task) for task in (*again, *of_the_cashier(case, visit))]
        known = Row(resource=Resource.PATIENT, id=patient["id"], values={}, former=patient)
        return Change(
            visit=visit,
            rows=(known, *(cancelled(invoice) for invoice in case.known.invoices), *map(opened, tasks)),
            events=(moved_event(case.visit, visit), *(task_event("opened", task) for task in tasks)),
            starts=(
                *asked_anew(visit),
                *claims_told(case),
                *calls_told(case),
                *after_care(case.visit.patient_id, visit.patient_id),
            ),
            moved_from=case.visit.patient_id,
            moved_because=self.reason,
        )

    def moved(self, case: Case, patient: dict[str, Any]) -> Visit:
        return case.visit.having(
            patient_id=patient["id"],
            age_years=age_on(patient, case.today),
            payment_type=self.payment_type or PaymentType(patient["insurance_type"]),
            payment_reference=self.payment_reference,
            cover=cover_of(self.payment_type or PaymentType(patient["insurance_type"])),
            amount_covered=NOTHING,
            doubled=False,
        )

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {"patient": change.rows[0].whole, "visit": shown}


class FollowPatient(Action):
    """Two registrations were merged, or parted again: the visit goes with its patient. Or the patient's age was put
    right: the visit goes on by the right one.

    The rows are moved by the merge itself, in the same transaction.
    """

    roles = frozenset()
    by_the_clinic = True
    resource = Resource.PATIENT
    writes = "UPDATE"
    said = "Visit follows its patient"

    kind: Literal["follow_patient"] = "follow_patient"
    patient_id: UUID
    doubled: bool = False
    age_years: int | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        """Whatever its stage."""

    def apply(self, case: Case) -> Change:
        visit = case.visit.having(patient_id=self.patient_id, doubled=self.doubled, age_years=self.age_years)
        tasks = [task_row(task) for task in triage_again(case, visit, "The age was put right.")]
        events = (moved_event(case.visit, visit), *(task_event("opened", task) for task in tasks))
        return Change(visit=visit, rows=tuple(map(opened, tasks)), events=events)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {"visit": shown}


def of_the_cashier(case: Case, visit: Visit) -> list[NewTask]:
    """What was asked of the wrong person's payer is withdrawn there; what it covered is settled by somebody else."""
    tasks = []
    for claim in case.known.claims:
        if claim["status"] != ClaimStatus.CLOSED and (has_gone_out(claim) or claim["is_open_there"]):
            words = (
                f"{claim['number']} ({visit.op_number}) was begun at {claim['payer']} in another person's name. "
                "Withdraw it there. What the right patient's payer owes is claimed anew."
            )
            name = f"withdraw-{claim['id']}"
            tasks.append(new_task(case, name, TaskKind.WITHDRAW_CLAIM, words, Role.CASHIER, claim_id=claim["id"]))
    if case.visit.amount_covered > 0:
        words = (
            f"{visit.op_number}: KES {case.visit.amount_covered} were covered in another person's name and are owed "
            "again. Invoice the right payer, or take the payment."
        )
        tasks.append(new_task(case, "settle", TaskKind.SETTLE_BILL, words, Role.CASHIER))
    return tasks


def cancelled(invoice: dict[str, Any]) -> Row:
    """It was made out in the wrong name; it stays, and counts no more."""
    return Row(resource=invoice["resource"], id=invoice["id"], values={"status": "CANCELLED"}, former=invoice)


def has_gone_out(claim: dict[str, Any]) -> bool:
    return claim["handed_in"] != "NO" or claim["submitted_at"] is not None


def calls_told(case: Case) -> tuple[Start, ...]:
    """Who was thought to be here again is not, and the other way round."""
    ids = dict.fromkeys((*case.known.affairs.call_backs, *case.known.call_backs))
    return tuple(Start(kind="CallBack", id=id) for id in ids)


def asked_anew(visit: Visit) -> tuple[Start, ...]:
    return (Start(kind="CoverageCheck", id=visit.id),) if visit.payment_type in INSURED else ()


def claims_told(case: Case) -> tuple[Start, ...]:
    return tuple(
        Start(kind="Claim", id=claim["id"], payer=Payer(claim["payer"]))
        for claim in case.known.claims
        if claim["status"] != ClaimStatus.CLOSED and not has_gone_out(claim)
    )
