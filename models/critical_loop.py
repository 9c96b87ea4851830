"""The closed loop of a critical value, and what is owed to patients who have left: what its workflows know and say."""

from datetime import datetime, timedelta
from uuid import UUID

from models.base import Value
from models.deadlines import Deadline, Ladder, Rung
from models.events import Event, for_person
from models.recalls import Line
from models.referrals import rules_for, rules_named
from models.staff import Role
from models.tasks import NewTask, TaskKind
from models.words import NAIROBI

HOURLY: Ladder = tuple(Rung(after=timedelta(hours=hours), to=Role.SUPERVISOR) for hours in (0, 1, 4, 24))
"""Who owes a patient a result and is late is asked by the supervisor, again and again."""


class CriticalFacts(Value):
    """A critical value as its rows have it now. `told`: rungs of the ladder that are behind it."""

    lab_request_id: UUID
    facility_id: UUID
    visit_id: UUID
    patient_id: UUID
    ordered_by: UUID
    since: datetime
    ladder: Ladder
    told: int = 0
    is_acknowledged: bool = False
    has_left: bool = False

    @property
    def deadline(self) -> Deadline:
        return Deadline(due=self.since, ladder=self.ladder, climbed=self.told)

    @property
    def task(self) -> NewTask:
        """For whoever ordered the test; every clinician sees it and may take it."""
        return NewTask(
            about=self.lab_request_id,
            name=f"acknowledge {self.since.isoformat()}",
            facility_id=self.facility_id,
            kind=TaskKind.ACKNOWLEDGE_CRITICAL,
            role=Role.CLINICAL_OFFICER,
            words=f"A critical result waits to be read back (lab request {self.lab_request_id}): acknowledge_critical.",
            due_at=self.since + (self.ladder[1].after if len(self.ladder) > 1 else timedelta(0)),
            visit_id=self.visit_id,
            owner_id=self.ordered_by,
        )


class CriticalStep(Value):
    """One rung that is due: its number, from 1, and which loop of the test it belongs to."""

    lab_request_id: UUID
    since: datetime
    step: int
    to: Role


def critical_event(facts: CriticalFacts, step: CriticalStep, flags: dict[str, str]) -> Event:
    """To the ordering clinician first, then to everybody of the role. No value: it is read where it is kept."""
    first = step.step == 1
    payload = {
        "patientId": facts.patient_id,
        "visitId": facts.visit_id,
        "labRequestId": facts.lab_request_id,
        "flags": flags,
        "step": step.step,
        "toldRole": step.to,
        "toldPerson": facts.ordered_by if first else None,
        "patientHasLeft": facts.has_left,
    }
    return Event(kind="lab:critical", audience=(for_person(facts.ordered_by) if first else step.to,), payload=payload)


class OwedResult(Value):
    """An obligation, as its row has it now: a result to tell, pieces of a drug to hand out, what came of a referral to
    hear, or to see the patient again for a `service`. `arrived_at`: when the drug came in."""

    id: UUID
    facility_id: UUID
    visit_id: UUID
    patient_id: UUID
    lab_request_id: UUID | None = None
    prescription_id: UUID | None = None
    service: Line | None = None
    quantity: int | None = None
    referral_id: UUID | None = None
    arrived_at: datetime | None = None
    owner_id: UUID
    due_at: datetime
    is_critical: bool
    is_open: bool
    is_cancelled: bool = False
    rules_version: str | None = None

    @property
    def task(self) -> NewTask:
        if self.referral_id:
            return self.following_up
        return self.handing_out if self.prescription_id else self.telling

    @property
    def wanted(self) -> str:
        """What is to happen until it is due."""
        if self.referral_id:
            return "What came of a referral is to be known"
        return "A patient is owed a medicine," if self.prescription_id else "A patient who has left is to be told,"

    @property
    def ladder(self) -> Ladder:
        if self.referral_id is None:
            return HOURLY
        return (rules_named(self.rules_version) or rules_for(self.due_at.astimezone(NAIROBI).date())).ladder

    @property
    def handing_out(self) -> NewTask:
        """Any pharmacist may do it."""
        about = f"patient {self.patient_id}, prescription {self.prescription_id}"
        return NewTask(
            about=self.id,
            name="hand out",
            facility_id=self.facility_id,
            kind=TaskKind.HAND_OUT_OWED,
            role=Role.PHARMACIST,
            words=f"The clinic owes a patient a medicine ({about}): dispense it, or cancel it where it cannot be had.",
            due_at=self.due_at,
            visit_id=self.visit_id,
        )

    @property
    def following_up(self) -> NewTask:
        about = f"patient {self.patient_id}, referral {self.referral_id}"
        return NewTask(
            about=self.id,
            name="follow up",
            facility_id=self.facility_id,
            kind=TaskKind.FOLLOW_UP_REFERRAL,
            role=Role.CLINICAL_OFFICER,
            words=f"Ask the other facility what came of a referral ({about}): record_referral_feedback.",
            due_at=self.due_at,
            visit_id=self.visit_id,
            owner_id=self.owner_id,
        )

    @property
    def telling(self) -> NewTask:
        how = "Call the patient at once with a critical result" if self.is_critical else "Tell the patient of a result"
        about = f"patient {self.patient_id}, lab request {self.lab_request_id}"
        return NewTask(
            about=self.id,
            name="tell",
            facility_id=self.facility_id,
            kind=TaskKind.TELL_PATIENT,
            role=Role.CLINICAL_OFFICER,
            words=f"{how} that came after they had left ({about}): tell_patient with obligation {self.id}.",
            due_at=self.due_at,
            visit_id=self.visit_id,
            owner_id=self.owner_id,
        )
