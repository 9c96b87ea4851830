"""Any visit, looked back at: after each command it was what it was, whatever came later."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from hypothesis import HealthCheck, settings
from pydantic_core import to_jsonable_python

from models.actions import Action, Change, Row
from models.catalogue import Resource
from models.hindsight import (
    Key,
    Past,
    charged_by,
    done,
    facts_then,
    is_whole,
    records_then,
    until,
    visit_then,
    wrote,
)
from models.staff import Person
from models.tables import RECORDS, PatientRow, Record
from models.visit import Visit
from models.visit_summary import summary
from tests.clinic import ROOT
from tests.pathway.desk import VISIT
from tests.pathway.people import CLINICIAN
from tests.pathway.test_state_machine import Pathway

KINDS = {table.resource for table in RECORDS}
Rows = dict[Key, dict[str, Any]]


def belonging(row: dict[str, Any], visit: Visit) -> dict[str, Any]:
    """A visit's records are those of whom it was thought to belong to at the time."""
    return {**row, "patient_id": str(visit.patient_id)}


def past(id: UUID, who: Person, action: Action | None, before: Visit | None, change: Change) -> Past:
    """The command's row as it is written; nothing but JSON remembers."""
    answer = action.answer(change, summary(change.visit)) if action else {"visit": summary(change.visit)}
    row = {
        "id": id,
        "kind": action.kind if action else "register_patient",
        "actor_id": who.id,
        "status": "DONE",
        "at": change.visit.updated_at,
        "written_at": change.visit.updated_at,
        "answer": answer,
        "wrote": wrote(before, change.visit, change),
    }
    return Past.model_validate(to_jsonable_python(row))


class Remembered(Pathway):
    """The visit with what a database would keep of it, and a photograph after each command."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Past] = []
        self.photographs: dict[datetime, tuple[Visit, Rows]] = {}

    def keep(self, change: Change, who: Person, action: Action, id: UUID) -> None:
        if not self.commands:
            self.remember_registration()
        before = self.visit
        super().keep(change, who, action, id)
        self.commands.append(past(id, who, action, before, change))
        self.photograph()

    def remember_registration(self) -> None:
        patient = self.desk.shelf.rows[Resource.PATIENT, self.visit.patient_id]
        row = Row(resource=Resource.PATIENT, id=patient["id"], values=patient)
        self.commands.append(past(uuid5(VISIT, "1"), CLINICIAN, None, None, Change(visit=self.visit, rows=(row,))))
        self.photograph()

    def photograph(self) -> None:
        self.photographs[self.visit.updated_at] = (self.visit, self.rows)

    @property
    def rows(self) -> Rows:
        return {
            key: to_jsonable_python(row)
            for key, row in self.desk.shelf.rows.items()
            if key[0] in KINDS and row["visit_id"] == VISIT
        }

    def teardown(self) -> None:
        """Look back at every moment, from the end."""
        if not self.photographs:
            return
        now, writings = self.rows, [one for command in self.commands for one in command.writings]
        forgetful = [command.model_copy(update={"wrote": None}) for command in self.commands]
        for at, (visit, rows) in self.photographs.items():
            earlier = done(until(at, self.commands))
            assert Visit.model_validate(facts_then(earlier)) == visit
            assert visit_then(earlier) == summary(visit)
            then = records_then(at, writings, now)
            assert {key: belonging(row, visit) for key, row in then.items()} == rows
            assert not is_whole(until(at, forgetful))
            assert visit_then(until(at, forgetful)) == to_jsonable_python(summary(visit))


TestRemembered = Remembered.TestCase
TestRemembered.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_the_lines_of_a_bill_are_known_by_the_commands_that_made_them() -> None:
    one, other = (
        Past.model_validate(
            {
                "id": UUID(int=number),
                "kind": "order_lab_test",
                "actor_id": CLINICIAN.id,
                "status": "DONE",
                "at": "2026-11-22T08:00:00Z",
                "written_at": "2026-11-22T08:00:00Z",
            }
        )
        for number in (1, 2)
    )
    assert charged_by([one], 2) == {uuid5(one.id, "charge-0"), uuid5(one.id, "charge-1")}
    assert uuid5(other.id, "charge-0") not in charged_by([one], 2)


TRACKED: tuple[type[Record] | type[PatientRow], ...] = (*RECORDS, PatientRow)
BESIDES = {
    ("AppointmentRow", "appointments.py"),
    ("AppointmentRow", "appointment_days.py"),
    ("ObligationRow", "recalls.py"),
    ("ObligationRow", "stock.py"),
    ("PatientRow", "lists.py"),
    ("PatientRow", "merging.py"),
    ("PatientRow", "following.py"),
    ("PatientRow", "parting.py"),
}
"""Changed without a command to the visit; each of these changes stands in the audit with the former values."""


def test_what_looking_back_relies_on_is_changed_by_commands_only() -> None:
    """A record that an activity of its own overwrote would be shown as it is now, and nobody would notice."""
    kept = {table.__name__: str(table.__tablename__) for table in TRACKED}
    found = set()
    for file in (ROOT / "activities").glob("*.py"):
        text = file.read_text()
        found |= {(row, file.name) for row in re.findall(r"updating\((\w+Row)", text) if row in kept}
        found |= {(row, file.name) for row, table in kept.items() if re.search(rf"(?i)update {table}\b", text)}
    assert found == BESIDES
