"""The call to a patient who left: what its workflow knows, and what it asks a person to do."""

from uuid import UUID

from models.base import Value
from models.departures import CALLS_BACK, CallBack
from models.tasks import NewTask, TaskKind


class OwedCall(Value):
    """A call-back as the rows have it now. `is_wanted`: nobody has reached the patient, who has not come back."""

    call_back: CallBack
    facility_id: UUID
    visit_id: UUID
    op_number: str
    is_wanted: bool

    @property
    def task(self) -> NewTask:
        """One for each attempt, with a deadline of its own."""
        number = len(self.call_back.attempts) + 1
        return NewTask(
            about=self.call_back.id,
            name=f"call {number}",
            facility_id=self.facility_id,
            kind=TaskKind.CALL_BACK_PATIENT,
            role=CALLS_BACK,
            words=(
                f"{self.op_number} left before being looked at to the end, and may be in danger. "
                f"Call (attempt {number} of {self.call_back.wanted}), then patient_called_back on the visit."
            ),
            due_at=self.call_back.due_at,
            visit_id=self.visit_id,
        )

    @property
    def behind(self) -> tuple[UUID, ...]:
        """The tasks of attempts that were made, and, where no more is wanted, of the next one."""
        calls = [self.model_copy(update={"call_back": self.after(count)}) for count in range(self.done + 1)]
        ids = tuple(one.task.id for one in calls)
        return ids[:-1] if self.is_wanted else ids

    @property
    def done(self) -> int:
        return len(self.call_back.attempts)

    def after(self, count: int) -> CallBack:
        return self.call_back.model_copy(update={"attempts": self.call_back.attempts[:count]})
