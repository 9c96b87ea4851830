"""What the SMS service tells about messages afterwards: whether they arrived, and who wants no more."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from activities.door import writing
from activities.outbox import failed, opt_out
from integrations.database import Connection, Pool
from integrations.services.outside import Unreadable, scrubbed
from integrations.services.sms.port import Delivery, DeliveryReport, OptOut
from integrations.services.sms.shapes import delivery_report
from models.services import Service

log = logging.getLogger(__name__)
REPORT = "report"
FOUND = "select * from messages where provider_id = %s and channel = 'SMS' and status = 'SENT' for update"
DELIVERED = "update messages set status = 'DELIVERED', delivered_at = now() where id = %s"
HEARD_SINCE = """
    select body from callbacks where id >= %s and service = %s and kind = %s and position(%s::bytea in body) > 0
    order by id
"""
CLOCKS_DIFFER = timedelta(minutes=5)


class Deliveries:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def hear(self, report: DeliveryReport) -> None:
        """The first final word about a message stands: what comes twice, late or out of order changes nothing."""
        if not report.is_final:
            return
        async with writing(self.pool) as db:
            row = await (await db.execute(FOUND, (report.provider_id,))).fetchone()
            if row is not None:
                await settle(db, row, report)

    async def hear_opt_out(self, told: OptOut) -> None:
        async with writing(self.pool) as db:
            await opt_out(db, told.phone)

    async def catch_up(self, provider_id: str, since: datetime) -> None:
        """Reports that came before the message's name was written down, which only its answer tells us."""
        if not provider_id:
            return
        wanted = (first_id(since - CLOCKS_DIFFER), Service.SMS, REPORT, provider_id.encode())
        async with self.pool.connection() as db:
            rows = await (await db.execute(HEARD_SINCE, wanted)).fetchall()
        for row in rows:
            await self.hear_raw(bytes(row["body"]))

    async def hear_raw(self, body: bytes) -> None:
        """A report as it came. One that cannot be read is kept, and means nothing."""
        try:
            report = delivery_report(form_of(body))
        except Unreadable as wrong:
            log.warning("a delivery report could not be read (%s)", wrong)
            return
        await self.hear(report)


async def settle(db: Connection, row: dict[str, Any], report: DeliveryReport) -> None:
    if report.delivery is Delivery.DELIVERED:
        await db.execute(DELIVERED, (row["id"],))
    else:
        await failed(db, row, scrubbed(report.failure_reason or report.status))


def form_of(body: bytes) -> Mapping[str, Any]:
    """The fields of a form. What is no text becomes marks that no field is made of."""
    return dict(parse_qsl(body.decode(errors="replace")))


def first_id(moment: datetime) -> UUID:
    """The least UUIDv7 of a moment: rows are kept under such ids in the order in which they came."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
