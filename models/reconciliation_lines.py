"""What stands beside the visits: shelves, audits of the administration, crowds, tasks that are open."""

from uuid import UUID, uuid5

from models.base import Value
from models.crowding import eased_at
from models.reconciliation import Code, Finding, Repair
from models.staff import Station
from models.words import spoken


class Line(Value):
    """A station and how many wait there; `lasts`: the boards were told that it is crowded, and nothing since."""

    facility_id: UUID
    station: Station
    waiting: int
    lasts: bool

    @property
    def id(self) -> UUID:
        return uuid5(self.facility_id, f"crowd {self.station}")


def crowd_finding(line: Line, threshold: int) -> Finding | None:
    """None where the boards were told as it is. Between crowded and eased, what was told last counts."""
    if line.lasts and line.waiting <= eased_at(threshold):
        words = f"{line.station} is said to be crowded, and {line.waiting} wait there."
        return crowd(line, Code.CROWD_LEFT_OVER, words)
    if not line.lasts and line.waiting >= threshold:
        words = f"{line.waiting} wait at {line.station}, which is crowded from {threshold} on, and nobody was told."
        return crowd(line, Code.CROWD_UNTOLD, words)
    return None


def crowd(line: Line, code: Code, words: str) -> Finding:
    return Finding(
        code=code,
        facility_id=line.facility_id,
        subject="CROWD",
        subject_id=line.id,
        words=words,
        repair=Repair.COUNT_AGAIN,
    )


class Asked(Value):
    """An open task that only the clinic's own work closes; `of`: whose number the claim or visit has."""

    id: UUID
    facility_id: UUID
    visit_id: UUID | None
    kind: str
    of: str


def task_finding(task: Asked) -> Finding:
    return Finding(
        code=Code.TASK_LEFT_OVER,
        facility_id=task.facility_id,
        subject="TASK",
        subject_id=task.id,
        visit_id=task.visit_id,
        words=f"{task.of}: a task is open ({spoken(task.kind)}), though nothing is left to do for it.",
        repair=Repair.CLOSE_TASK,
    )


class Batch(Value):
    """A batch on the shelf, and the sum of its movements, in pieces."""

    id: UUID
    facility_id: UUID
    named: str
    on_hand: int
    moved: int


def shelf_finding(batch: Batch) -> Finding:
    return Finding(
        code=Code.LEDGER_STOCK,
        facility_id=batch.facility_id,
        subject="STOCK",
        subject_id=batch.id,
        words=f"Batch {batch.named}: {batch.on_hand} pieces on the shelf, {batch.moved} by its movements.",
    )


class Chain(Value):
    """An audit chain: what its head says, and its last entry."""

    facility_id: UUID
    chain: str
    length: int
    head: str
    entries: int
    last: str | None

    @property
    def is_whole(self) -> bool:
        return self.entries == self.length and (self.last == self.head or not self.length)


def chain_finding(chain: Chain) -> Finding:
    said = f"{chain.entries} entries, {chain.length} by its head"
    if chain.entries == chain.length:
        said = "its last entry is not the one that its head names"
    return Finding(
        code=Code.AUDIT_CHAIN,
        facility_id=chain.facility_id,
        subject="AUDIT_CHAIN",
        subject_id=chain.facility_id,
        words=f"The audit of the administration: {said}.",
    )
