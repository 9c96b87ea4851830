"""What had been done to a visit by a moment, and who had taken notice of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from api.hindsight_rows import Rows
from models.catalogue import Resource
from models.hindsight import Key, Past
from models.tables import RECORDS, LabRequestRow, VisitRow

Known = dict[Key, dict[str, Any]]
"""Records as JSON, as they were."""

TABLES = {record.resource: record.__tablename__ for record in RECORDS}
VISITS = VisitRow.__tablename__


def items(earlier: Sequence[Past], reads: Rows, names: dict[UUID, str]) -> Iterator[dict[str, Any]]:
    version = 0
    for command in earlier:
        version += command.is_done
        yield {
            **command.model_dump(include={"kind", "actor_id", "at", "status", "problem", "written_at"}),
            "command_id": command.id,
            "name": name_of(command.actor_id, names),
            "version": version if command.is_done else None,
            "seen_by": seen_by(command, version, reads, names) if command.is_done else [],
        }


def seen_by(command: Past, version: int, reads: Rows, names: dict[UUID, str]) -> list[dict[str, Any]]:
    """Who was shown a record of the command at this version or later; of one without records, the visit itself."""
    written = {(TABLES[one.resource], one.id) for one in command.writings if one.resource in TABLES}
    first: dict[UUID, datetime] = {}
    for read in reads:
        shown = {(read["what"], id) for id in read["record_ids"]}
        if read["version"] >= version and (written & shown or (not written and read["what"] == VISITS)):
            first.setdefault(read["person_id"], read["at"])
    return [{"person_id": id, "name": name_of(id, names), "at": at} for id, at in first.items()]


def seen(records: Known, reads: Rows, names: dict[UUID, str]) -> list[dict[str, Any]]:
    """Every sign that somebody took notice, in order."""
    signs = [
        *(read_sign(read) for read in reads),
        *(sign for key, row in records.items() for sign in signs_of(key, row)),
    ]
    for sign in signs:
        sign["name"] = name_of(sign["person_id"], names) if sign["person_id"] else f"Whoever is {sign['role']}"
    return sorted(signs, key=lambda sign: sign["at"])


def read_sign(read: dict[str, Any]) -> dict[str, Any]:
    return {**read, "how": "READ", "role": None}


def signs_of(key: Key, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Critical values that were told and read back; late results that the patient was told."""
    resource, _ = key
    result = row.get("lab_request_id")
    if result is None:
        return
    test = {"what": LabRequestRow.__tablename__, "record_ids": [result], "version": None}
    if resource is Resource.CRITICAL_NOTICE:
        is_told = row["kind"] == "NOTIFIED"
        person = row["told_person"] if is_told else row["recorded_by"]
        how = "NOTIFIED" if is_told else "READ_BACK"
        yield {
            **test,
            "at": moment(row["recorded_at"]),
            "how": how,
            "person_id": uuid(person),
            "role": row["told_role"],
        }
    elif resource is Resource.OBLIGATION and row["closed_at"]:
        closed = {"at": moment(row["closed_at"]), "person_id": uuid(row["closed_by"]), "role": None}
        yield {**test, **closed, "how": "PATIENT_TOLD"}


def name_of(person_id: UUID, names: dict[UUID, str]) -> str:
    return names.get(person_id, "Nobody of this facility")


def moment(said: str) -> datetime:
    return datetime.fromisoformat(said)


def uuid(said: str | None) -> UUID | None:
    return UUID(said) if said else None
