"""One patient's way through the clinic. The workflow orders; `Records.record` decides and writes."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import RawValue, SearchAttributeUpdate
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, TypeAdapter, ValidationError
    from pydantic_core import to_jsonable_python

    from activities.records import NOBODY, TEMPORAL_UI, Records, Turn, Unreadable
    from models.actions import AnyVisitAction, Start
    from models.command import Command, Outcome, refuse
    from models.envelope import Reply
    from models.problems import Conflict, KeyReused, Problem, Refused
    from models.staff import Person, Role
    from models.visit import Visit
    from models.visit_summary import summary
    from models.words import clock, details
    from workflows import attributes
    from workflows.beside import begin
    from workflows.freeing import NO_MESSAGE, Freeing, freeing
    from workflows.surely import surely
    from workflows.visit_clocks import VisitClocks

PERFORM = "perform"
SUBMIT = "submit"
LOOK_AGAIN = "look_again"
UNKNOWN = "this visit knows no such signal; use `submit`"
NOBODY_CAME = timedelta(minutes=10)
"""How long a run that was started for a registration waits for it."""

REMEMBERED = 500
"""Command ids that a run knows by heart; of older ones the rows know."""

ACTION: TypeAdapter[Any] = TypeAdapter(AnyVisitAction)
WATCHES_ANEW = "watches-anew"
"""Visits that were told to look before this go on with the clocks that they had."""

DESCRIBED = "described-signals"
"""Visits from before these signals were there go on keeping them as unknown."""


def workflow_id(visit_id: UUID) -> str:
    """The one maker of a visit's workflow id."""
    return f"visit-{visit_id}"


class Opening(BaseModel):
    """What a run starts from: the visit's id; after continue-as-new also what the run before knew."""

    visit_id: UUID
    visit: Visit | None = None
    processed: dict[str, str] | None = None
    told: dict[str, int] | None = None
    refused: str = ""


@workflow.defn(name="Visit")
class VisitWorkflow:
    """One visit, from registration to its end."""

    @workflow.init
    def __init__(self, opening: Opening) -> None:
        self.visit_id = opening.visit_id
        self.visit = opening.visit
        self.processed = dict(opening.processed or {})
        self.is_known = opening.processed is not None
        self.came_to_nothing = False
        self.is_delayed = False
        self.refused = opening.refused
        self.shown: dict[str, Any] = {}
        self.starts: list[Start] = []
        self.desk = asyncio.Lock()
        self.clocks = VisitClocks(opening.visit_id, opening.told or {}, self.show)

    @workflow.run
    async def run(self, opening: Opening) -> str:
        async with self.desk:
            await self.know()
        self.clocks.follow(self.visit)
        self.show()
        if self.visit is None:
            await self.wait_for_registration()
        await self.work_until_the_end()
        if not self.is_finished:
            workflow.continue_as_new(
                Opening(
                    visit_id=self.visit_id,
                    visit=self.visit,
                    processed=self.latest(REMEMBERED),
                    told=self.clocks.told or None,
                    refused=self.refused,
                )
            )
        return self.visit.status if self.visit else "NOTHING"

    async def work_until_the_end(self) -> None:
        """Start what commands ask for, until the visit is over (or should go on anew) and nothing is left to do."""
        while True:
            await workflow.wait_condition(lambda: bool(self.starts) or self.is_finished or self.should_go_on_anew)
            if not self.starts:
                await workflow.wait_condition(lambda: workflow.all_handlers_finished() and self.may_stop)
            if not self.starts:
                return
            assert self.visit is not None
            await begin(self.starts[0], self.visit)
            self.starts.pop(0)

    @workflow.update(name=PERFORM, description="One staff action, sent by the API.")
    async def perform(self, command: Command) -> Reply:
        outcome = await self.carry_out(command, remember=False)
        return Reply(answer=outcome.answer, problem=outcome.problem)

    @perform.validator
    def refuse_early(self, command: Command) -> None:
        """Leave no trace in history of what is refused anyway. Only when nothing is under way that may change it."""
        if command.visit_id != self.visit_id:  # signed for one visit, sent to another
            raise refusal(Conflict("This command is about another visit.").problem)
        digest = self.processed.get(str(command.id))
        if digest is not None and digest != command.digest:
            raise refusal(KeyReused("This Idempotency-Key was used for something else. Make a new key.").problem)
        if digest is not None or not self.is_known or self.desk.locked() or self.names_another(command):
            return
        try:
            refuse(self.visit, command)
        except Refused as no:
            raise refusal(no.problem) from no

    def names_another(self, command: Command) -> bool:
        """Another patient, or this one by a registration that was merged: the rows know."""
        return bool(command.patient_id and self.visit and command.patient_id != self.visit.patient_id)

    @workflow.signal(
        name=SUBMIT,
        description='A staff action that needs no answer. From here: {"kind": "cancel_visit", "reason": "…"}.',
    )
    async def submit(self, message: RawValue = NO_MESSAGE) -> None:
        """The same effect as `perform`. Nothing may be raised here: it would close the visit.

        The message is read here, not by the SDK, which drops a signal that it cannot decode.
        """
        await self.obey(plain(message))

    async def obey(self, raw: Any) -> None:
        command = self.understood(raw)
        if isinstance(command, Command):
            outcome = await self.carry_out(command, remember=True)
            if command.actor.id == TEMPORAL_UI:
                self.note(command.action.said, outcome.problem.detail if outcome.problem else "")
        else:
            await self.keep_unreadable(raw, command)
            self.note("A signal", command)

    def note(self, what: str, why_not: str) -> None:
        """What became of the last signal that a person sent from the Temporal UI."""
        self.refused = f"{what} was refused at {clock(workflow.now())}: {why_not}" if why_not else ""
        self.show()

    async def free(self, signal: Freeing, message: RawValue) -> None:
        """What frees a stuck visit, sent from the Temporal UI."""
        if not workflow.patched(DESCRIBED):
            await self.unknown(signal.kind, [message])
            return
        await self.obey(signal.form(plain(message)))

    cancel_visit = freeing("cancel_visit")
    patient_left = freeing("patient_left")
    release_patient = freeing("release_patient")
    enter_in_error = freeing("enter_in_error")
    decide_waiver = freeing("decide_waiver")
    decide_refund = freeing("decide_refund")
    review_break_glass = freeing("review_break_glass")

    @workflow.signal(name=LOOK_AGAIN, description="Take the visit from its rows: they moved without this run.")
    async def look_again(self) -> None:
        """Changes nothing but what this run knows, shows and watches; a visit that is over ends its run."""
        async with self.desk:
            if self.visit is None:
                return  # the registration that it waits for brings it
            self.is_known = False
            told = await self.know()
            if workflow.patched(WATCHES_ANEW):
                self.clocks.told = told
                self.clocks.follow(self.visit, anew=True)
            self.came_to_nothing = self.visit is None
            self.show()

    @workflow.signal(dynamic=True, description="Kept as refused: this visit knows no such signal.")
    async def unknown(self, name: str, args: Sequence[RawValue]) -> None:
        await self.keep_unreadable(None, UNKNOWN)
        self.note("A signal", UNKNOWN)

    @workflow.query(name="current", description="The visit as it stands.")
    def current(self) -> dict[str, Any]:
        return to_jsonable_python(summary(self.visit)) if self.visit else {}

    @property
    def is_finished(self) -> bool:
        return self.visit.is_over if self.visit else self.came_to_nothing

    @property
    def may_stop(self) -> bool:
        """Whoever was told of a late patient hears of the end, too; what goes on anew watches anew."""
        return not self.is_finished or self.clocks.are_quiet

    @property
    def should_go_on_anew(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    async def know(self) -> dict[str, int]:
        """Take the visit from its rows, where this run has not seen it yet; how far its late waits were told there."""
        if self.is_known:
            return {}
        loaded = await surely("Look up the visit", Records.load, self.visit_id, self.show_delay)
        missed = [id for id in loaded.processed if id not in self.processed] if self.visit else []
        self.starts += [start for id in missed for start in loaded.starts.get(id, ())]
        self.visit, self.processed, self.is_known = loaded.visit, dict(loaded.processed), True
        self.clocks.told |= loaded.told
        self.is_delayed = False
        return dict(loaded.told)

    async def wait_for_registration(self) -> None:
        try:
            await workflow.wait_condition(
                lambda: self.visit is not None or self.came_to_nothing,
                timeout=NOBODY_CAME,
                timeout_summary="Wait for the registration",
            )
        except TimeoutError:
            self.came_to_nothing = True

    async def carry_out(self, command: Command, *, remember: bool) -> Outcome:
        async with self.desk:
            if not command.action.starts_visit:
                await self.know()
            turn = Turn(visit=self.visit, command=command, remember=remember)
            outcome = await surely(command.action.said, Records.record, turn, self.show_delay)
            self.take(command, outcome, remember)
            return outcome

    def take(self, command: Command, outcome: Outcome, remember: bool) -> None:
        """Make the outcome the run's state, all at once."""
        if outcome.repeated and not self.is_known:
            return  # an older run's registration: the next command looks the visit up
        self.is_known = self.accounts_for(outcome)
        self.visit, self.is_delayed = outcome.visit, False
        self.came_to_nothing = self.visit is None
        if not (outcome.repeated and str(command.id) in self.processed):
            self.starts += outcome.starts  # a repetition of what this run knows has begun already
        if outcome.problem is None or remember:
            self.processed.setdefault(str(command.id), command.digest)
        self.clocks.follow(self.visit)
        self.show()

    def accounts_for(self, outcome: Outcome) -> bool:
        """Whether this command alone brought the visit to where it is. If not, others were written that this run has
        not heard of (a worker died after the commit, say): it must look them up before it refuses their repetition."""
        steps = int(outcome.problem is None and not outcome.repeated)
        return version_of(outcome.visit) == version_of(self.visit) + steps

    def understood(self, raw: Any) -> Command | str:
        """The command of a signal, or why it is none. A bare action was typed in the Temporal UI."""
        try:
            if isinstance(raw, dict) and "kind" in raw:
                return self.typed(ACTION.validate_python(raw))
            command = Command.model_validate(raw)
        except ValidationError as wrong:
            return reasons(wrong)
        return command if command.visit_id == self.visit_id else "it is about another visit"

    def typed(self, action: Any) -> Command:
        facility_id = self.visit.facility_id if self.visit else NOBODY
        actor = Person(id=TEMPORAL_UI, facility_id=facility_id, roles=(Role.SUPERVISOR,))
        return Command(id=workflow.uuid4(), visit_id=self.visit_id, actor=actor, at=workflow.now(), action=action)

    async def keep_unreadable(self, raw: Any, reason: str) -> None:
        if as_uuid(raw, "visit_id") not in (None, self.visit_id):
            raw = None  # the key of another visit's command stays free for that visit
        async with self.desk:
            await self.know()
            message = Unreadable(
                id=as_uuid(raw, "id") or workflow.uuid4(),
                visit_id=self.visit_id,
                facility_id=self.visit.facility_id if self.visit else NOBODY,
                actor_id=as_uuid(raw, "actor", "id") or TEMPORAL_UI,
                reason=reason,
            )
            await surely("Keep an unreadable message", Records.record_unreadable, message, self.show_delay)
            self.is_delayed = False
            self.show()

    def latest(self, count: int) -> dict[str, str] | None:
        """What the next run shall know by heart; None where it had better look."""
        return dict(list(self.processed.items())[-count:]) if self.is_known else None

    def show_delay(self) -> None:
        """The database does not answer: say so where supervisors look."""
        self.is_delayed = True
        self.show()

    def show(self) -> None:
        """Tell the Temporal UI where the visit stands, where that changed."""
        words = details(self.visit) if self.visit else "Waits for the registration."
        delay = "\n\n**The database does not answer; what was accepted is written when it returns.**"
        refused = f"\n\n**{self.refused}**" if self.refused else ""
        late = self.clocks.in_words()
        workflow.set_current_details(words + late + refused + (delay if self.is_delayed else ""))
        wanted = self.attributes()
        changed: list[SearchAttributeUpdate[Any]] = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in wanted.items()
            if self.shown.get(key.name) != value
        ]
        if changed:
            workflow.upsert_search_attributes(changed)
            self.shown |= {key.name: value for key, value in wanted.items()}

    def attributes(self) -> dict[Any, Any]:
        attention = [*(["DATABASE"] if self.is_delayed else []), *(["OVERDUE"] if self.clocks.late else [])]
        return attributes_of(self.visit, attention) | {attributes.DUE_AT: self.clocks.due_at}


def version_of(visit: Visit | None) -> int:
    return visit.version if visit else 0


def attributes_of(visit: Visit | None, attention: list[str]) -> dict[Any, Any]:
    """What supervisors can filter by; nothing about a person."""
    if visit is None:
        return {attributes.ATTENTION: attention} if attention else {}
    return {
        attributes.ATTENTION: attention,
        attributes.VISIT_STATUS: str(visit.status),
        attributes.WAITING_AT: [str(station) for station in visit.waiting_at],
        attributes.TRIAGE_CATEGORY: str(visit.triage_category or "UNTRIAGED"),
        attributes.PAYER: str(visit.payment_type),
        attributes.FACILITY: str(visit.facility_id),
        attributes.STAGE_SINCE: visit.stage_since,
        attributes.OP_NUMBER: visit.op_number,
    }


def refusal(problem: Problem) -> ApplicationError:
    """A no as Temporal carries it to the API."""
    said = problem.model_dump(mode="json")
    return ApplicationError(problem.title, said, type="Refused", non_retryable=True)


def reasons(wrong: ValidationError) -> str:
    """Which fields were wrong; never their values."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in wrong.errors(include_input=False))[:500]


def plain(message: RawValue) -> Any:
    """What a message says, as plain JSON values; None where it says nothing that can be read."""
    try:
        return workflow.payload_converter().from_payload(message.payload)
    except (ValueError, KeyError, RuntimeError):
        return None


def as_uuid(raw: Any, *path: str) -> UUID | None:
    for name in path:
        raw = raw.get(name) if isinstance(raw, dict) else None
    try:
        return UUID(str(raw))
    except ValueError:
        return None
