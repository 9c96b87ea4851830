"""What waits for a supervisor: a waiver, a refund, a money gate that was opened. What its workflow knows and asks."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

from models.base import Value
from models.deadlines import Deadline, Ladder
from models.staff import Role
from models.tasks import NewTask, TaskKind

KINDS = {"WAIVER": TaskKind.DECIDE_WAIVER, "REFUND": TaskKind.DECIDE_REFUND, "BREAK_GLASS": TaskKind.REVIEW_BREAK_GLASS}


def task_id(approval_id: UUID) -> UUID:
    return uuid5(approval_id, "decide")


class Approval(Value):
    """One request as its row has it now. `climbed`: rungs of the ladder that were told; `amount` in KES."""

    id: UUID
    kind: Literal["WAIVER", "REFUND", "BREAK_GLASS"]
    facility_id: UUID
    visit_id: UUID
    op_number: str
    amount: Decimal | None = None
    status: str
    due_at: datetime
    expires_at: datetime | None = None
    ladder: Ladder = ()
    climbed: int = 0

    @property
    def is_open(self) -> bool:
        return self.status == "PENDING"

    @property
    def deadline(self) -> Deadline:
        return Deadline(due=self.due_at, ladder=self.ladder, climbed=self.climbed)

    @property
    def task(self) -> NewTask:
        return NewTask(
            about=self.id,
            name="decide",
            facility_id=self.facility_id,
            kind=KINDS[self.kind],
            role=Role.SUPERVISOR,
            words=f"{self.op_number}: {self.words}",
            due_at=self.due_at,
            visit_id=self.visit_id,
        )

    @property
    def words(self) -> str:
        match self.kind:
            case "WAIVER":
                return f"somebody asks to waive KES {self.amount}. Decide: action decide_waiver, {self.id}."
            case "REFUND":
                return f"somebody asks to give KES {self.amount} back. Decide: action decide_refund, {self.id}."
            case "BREAK_GLASS":
                return f"a money gate was opened without payment. Review it: action review_break_glass, {self.id}."
