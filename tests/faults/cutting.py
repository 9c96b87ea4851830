"""A line to PostgreSQL that breaks at the worst moment: the commit is done, and the answer to it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from integrations.settings import Settings, libpq_url

COMMITTED = b"COMMIT\x00"
"""How the server says that a transaction is done."""

SOCKET = ".s.PGSQL.5432"


class CuttingLine:
    """Listens in `folder` and passes everything on to the server in `beyond`; cuts when told to."""

    def __init__(self, folder: Path, beyond: Path) -> None:
        self.folder = folder
        self.beyond = beyond
        self.cuts_to_come = 0
        self.cuts = 0

    def cut(self, times: int = 1) -> None:
        """Lose the answers to the next commits."""
        self.cuts_to_come = times

    async def serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        far, to_far = await asyncio.open_unix_connection(str(self.beyond / SOCKET))
        asking = asyncio.create_task(self.pass_on(near, to_far))
        try:
            while (said := await far.read(65536)) and not self.is_cut(said):
                to_near.write(said)
                await to_near.drain()
        except ConnectionError:
            pass
        finally:
            to_near.close()
            await asking

    def is_cut(self, said: bytes) -> bool:
        if COMMITTED not in said or not self.cuts_to_come:
            return False
        self.cuts_to_come -= 1
        self.cuts += 1
        return True

    async def pass_on(self, near: asyncio.StreamReader, to_far: asyncio.StreamWriter) -> None:
        try:
            while said := await near.read(65536):
                to_far.write(said)
                await to_far.drain()
        except ConnectionError:
            pass
        finally:
            to_far.close()


@asynccontextmanager
async def cutting_line(settings: Settings) -> AsyncIterator[tuple[CuttingLine, Settings]]:
    """The line, and the settings of who goes by it."""
    beyond = Path(libpq_url(settings.database).partition("host=")[2])
    folder = settings.data / "line"
    folder.mkdir(mode=0o700)
    line = CuttingLine(folder, beyond)
    server = await asyncio.start_unix_server(line.serve, str(folder / SOCKET))
    address = settings.database.replace(str(beyond), str(folder))
    async with server:
        yield line, settings.model_copy(update={"database_url": address})
