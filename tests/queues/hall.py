"""A waiting room: a clinic of its own, so that nobody else's patients stand in the line."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from models.staff import Role
from tests.walks import Walk


@dataclass
class Hall(Walk):
    async def act(self, who: Role | str, visit_id: str, kind: str, station: str, **form: Any) -> httpx2.Response:
        """One of the queue's actions, whatever comes of it."""
        body = {"kind": kind, "station": station, **form}
        return await self.decided(who, "POST", f"/api/visits/{visit_id}/actions", body)

    async def acted(self, who: Role | str, visit_id: str, kind: str, station: str, **form: Any) -> dict[str, Any]:
        answer = await self.act(who, visit_id, kind, station, **form)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def next(
        self, who: Role | str, station: str, room: str | None = None, key: UUID | None = None
    ) -> httpx2.Response:
        return await self.does(who, "POST", f"/api/queues/{station}/next", {"room": room} if room else {}, key)

    async def line(self, station: str) -> list[dict[str, Any]]:
        answer = await self.does(Role.RECEPTIONIST, "GET", f"/api/queues/{station}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def item(self, station: str, visit_id: str) -> dict[str, Any]:
        return next(one for one in await self.line(station) if one["visit_id"] == visit_id)
