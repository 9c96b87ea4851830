"""E-mail to patients: reports as sealed papers, each once, in a letter that says nothing about them."""

import asyncio

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.gate import Gate
from activities.notices import Addressee, addressee
from activities.outbox import Claim, Outbox
from activities.visit_report import report_of
from integrations.database import Pool
from integrations.documents import VisitReport, encrypted, visit_report_pdf
from integrations.services.mail.port import Attachment, Letter, Mail
from models.messages import report_letter
from models.notices import Channel, Notice, Told

FILE = "report.pdf"


class LetterDesk:
    """The activity of the queue `service-smtp`."""

    def __init__(self, pool: Pool, gate: Gate, mail: Mail) -> None:
        self.pool = pool
        self.gate = gate
        self.mail = mail
        self.outbox = Outbox(pool)

    @activity.defn(name="send_letter")
    async def send(self, notice: Notice) -> Told:
        """Send the report, once. It is written from the rows as they stand, and enters no history."""
        async with self.pool.connection() as db:
            to = await addressee(db, notice)
            report = await report_of(db, notice.about, notice.template)
        if to is None or report is None or not to.is_wanted:
            return await self.outbox.withdraw(notice)
        await self.outbox.intend(notice, to, Channel.EMAIL)
        await self.gate.require_open()
        letter = await asyncio.to_thread(letter_of, notice, to, report)
        claim = await self.outbox.claim(notice, to, Channel.EMAIL)
        return await self.sent(claim, letter, to) if claim.is_ours else claim.told

    async def sent(self, claim: Claim, letter: Letter, to: Addressee) -> Told:
        try:
            async with self.gate.call():
                name = await self.mail.send(letter)
        except ApplicationError as error:
            return await self.outbox.not_taken(claim, error, to)
        return await self.outbox.taken(claim, name)


def letter_of(notice: Notice, to: Addressee, report: VisitReport) -> Letter:
    """Takes some tenths of a second: the paper is drawn and sealed."""
    words = report_letter(to.clinic, to.national_id, to.phone_number)
    paper = Attachment(name=FILE, content=encrypted(visit_report_pdf(report), words.password))
    return Letter(key=notice.key, to=to.email or "", subject=words.subject, text=words.body, attachments=(paper,))
