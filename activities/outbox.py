"""The rows of messages: written before a message goes out, so that it goes out once; and what becomes of each."""

from typing import Any, NamedTuple

from temporalio import activity
from temporalio.exceptions import ApplicationError
from uuid_utils.compat import uuid7

from activities.door import writing
from activities.gate import details
from activities.notices import Addressee, addressee
from activities.tasks import open_task
from integrations.database import Connection, Pool, inserting
from models.demographics import mobile
from models.notices import ASKED_ALREADY, Channel, Notice, Standing, Told, told_by_a_person
from models.tables import MessageRow

FOUND = "select * from messages where key = %s for update"
MARK = "update messages set status = %s, reason = %s where id = %s returning *"
TAKEN = "update messages set status = 'SENT', reason = '', provider_id = %s, sent_at = now() where id = %s"
WITHDRAW = "update messages set status = 'SUPPRESSED', reason = %s where key = %s and status = 'INTENDED'"
OPT_OUT = "insert into opt_outs (phone_number) values (%s) on conflict do nothing"
OPTED_OUT = "select 1 from opt_outs where phone_number = %s"
IN_BLACKLIST = "406"
NOT_CONNECTED = "not-connected"
NOT_WANTED = "not-wanted"
"""What it is about has changed since it was intended; should it change back, it is sent after all."""


class Claim(NamedTuple):
    """A message's row, and whether it is ours to send now: who finds it claimed leaves it alone."""

    row: dict[str, Any]
    is_ours: bool

    @property
    def told(self) -> Told:
        return Told(status=Standing.NOT_WANTED) if is_withdrawn(self.row) else told(self.row)


class Outbox:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def intend(self, notice: Notice, to: Addressee, channel: Channel) -> None:
        """Write the row where there is none: what waits for a service is counted by these."""
        async with writing(self.pool) as db:
            await intended(db, notice, to, channel)

    async def withdraw(self, notice: Notice) -> Told:
        """It is not sent, and waits for no service any more."""
        async with writing(self.pool) as db:
            await db.execute(WITHDRAW, (NOT_WANTED, notice.key))
        return Told(status=Standing.NOT_WANTED)

    async def claim(self, notice: Notice, to: Addressee, channel: Channel) -> Claim:
        """Mark the row: nobody sends it again. What cannot be sent is settled here, and what is wanted no more since
        the letter was begun."""
        async with writing(self.pool) as db:
            row = await intended(db, notice, to, channel)
            now = await addressee(db, notice)
            if row["status"] == Standing.INTENDED and not (now and now.is_wanted):
                return Claim(await marked(db, row, Standing.SUPPRESSED, NOT_WANTED), is_ours=False)
            if row["status"] != Standing.INTENDED:
                return Claim(row, is_ours=False)
            if channel is Channel.EMAIL and not to.email:
                return Claim(await failed(db, row, "no-address"), is_ours=False)
            if channel is Channel.SMS and not is_mobile(to.phone_number):
                return Claim(await failed(db, row, "no-mobile-number"), is_ours=False)
            if channel is Channel.SMS and await (await db.execute(OPTED_OUT, (to.phone_number,))).fetchone():
                return Claim(await marked(db, row, Standing.SUPPRESSED, "opted-out"), is_ours=False)
            return Claim(await marked(db, row, Standing.UNKNOWN, "under way, or its answer was lost"), is_ours=True)

    async def taken(self, claim: Claim, provider_id: str) -> Told:
        """The service has it."""
        async with writing(self.pool) as db:
            await db.execute(TAKEN, (provider_id, claim.row["id"]))
        return Told(status=Standing.SENT)

    async def not_taken(self, claim: Claim, error: ApplicationError, to: Addressee) -> Told:
        """Not reached: given back, and raised to be tried again. Refused: settled. Unknown: never repeated."""
        code = str(details(error).get("code", ""))
        async with writing(self.pool) as db:
            if error.type in ("Away", "NotNow"):
                await marked(db, claim.row, Standing.INTENDED, code)
            elif error.type == "SaidNo":
                return told(await refused(db, claim.row, code, to))
            else:
                return told(await marked(db, claim.row, Standing.UNKNOWN, code))
        raise error

    @activity.defn(name="give_up_message")
    async def give_up(self, notice: Notice) -> Told:
        """It is too late for an SMS: where none was sent, a person tells the patient instead."""
        async with writing(self.pool) as db:
            to = await addressee(db, notice)
            if to is None or not to.is_wanted:
                await db.execute(WITHDRAW, (NOT_WANTED, notice.key))
                return Told(status=Standing.NOT_WANTED)
            row = await intended(db, notice, to, Channel.SMS)
            return told(await failed(db, row, "too-late") if row["status"] == Standing.INTENDED else row)


async def intended(db: Connection, notice: Notice, to: Addressee, channel: Channel) -> dict[str, Any]:
    """The message's row, new or as it stands, locked."""
    values = {
        "id": uuid7(),
        "facility_id": to.facility_id,
        "patient_id": to.patient_id,
        "visit_id": to.visit_id,
        "channel": channel,
        "template": notice.template,
        "key": notice.key,
        "status": Standing.INTENDED,
    }
    text, given = inserting(MessageRow, values)
    await db.execute(f"{text} on conflict (key) do nothing", given)
    row = await (await db.execute(FOUND, (notice.key,))).fetchone()
    assert row is not None
    if is_withdrawn(row):
        return await marked(db, row, Standing.INTENDED, "")
    return row


def is_withdrawn(row: dict[str, Any]) -> bool:
    return bool((row["status"], row["reason"]) == (Standing.SUPPRESSED, NOT_WANTED))


async def marked(db: Connection, row: dict[str, Any], status: Standing, reason: str) -> dict[str, Any]:
    return await (await db.execute(MARK, (status, reason, row["id"]))).fetchone() or row


async def failed(db: Connection, row: dict[str, Any], reason: str) -> dict[str, Any]:
    """It reaches nobody: in the same transaction a person is asked to tell the patient, unless one calls anyway."""
    if row["template"] not in ASKED_ALREADY:
        await open_task(db, told_by_a_person(row))
    return await marked(db, row, Standing.FAILED, reason)


async def refused(db: Connection, row: dict[str, Any], code: str, to: Addressee) -> dict[str, Any]:
    if code == NOT_CONNECTED:  # the clinic has no such service and misses nothing
        return await marked(db, row, Standing.SUPPRESSED, code)
    if code == IN_BLACKLIST and row["channel"] == Channel.SMS:
        await opt_out(db, to.phone_number)
        return await marked(db, row, Standing.SUPPRESSED, "opted-out")
    return await failed(db, row, code)


async def opt_out(db: Connection, phone_number: str) -> None:
    await db.execute(OPT_OUT, (phone_number,))


def told(row: dict[str, Any]) -> Told:
    return Told(status=Standing(row["status"]))


def is_mobile(number: str) -> bool:
    try:
        return bool(mobile(number))
    except ValueError:
        return False
