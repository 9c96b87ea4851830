"""What outside services tell us by calling: kept as it came, before anything is made of it."""

import hashlib

from uuid_utils.compat import uuid7

from integrations.database import Pool
from models.services import Service

KEEP = """
    insert into callbacks (id, service, kind, digest, body, address) values (%s, %s, %s, %s, %s, %s)
    on conflict (service, digest) do update set times = callbacks.times + 1
"""


class Callbacks:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def keep(self, service: Service, kind: str, about: str, body: bytes, address: str | None) -> None:
        """Once, however often it comes; the row counts how often. `about` sets equal bodies about others apart."""
        digest = hashlib.sha256(about.encode() + b"\n" + body).hexdigest()
        async with self.pool.connection() as db:
            await db.execute(KEEP, (uuid7(), service, kind, digest, body, address))
