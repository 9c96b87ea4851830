"""What frees a stuck visit from the Temporal UI: signals with a name and a description each, sent as its supervisor.

Each takes what `submit` takes, without `kind`; of most a bare sentence is enough. What is refused is kept as refused,
and the visit's current details say so.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

NO_MESSAGE = RawValue(Payload())
Handler = Callable[[Any, RawValue], Awaitable[None]]


class Freeing(NamedTuple):
    """`sentence`: the field that a bare sentence fills, where one is enough."""

    kind: str
    description: str
    sentence: str = ""

    def form(self, said: Any) -> Any:
        """The action's form, from whatever was typed."""
        if isinstance(said, str) and self.sentence:
            said = {self.sentence: said}
        return {**said, "kind": self.kind} if isinstance(said, dict) else said


FREEING = {
    one.kind: one
    for one in (
        Freeing(
            "cancel_visit", 'Should not have been opened. Data: why, as "…". Nothing may be open or owed.', "reason"
        ),
        Freeing("patient_left", 'The patient has gone without a word. Data: what is known, as "…".', "notes"),
        Freeing("release_patient", 'Nobody has the patient any more. Data: the station, as "LABORATORY".', "station"),
        Freeing(
            "enter_in_error",
            "A record, or an order that nobody can do, should never have been written. Data: "
            '{"record": "LAB_REQUEST", "record_id": "…", "reason": "…"}',
        ),
        Freeing("decide_waiver", 'Data: {"waiver_id": "…", "approved": true, "reason": "…"}'),
        Freeing("decide_refund", 'Data: {"refund_id": "…", "approved": true, "reason": "…"}'),
        Freeing("review_break_glass", 'Data: {"break_glass_id": "…", "outcome": "…"}'),
    )
}


def freeing(kind: str) -> Handler:
    """The signal's handler, for the workflow's class. It raises nothing: that would close the visit."""

    async def free(self: Any, message: RawValue = NO_MESSAGE) -> None:
        await self.free(FREEING[kind], message)

    free.__name__ = kind
    del free.__annotations__["self"]  # by which the SDK knows a method from a function
    return workflow.signal(name=kind, description=FREEING[kind].description)(free)
