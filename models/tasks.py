"""Work for a person that no screen asks for: a document that is missing, money that nobody can place."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import Field

from models.base import Value, Words
from models.events import Event
from models.staff import Role


class TaskKind(StrEnum):
    """What is to be done; `CLOSED_BY` says how each is closed."""

    ASK_VISIT_CODE = "ASK_VISIT_CODE"
    ASK_DISCHARGE_CODE = "ASK_DISCHARGE_CODE"
    CHECK_IN_WITH_INSURER = "CHECK_IN_WITH_INSURER"
    CODE_DIAGNOSIS = "CODE_DIAGNOSIS"
    CORRECT_CLAIM = "CORRECT_CLAIM"
    ANSWER_PAYER = "ANSWER_PAYER"
    ADD_DOCUMENT = "ADD_DOCUMENT"
    HAND_IN_BY_HAND = "HAND_IN_BY_HAND"
    FOLLOW_UP_PAYER = "FOLLOW_UP_PAYER"
    FIND_OUT_CLAIM = "FIND_OUT_CLAIM"
    CLAIM_THE_REST = "CLAIM_THE_REST"
    DECIDE_ON_REJECTION = "DECIDE_ON_REJECTION"
    CHECK_COVER = "CHECK_COVER"
    PLACE_MONEY = "PLACE_MONEY"
    CHECK_PAYMENT = "CHECK_PAYMENT"
    TELL_PATIENT = "TELL_PATIENT"
    ACKNOWLEDGE_CRITICAL = "ACKNOWLEDGE_CRITICAL"
    IDENTIFY_PATIENT = "IDENTIFY_PATIENT"
    HAND_OUT_OWED = "HAND_OUT_OWED"
    REREAD_DECISIONS = "REREAD_DECISIONS"
    WITHDRAW_CLAIM = "WITHDRAW_CLAIM"
    SETTLE_BILL = "SETTLE_BILL"
    CHOOSE_VISIT = "CHOOSE_VISIT"
    REFUND_PATIENT = "REFUND_PATIENT"
    REVIEW_CLAIM = "REVIEW_CLAIM"
    FOLLOW_UP_REFERRAL = "FOLLOW_UP_REFERRAL"
    CALL_BACK_MISSED = "CALL_BACK_MISSED"
    DEFAULTER_TRACING = "DEFAULTER_TRACING"
    CALL_BACK_PATIENT = "CALL_BACK_PATIENT"
    HAND_OVER_VISIT = "HAND_OVER_VISIT"
    DECIDE_WAIVER = "DECIDE_WAIVER"
    DECIDE_REFUND = "DECIDE_REFUND"
    REVIEW_BREAK_GLASS = "REVIEW_BREAK_GLASS"


class NewTask(Value):
    """`about` and `name` make the task's id: asked for twice, it is opened once. `words` name no patient.

    `closes_itself`: it is closed by the step that it asks for; otherwise by whoever says that it is done. `owner_id`:
    whose it is from the beginning; nobody's otherwise, and whoever takes it has it.
    """

    about: UUID
    name: str
    facility_id: UUID
    kind: TaskKind
    role: Role
    words: str
    due_at: datetime | None = None
    visit_id: UUID | None = None
    claim_id: UUID | None = None
    closes_itself: bool = True
    owner_id: UUID | None = None

    @property
    def id(self) -> UUID:
        return uuid5(self.about, self.name)


class TaskClosing(Value):
    """A task that the clinic's own workflows close."""

    id: UUID
    status: Literal["DONE", "CANCELLED"] = "DONE"
    outcome: str = ""


class TaskEscalation(Value):
    """A deadline passed: the role above is told, once for each step of the ladder (the first is 1)."""

    id: UUID
    step: int
    to: Role


class TakeTask(Value):
    """It is mine now. Another may take it over."""

    kind: Literal["take"] = "take"


class GiveTaskBack(Value):
    """It is nobody's again."""

    kind: Literal["give_back"] = "give_back"


class CompleteTask(Value):
    """It is done; `outcome` says what came of it."""

    kind: Literal["complete"] = "complete"
    outcome: Words


class CancelTask(Value):
    """It need not be done; `outcome` says why."""

    kind: Literal["cancel"] = "cancel"
    outcome: Words


TaskAction = Annotated[TakeTask | GiveTaskBack | CompleteTask | CancelTask, Field(discriminator="kind")]


class TaskForm(Value):
    """`POST /api/tasks/{id}/actions` as the door takes it."""

    action: TaskAction


def task_event(kind: str, row: dict[str, Any], *more: Role) -> Event:
    """`task:opened`, `task:taken`, `task:closed` or `task:overdue`, to the role whose work it is."""
    payload = {
        "taskId": row["id"],
        "kind": row["kind"],
        "role": row["role"],
        "ownerId": row["owner_id"],
        "visitId": row["visit_id"],
        "claimId": row["claim_id"],
        "dueAt": row["due_at"],
        "status": row["status"],
    }
    return Event(kind=f"task:{kind}", audience=(row["role"], Role.SUPERVISOR, *more), payload=payload)
