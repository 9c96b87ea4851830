"""What the staff know of one visit while it walks: the ids the clinic gave, and what is still owed to the patient."""

from dataclasses import dataclass, field
from uuid import UUID

from demo.journeys import Journey
from demo.steps import OrderTest, Prescribe


@dataclass(slots=True)
class Chart:
    """`tests` and `drugs` are open orders: the order's id with what was ordered."""

    journey: Journey
    visit_id: UUID
    patient_id: str
    op_number: str
    encounter_id: UUID | None = None
    tests: list[tuple[UUID, OrderTest]] = field(default_factory=list)
    drugs: list[tuple[UUID, Prescribe]] = field(default_factory=list)

    @property
    def visit(self) -> str:
        return f"/api/visits/{self.visit_id}"
