"""A form that has grown: what was signed before a field was added is still its sender's."""

from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from pydantic_core import to_json

from activities.appointments import AppointmentTurn
from activities.records import Turn
from models.actions import AnyVisitAction, RecordEncounter, TakeIn
from models.actions.base import Action
from models.appointments import AppointmentCommand, BookAppointment
from models.base import Note, Value
from models.command import Command
from models.envelope import Envelope, keyed
from tests.contract.forms import KINDS
from tests.pathway.people import CLINICIAN, MORNING

SECRET = b"a secret of the API"
ACTION: TypeAdapter[Any] = TypeAdapter(AnyVisitAction)


class EncounterOfYesterday(Value):
    """The encounter's form as it was before somebody could write down recommendations."""

    kind: Literal["record_encounter"] = "record_encounter"
    encounter_type: Literal["CONSULTATION"] = "CONSULTATION"
    notes: Note = ""
    findings: Note = ""


class CommandOfYesterday(Envelope):
    visit_id: UUID
    patient_id: UUID | None = None
    action: EncounterOfYesterday


def circumstances() -> dict[str, Any]:
    return {"id": UUID(int=1), "visit_id": UUID(int=2), "actor": CLINICIAN, "address": "192.0.2.1", "at": MORNING}


def handed_to_the_activity(message: str | bytes) -> Command:
    """What reads the message is today's code, in the workflow and again in the activity."""
    in_workflow = Command.model_validate_json(message)
    return Turn.model_validate_json(Turn(visit=None, command=in_workflow).model_dump_json()).command


def sent_yesterday() -> dict[str, Any]:
    command = CommandOfYesterday(**circumstances(), action=EncounterOfYesterday(findings="Rales"))
    return command.signed(SECRET).model_dump(mode="json")


def test_what_was_signed_before_the_form_grew_is_still_signed_after_it_has_travelled() -> None:
    received = handed_to_the_activity(to_json(sent_yesterday()))
    assert received.is_signed(SECRET)
    assert isinstance(received.action, RecordEncounter)
    assert (received.action.findings, received.action.recommendations) == ("Rales", "")
    assert not received.is_signed(b"another secret")


@pytest.mark.parametrize("added", [{"recommendations": "Go home"}, {"recommendations": ""}, {"findings": ""}])
def test_nothing_can_be_added_to_it(added: dict[str, str]) -> None:
    message = sent_yesterday()
    message["action"] |= added
    assert not handed_to_the_activity(to_json(message)).is_signed(SECRET)


def narrower(value: Value, said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is said, without one of the fields that are as by default, wherever it stands; each in turn."""
    for name, field in type(value).model_fields.items():
        inner = getattr(value, name)
        if name != "kind" and not field.is_required() and inner == field.get_default(call_default_factory=True):
            yield {other: word for other, word in said.items() if other != name}
        if isinstance(inner, Value):
            yield from ({**said, name: less} for less in narrower(inner, said[name]))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_any_field_of_any_form_may_have_been_added_since(kind: str) -> None:
    """Every field that has a default and was left at it, one after the other."""
    action: Action = ACTION.validate_python({"kind": kind, **KINDS[kind][0]})
    whole = Command.model_validate({**circumstances(), "action": action}).signed(SECRET)
    assert handed_to_the_activity(whole.model_dump_json()).is_signed(SECRET)
    said = whole.model_dump(mode="json", exclude={"mac"})
    for less in narrower(action, said["action"]):
        message = {**said, "action": less}
        message["mac"] = keyed(SECRET, "mac", to_json(message).decode())
        received = handed_to_the_activity(to_json(message))
        assert received.is_signed(SECRET), less.keys() ^ said["action"].keys()


def test_a_command_that_nobody_sent_goes_on_in_full() -> None:
    """Typed in the Temporal UI, say, or made by a workflow: it has no signature, and must still be understood."""
    made_here = Command(**circumstances(), action=TakeIn())
    assert Turn.model_validate_json(Turn(visit=None, command=made_here).model_dump_json()).command == made_here


def test_an_appointment_s_command_keeps_its_signature_too() -> None:
    action = BookAppointment.model_validate({"patient_id": UUID(int=3), "appointment_date": MORNING})
    facts = {name: value for name, value in circumstances().items() if name != "visit_id"}
    whole = AppointmentCommand(**facts, appointment_id=UUID(int=5), action=action).signed(SECRET)
    message = whole.model_dump(mode="json", exclude={"mac"})
    del message["action"]["notes"]
    message["mac"] = keyed(SECRET, "mac", to_json(message).decode())
    in_workflow = AppointmentCommand.model_validate_json(to_json(message))
    turn = AppointmentTurn.model_validate_json(AppointmentTurn(command=in_workflow).model_dump_json())
    assert turn.command.is_signed(SECRET)
