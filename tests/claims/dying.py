"""Claims that stand just before an effect towards the payer, and what the payer had of each in the end."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from models.staff import Role
from tests.claims.backlog import each
from tests.claims.conftest import CODE, Counter
from tests.clinic import eventually

numbers = itertools.count()
ASKED_FOR = ("ASK_VISIT_CODE", "ASK_DISCHARGE_CODE")


class Effect(NamedTuple):
    """`ready` brings a visit to just before it and `done` sets it off; `path`: of the request that makes it; `after`:
    where the claim stands then; `ending`: of the patient's number, by which the sandbox decides."""

    ready: Callable[[Counter, str], Awaitable[None]]
    done: Callable[[Counter, str], Awaitable[Any]]
    path: str
    after: tuple[str, ...]
    ending: str = "100"


async def nothing(counter: Counter, visit_id: str) -> None:
    """Invoiced, the claim begins by itself, and has a code sent."""


async def invoice(counter: Counter, visit_id: str) -> None:
    await counter.invoiced(visit_id)


async def give_code(counter: Counter, visit_id: str) -> None:
    await counter.otp(visit_id, CODE)


async def code_sent(counter: Counter, visit_id: str) -> None:
    await counter.invoiced(visit_id)
    await counter.task(visit_id, "ASK_VISIT_CODE")


async def opened_before_the_invoice(counter: Counter, visit_id: str) -> None:
    await counter.otp(visit_id)
    await counter.task(visit_id, "ASK_VISIT_CODE")
    await give_code(counter, visit_id)
    await counter.becomes(visit_id, "OPEN")


async def written_out(counter: Counter, visit_id: str) -> None:
    await code_sent(counter, visit_id)
    await give_code(counter, visit_id)
    await counter.task(visit_id, "ASK_DISCHARGE_CODE")


async def sent_back(counter: Counter, visit_id: str) -> None:
    await written_out(counter, visit_id)
    await give_code(counter, visit_id)
    await counter.becomes(visit_id, "SENT_BACK")


async def hand_in_again(counter: Counter, visit_id: str) -> None:
    await counter.acts(await counter.claim_of(visit_id), kind="resubmit")


GONE = ("SUBMITTED", "IN_REVIEW", "APPROVED", "PAID")
CODE_SENT = Effect(nothing, invoice, "/claims/otp", ("AWAITING_CONSENT",))
OPENED = Effect(code_sent, give_code, "/claims/visit", ("OPEN", "AWAITING_AGREEMENT"))
FILLED = Effect(opened_before_the_invoice, invoice, "/claims/lines", ("AWAITING_AGREEMENT",))
HANDED_IN = Effect(written_out, give_code, "/claims/submit", GONE)
HANDED_IN_AGAIN = Effect(sent_back, hand_in_again, "/claims/submit", GONE, ending="409")
OUT, BEFORE_THAT = (HANDED_IN, HANDED_IN_AGAIN), (CODE_SENT, OPENED, FILLED)
EFFECTS = (*OUT, *BEFORE_THAT)


async def visits_before(counter: Counter) -> dict[Effect, str]:
    """For each effect a visit whose claim stands just before it."""

    async def made(effect: Effect) -> str:
        visit = await counter.consulted(national_id=f"TEST-{next(numbers):06d}{effect.ending}")
        await effect.ready(counter, visit["id"])
        return str(visit["id"])

    return dict(zip(EFFECTS, await each(made, EFFECTS), strict=True))


async def set_off(counter: Counter, visits: dict[Effect, str], *effects: Effect) -> None:
    await each(lambda effect: effect.done(counter, visits[effect]), effects)


async def under_way(counter: Counter, visits: dict[Effect, str], mode: str, seconds: float) -> None:
    """Set off every effect so that its request has arrived over there and its answer has not come."""
    for effects in (OUT, *((effect,) for effect in BEFORE_THAT)):
        await counter.sandbox.breaks("sha", mode, path=effects[0].path, count=len(effects), seconds=seconds)
        await set_off(counter, visits, *effects)

        async def have_arrived() -> bool:
            return not (await counter.sandbox.http.get("/_sandbox/sha/faults")).json()

        await eventually(have_arrived)


async def until_paid(counter: Counter, visit_id: str) -> dict[str, Any]:
    """Give the codes that are asked for, each once, until the claim is paid."""
    given: set[str] = set()
    claim: dict[str, Any] = {}

    async def is_paid() -> bool:
        for task in await counter.tasks(visit_id):
            if task["kind"] in ASKED_FOR and task["id"] not in given:
                given.add(task["id"])
                await counter.walk.does(Role.CASHIER, "POST", f"/api/visits/{visit_id}/claim/otp", {"otp": CODE})
        claim.update(await counter.claim_of(visit_id))
        return claim.get("status") == "PAID"

    try:
        await eventually(is_paid, 100)
    except TimeoutError:
        raise AssertionError(f"the claim is {claim.get('status')}: {claim.get('reason')}") from None
    return claim


async def require_once(counter: Counter, visits: dict[Effect, str]) -> None:
    """Every claim is paid, and the payer got each effect once; a code may have come twice."""
    claims = dict(zip(visits, await each(lambda visit: until_paid(counter, visit), visits.values()), strict=True))
    book = await counter.sandbox.book("sha")
    assert book["duplicates"] == 0
    for effect, claim in claims.items():
        got = [entry["kind"] for entry in book["items"] if entry["key"] == claim["payer_reference"]]
        again = 1 if effect is HANDED_IN_AGAIN else 0
        counted = {kind: got.count(kind) for kind in ("visit", "line", "diagnosis", "doctor", "claim", "resubmission")}
        assert counted == {"visit": 1, "line": 1, "diagnosis": 1, "doctor": 1, "claim": 1, "resubmission": again}
        assert 1 <= got.count("code") <= 2
