"""Who read what: noted when the answer has gone out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends

from activities.reads import reads_of
from api.clinic import TheClinic
from api.security import Signed
from models.tables import Base

Note = Callable[[type[Base], Iterable[Mapping[str, Any]]], None]


async def note_reads(clinic: TheClinic, actor: Signed, afterwards: BackgroundTasks) -> Note:
    """For a route to say which rows of a table it shows; each with `visit_id`, and `visit_version` as it was read."""

    def note(table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
        if reads := reads_of(table.__tablename__, rows):
            afterwards.add_task(clinic.reads.note, actor, reads)

    return note


NoteReads = Annotated[Note, Depends(note_reads)]
