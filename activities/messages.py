"""SMS to patients, each once."""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.delivery import Deliveries
from activities.gate import Gate
from activities.notices import Addressee, addressee
from activities.outbox import Claim, Outbox
from integrations.database import Pool
from integrations.services.sms.port import Sms
from models.messages import (
    Language,
    Template,
    appointment_reminder,
    missed_appointment,
    next_visit_due,
    owed_arrived,
    results_ready,
)
from models.notices import Channel, Notice, Standing, Told

DATED = {
    Template.APPOINTMENT_REMINDER: appointment_reminder,
    Template.MISSED_APPOINTMENT: missed_appointment,
    Template.NEXT_VISIT_DUE: next_visit_due,
}


class MessageDesk:
    """The activity of the queue `service-sms`."""

    def __init__(self, pool: Pool, gate: Gate, sms: Sms) -> None:
        self.pool = pool
        self.gate = gate
        self.sms = sms
        self.outbox = Outbox(pool)
        self.deliveries = Deliveries(pool)

    @activity.defn(name="send_sms")
    async def send(self, notice: Notice) -> Told:
        """Send it, once. What stands in the rows now decides whom it reaches, and whether it is still wanted.

        Whoever finds the row marked does not send: the service knows no key by which it would notice a repeat.
        """
        async with self.pool.connection() as db:
            to = await addressee(db, notice)
        if to is None or not to.is_wanted:
            return await self.outbox.withdraw(notice)
        await self.outbox.intend(notice, to, Channel.SMS)
        await self.gate.require_open()
        began = datetime.now(UTC)
        claim = await self.outbox.claim(notice, to, Channel.SMS)
        if claim.is_ours:
            return await self.sent(claim, notice, to, began)
        if claim.told.status is Standing.SENT:
            await self.deliveries.catch_up(claim.row["provider_id"], claim.row["created_at"])
        return claim.told

    async def sent(self, claim: Claim, notice: Notice, to: Addressee, began: datetime) -> Told:
        try:
            async with self.gate.call():
                answer = await self.sms.send(to.phone_number, text_of(notice, to))
        except ApplicationError as error:
            return await self.outbox.not_taken(claim, error, to)
        told = await self.outbox.taken(claim, answer.provider_id)
        await self.deliveries.catch_up(answer.provider_id, began)
        return told


def text_of(notice: Notice, to: Addressee) -> str:
    """What it says; a template that names a day needs the notice's moment."""
    dated = DATED.get(notice.template)
    if dated and notice.moment:
        return dated(Language.ENGLISH, to.clinic, notice.moment, to.zone)
    if notice.template is Template.OWED_ARRIVED:
        return owed_arrived(Language.ENGLISH, to.clinic)
    return results_ready(Language.ENGLISH, to.clinic)
