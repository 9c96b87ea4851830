"""What open visits have lived through so far replays on today's code, whatever today's rules are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from integrations.encryption import KeyringCodec
from integrations.settings import DEVELOPMENT_SECRETS, Settings
from models.actions import Action
from models.command import Command, refuse
from models.problems import Refused
from tests.histories.record import FOLDER, LARGEST, recorded
from tests.histories.stories import STORIES
from workers.replaying import replayer

SETTINGS = Settings.model_validate(DEVELOPMENT_SECRETS)
CODEC = KeyringCodec(SETTINGS.keyring)
LOCAL = "core_local_activity"


def types_in(history: WorkflowHistory) -> list[str]:
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events]


def test_every_story_is_recorded_and_small() -> None:
    files = {path.stem: path for path in FOLDER.glob("*.json")}
    assert set(files) == set(STORIES)
    assert all(path.stat().st_size <= LARGEST for path in files.values())


@pytest.mark.parametrize("name", STORIES)
async def test_a_recorded_history_replays(name: str) -> None:
    await replayer(SETTINGS).replay_workflow(recorded(name))


@pytest.fixture
def no_longer_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other rules: nobody may do anything any more."""
    for action in (action for action in every(Action) if "roles" in vars(action)):
        monkeypatch.setattr(action, "roles", frozenset())


def every(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from every(below)


@pytest.mark.usefixtures("no_longer_allowed")
@pytest.mark.parametrize("name", [name for name in STORIES if name.startswith("visit")])
async def test_it_replays_too_where_the_rules_now_refuse_all_of_it(name: str) -> None:
    history = recorded(name)
    commands = await commands_in(history)
    assert commands
    for command in commands:
        with pytest.raises(Refused):
            refuse(None, command)
    await replayer(SETTINGS).replay_workflow(history)


async def commands_in(history: WorkflowHistory) -> list[Command]:
    """What the visit was asked to do by updates and signals, as far as the API wrote it."""
    found: list[Payload] = []
    for event in history.events:
        accepted = event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args
        signalled = event.workflow_execution_signaled_event_attributes.input
        found += await CODEC.decode([*accepted.payloads, *signalled.payloads])
    return [Command.model_validate_json(payload.data) for payload in found if b'"mac"' in payload.data]


def markers(history: WorkflowHistory) -> list[HistoryEvent]:
    return [e for e in history.events if e.marker_recorded_event_attributes.marker_name == LOCAL]


async def test_the_outage_was_recorded_where_it_is_a_trap() -> None:
    """A local activity that ran out of time is an ActivityError live, and on replay a bare TimeoutError."""
    history = recorded("visit_database_away")
    (timed_out,) = [e for e in markers(history) if e.marker_recorded_event_attributes.HasField("failure")]
    assert timed_out.marker_recorded_event_attributes.failure.HasField("timeout_failure_info")
    (taken_over,) = [e for e in history.events if e.HasField("activity_task_scheduled_event_attributes")]
    assert taken_over.event_id > timed_out.event_id
    (summary,) = await CODEC.decode([taken_over.user_metadata.summary])
    assert summary.data == b'"Diagnosis recorded"'


@pytest.mark.parametrize("name", ["visit_database_away", "visit_from_rows_while_the_database_was_away"])
def test_a_visit_asks_for_attention_as_long_as_the_database_is_away_and_no_longer(name: str) -> None:
    history = recorded(name)
    asked = [event for event in history.events if attention(event) is not None]
    first = next(event for event in asked if attention(event) == ["DATABASE"])
    after = [event for event in history.events if event.event_id > first.event_id]
    types = types_in(WorkflowHistory(history.workflow_id, after))
    taken_back = next(number for number, event in enumerate(after) if attention(event) == [])
    assert taken_back < types.index("WORKFLOW_EXECUTION_UPDATE_ACCEPTED")
    assert attention(asked[-1]) == []


def attention(event: HistoryEvent) -> list[str] | None:
    """What the event says that supervisors should look at; None where it says nothing about it."""
    said = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return json.loads(said["Attention"].data) if "Attention" in said else None


async def test_a_history_that_this_code_would_not_have_written_is_noticed() -> None:
    history = recorded("visit_database_away")
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            event.activity_task_scheduled_event_attributes.activity_type.name = "load_visit"
    with pytest.raises(NondeterminismError):
        await replayer(SETTINGS).replay_workflow(history)


async def test_the_histories_hold_what_they_are_kept_for() -> None:
    """A story that lost its point would replay as well."""
    wanted = {
        "visit_plain": {"TIMER_STARTED": 0, "WORKFLOW_EXECUTION_COMPLETED": 1},
        "visit_update_and_signal": {"WORKFLOW_EXECUTION_SIGNALED": 3},
        "visit_stored_while_workers_were_away": {"WORKFLOW_EXECUTION_SIGNALED": 4},
        "visit_from_rows_while_the_database_was_away": {"ACTIVITY_TASK_SCHEDULED": 1},
        "visit_unreadable_signals": {"WORKFLOW_EXECUTION_SIGNALED": 3, "WORKFLOW_TASK_FAILED": 0},
        "visit_continued_as_new": {"WORKFLOW_EXECUTION_CONTINUED_AS_NEW": 1},
        "appointment_moved_and_cancelled": {"TIMER_STARTED": 2},
        "appointment_with_reminder": {
            "START_CHILD_WORKFLOW_EXECUTION_INITIATED": 2,
            "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED": 2,
        },
        "reminder_sent_moved_and_cancelled": {"WORKFLOW_EXECUTION_SIGNALED": 2, "TIMER_STARTED": 2},
        "reminder_too_late": {"ACTIVITY_TASK_FAILED": 1, "ACTIVITY_TASK_COMPLETED": 1},
        "results_by_mail": {"ACTIVITY_TASK_COMPLETED": 1, "TIMER_STARTED": 0},
        "results_told_by_the_clinician": {"TIMER_STARTED": 1, "WORKFLOW_EXECUTION_SIGNALED": 1},
        "critical_result_read_back": {"TIMER_STARTED": 3, "WORKFLOW_EXECUTION_SIGNALED": 2},
        "critical_result_corrected": {"TIMER_STARTED": 1, "WORKFLOW_EXECUTION_SIGNALED": 1},
        "obligation_told_late": {"TIMER_STARTED": 2, "WORKFLOW_EXECUTION_SIGNALED": 1},
        "referral_answered_late": {"TIMER_STARTED": 2, "WORKFLOW_EXECUTION_SIGNALED": 1},
        "referral_taken_back": {"TIMER_STARTED": 1, "WORKFLOW_EXECUTION_SIGNALED": 1},
        "visit_with_errors": {"EXTERNAL_WORKFLOW_EXECUTION_SIGNALED": 1},
        "visit_with_late_results": {"START_CHILD_WORKFLOW_EXECUTION_INITIATED": 3},
        "audit_seal": {"ACTIVITY_TASK_COMPLETED": 1},
    }
    for name, counts in wanted.items():
        types = types_in(recorded(name))
        assert {wanted: types.count(wanted) for wanted in counts} == counts, name
