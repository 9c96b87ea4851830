"""Live events over Socket.IO: boards hear what happens, and after a lost connection what they missed.

    live = Live(settings.listening_database, authenticate)
    app = live.asgi(app)            # /socket.io beside the API
    await live.run()                # tells for ever; cancel it when the server has stopped

A listener first reads what it missed from the table, up to where this process has told, and enters its rooms in the
very turn in which it misses nothing. Telling takes the same turn, so no event falls between the two or comes in both.
Each API process does this for its own listeners; they share nothing. (Several behind one address: clients choose the
WebSocket transport, because long polling wants all its requests at the same process.)
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from socketio import ASGIApp, AsyncServer
from socketio.exceptions import ConnectionRefusedError as ConnectionRefused
from starlette.types import ASGIApp as App

from integrations.events import PAGE, Connection, Tail, Told, audiences, connect, heard_by, last_drawn
from models.problems import NotSignedIn, Refused, Unavailable, Unexpected, invalid
from models.staff import Person

Authenticate = Callable[[str], Awaitable[tuple[Person, datetime]]]
"""Who holds a token, and when it expires (with a zone); raises a `Refused` for a bad one."""

# Packets that wait for one listener before it counts as too slow, and bytes that it may send: a token and little more.
BACKLOG, MESSAGE_BYTES = 5_000, 64 * 1024
# Listeners that read from the table at once; seconds to wait for a first look at it, and between attempts.
READERS, PATIENCE, PAUSE = 4, 2.0, 0.5
# Seconds after which a listener's token is looked at again.
LOOK_AGAIN = 15.0

logger = logging.getLogger(__name__)


@dataclass
class Listener:
    """One connection; it was told everything for its person up to `cursor`, as long as it is not in its rooms."""

    sid: str
    token: str
    person: Person
    cursor: int


class Live:
    """The Socket.IO server of one API process.

    `origins`: other sites whose pages may connect; by default only pages of our own. Whose access has changed hears
    no more after `look_again` seconds and what the look itself remembers.
    """

    def __init__(
        self,
        listen_url: str,
        authenticate: Authenticate,
        *,
        origins: Sequence[str] = (),
        backlog: int = BACKLOG,
        look_again: float = LOOK_AGAIN,
    ) -> None:
        self.url = listen_url
        self.authenticate = authenticate
        self.backlog = backlog
        self.look_again = look_again
        self.cursor: int | None = None
        self.sio = AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=list(origins) or None,
            max_http_buffer_size=MESSAGE_BYTES,
        )
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self._turn = asyncio.Condition()
        self._readers = asyncio.Semaphore(READERS)
        self._attending: dict[str, asyncio.Task[None]] = {}
        self._waits_for_database = False

    def asgi(self, app: App) -> App:
        """Answers `/socket.io` itself and leaves everything else to `app`."""
        served: App = ASGIApp(self.sio, other_asgi_app=app, socketio_path="socket.io")
        return served

    async def run(self) -> None:
        """Tell what happens, for ever; while the database is away, try again."""
        try:
            while True:
                try:
                    async with await connect(self.url) as connection:
                        await self._tell_all(connection)
                except psycopg.Error as lost:
                    self._log_once(lost)
                await asyncio.sleep(PAUSE)
        finally:
            self.cursor = None  # whoever comes now is refused, for nobody would tell
            await self._send_everybody_away()
            await self.sio.shutdown()

    async def _tell_all(self, connection: Connection) -> None:
        tail = await Tail.listening(connection, self.cursor)
        if self.cursor is not None and tail.cursor < self.cursor:
            logger.warning("the events table was set back in time; everybody connects anew")
            self.cursor = None
            await self._send_everybody_away()
        self._waits_for_database = False
        async with self._turn:
            self.cursor = tail.cursor
            self._turn.notify_all()
        while True:
            for told in await tail.next():
                async with self._turn:
                    await self._emit(told, [room(told.facility_id, name) for name in told.audience])
                    self.cursor = told.id
                    self._turn.notify_all()
            await self._send_the_slow_away()

    def _log_once(self, lost: psycopg.Error) -> None:
        if not self._waits_for_database:
            logger.warning("live events wait for the database (%s)", type(lost).__name__)
        self._waits_for_database = True

    async def _emit(self, told: Told, to: list[str]) -> None:
        """Puts the event into the queues of those it is for, each once, and waits for nobody's network."""
        if to:  # an empty list would be everybody
            payload = {**told.payload, "eventId": told.id, "occurredAt": told.occurred_at.isoformat()}
            await self.sio.emit(told.kind, payload, to=to)

    # --- one listener ---

    async def _connect(self, sid: str, _environ: dict[str, Any], auth: Any) -> None:
        try:
            token = token_of(auth)
            person, expires = await self.authenticate(token)
            listener = Listener(sid, token, person, await self._beginning(since_of(auth)))
        except Refused as refused:
            raise refusal(refused) from None
        except Exception:
            logger.exception("a connection failed")
            raise refusal(Unexpected("The connection failed on our side; try again.")) from None
        attending = asyncio.create_task(self._attend(listener, expires))
        self._attending[sid] = attending
        attending.add_done_callback(lambda _: self._attending.pop(sid, None))

    async def _disconnect(self, sid: str, _reason: str) -> None:
        attending = self._attending.get(sid)
        if attending and attending is not asyncio.current_task():
            attending.cancel()

    async def _beginning(self, since: int | None) -> int:
        """After which event a listener hears. One that was never drawn belongs to another database: from now on."""
        try:
            async with asyncio.timeout(PATIENCE):
                now = await self._reached(0)
                if since is None or since <= now:
                    return now if since is None else since
                async with self._reading() as connection:
                    return since if since <= await last_drawn(connection) else now
        except (TimeoutError, psycopg.Error):
            raise Unavailable("Live events are not ready; try again.", retry_after=int(PATIENCE)) from None

    async def _reached(self, cursor: int) -> int:
        """Up to where this process has told, once that is as far as `cursor`."""
        async with self._turn:
            await self._turn.wait_for(lambda: self.cursor is not None and self.cursor >= cursor)
            return self.cursor or 0

    async def _attend(self, listener: Listener, expires: datetime) -> None:
        """From the connection to its end: when the token expires, or is good no more."""
        if await self._is_accepted(listener.sid):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((expires - datetime.now(UTC)).total_seconds()):
                    while not await self._enter_rooms(listener):
                        await self._catch_up(listener)
                    await self._while_allowed(listener.token)
        await self.sio.disconnect(listener.sid)

    async def _while_allowed(self, token: str) -> None:
        """Returns when its holder lost a role or the post, or has another password."""
        while True:
            await asyncio.sleep(self.look_again)
            try:
                await self.authenticate(token)
            except NotSignedIn:
                return

    async def _is_accepted(self, sid: str) -> bool:
        """Whether the client was told that it is connected; nothing may be told to it before."""
        while self.sio.get_environ(sid) is not None:
            if self.sio.manager.is_connected(sid, "/"):
                return True
            await asyncio.sleep(0)
        return False

    async def _enter_rooms(self, listener: Listener) -> bool:
        """From here on the listener is told what everybody is told, if it has missed nothing."""
        async with self._turn:
            if listener.cursor != self.cursor:
                return False
            for name in audiences(listener.person):
                await self.sio.enter_room(listener.sid, room(listener.person.facility_id, name))
            return True

    async def _catch_up(self, listener: Listener) -> None:
        """One page of what was missed. A listener may have heard more elsewhere than was told here: then we wait."""
        upto = await self._reached(listener.cursor)
        if self._waiting(listener.sid) > PAGE:
            await asyncio.sleep(PAUSE / 10)
            return
        try:
            async with self._reading() as connection:
                missed = await heard_by(connection, listener.person, listener.cursor, upto)
        except psycopg.Error:
            await asyncio.sleep(PAUSE)
            return
        for told in missed:
            await self._emit(told, [listener.sid])
        listener.cursor = missed[-1].id if len(missed) == PAGE else upto

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[Connection]:
        """From the primary: a replica may lag behind what was told already."""
        async with self._readers, await connect(self.url) as connection:
            yield connection

    # --- those who cannot follow ---

    def _waiting(self, sid: str) -> int:
        """How many packets a listener has not taken yet."""
        socket = self.sio.eio.sockets.get(self.sio.manager.eio_sid_from_sid(sid, "/"))
        return socket.queue.qsize() if socket else 0

    async def _send_the_slow_away(self) -> None:
        """They connect again with the last event they heard, and read the rest page by page."""
        for socket in list(self.sio.eio.sockets.values()):
            if socket.queue.qsize() > self.backlog:
                await send_away(socket)

    async def _send_everybody_away(self) -> None:
        for socket in list(self.sio.eio.sockets.values()):
            await send_away(socket)


async def send_away(socket: Any) -> None:
    """Close a connection behind what is queued for it, without waiting for that; the client comes back by itself."""
    await socket.close(wait=False)
    await socket.queue.put(None)  # ends the writer, which closes the WebSocket: not every client heeds a CLOSE packet


def room(facility_id: UUID, audience: str) -> str:
    return f"{facility_id}/{audience}"


def token_of(auth: Any) -> str:
    token = auth.get("token") if isinstance(auth, dict) else None
    if not isinstance(token, str) or not token:
        raise NotSignedIn("Connect with auth: {token, since?}; the token comes from POST /api/auth/token.")
    return token


def since_of(auth: dict[str, Any]) -> int | None:
    since = auth.get("since")
    if since is None:
        return None
    if isinstance(since, bool) or not isinstance(since, int) or since < 0:
        raise invalid("since", "must be the eventId of the last event heard, a whole number from 0 on")
    return since


def refusal(refused: Refused) -> Exception:
    """What the client gets as `connect_error`: the detail as message, the whole problem as data."""
    problem = refused.problem
    refused_connection: Exception = ConnectionRefused(
        problem.detail, problem.model_dump(mode="json", exclude_defaults=True)
    )
    return refused_connection
