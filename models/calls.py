"""A patient who waits is called to a room, does not answer, or comes: then one person has them and nobody else."""

from datetime import datetime
from uuid import UUID

from models.base import Line, Value
from models.staff import Station


class Call(Value):
    """What became of one wait at a station, `since` when it goes on; it falls away with the wait.

    `called_at`: the last call. `called_by`: who calls; None once the patient came, did not answer or was given back.
    `times`: calls so far, `missed` of them unanswered. `taken_by`: with whom the patient is. `room`: where they were
    called to, or are.
    """

    station: Station
    since: datetime
    called_at: datetime | None = None
    called_by: UUID | None = None
    room: Line | None = None
    times: int = 0
    missed: int = 0
    taken_by: UUID | None = None
    taken_at: datetime | None = None
