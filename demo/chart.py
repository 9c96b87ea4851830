"""What the staff know of one visit: the ids the clinic gave, what is owed to the patient, what others were asked."""

from dataclasses import dataclass, field
from uuid import UUID

from demo.journeys import Journey
from demo.steps import OrderTest, Prescribe


@dataclass(slots=True)
class Chart:
    """`tests` and `drugs` are open orders: the order's id with what was ordered. `owed`: drugs to come back for.

    `receipts` are M-Pesa's names for what the patient paid by phone; `is_claimed`: a payer was invoiced.
    """

    journey: Journey
    visit_id: UUID
    patient_id: str
    op_number: str
    encounter_id: UUID | None = None
    tests: list[tuple[UUID, OrderTest]] = field(default_factory=list)
    drugs: list[tuple[UUID, Prescribe]] = field(default_factory=list)
    owed: list[UUID] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    is_claimed: bool = False
    is_asked_back: bool = False
    is_discharged: bool = False

    @property
    def visit(self) -> str:
        return f"/api/visits/{self.visit_id}"
