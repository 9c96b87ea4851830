"""The outside services that run in the sandbox: what they took, by their own ledgers, and how they are broken."""

from typing import Any, Self

import httpx2

from demo.answers import Body

# As the sandbox spells them, and as people do.
TITLES = {
    "sha": "SHA",
    "slade": "Slade360",
    "smart": "Smart",
    "mpesa": "M-Pesa",
    "sms": "SMS",
    "smtp": "e-mail",
}
ANSWER_SECONDS = 10.0

Ledgers = dict[str, list[Body]]


class Sandbox:
    """One connection pool to the sandbox at `url`; an empty `url` is none. `services` is empty until it is `found`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.services: frozenset[str] = frozenset()
        self._http = httpx2.AsyncClient(base_url=url, timeout=ANSWER_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def find(self) -> bool:
        """Ask which services it has; False where nobody answers, or somebody else does."""
        if self.url:
            self.services = frozenset([name for name in TITLES if await self._has(name)])
        return bool(self.services)

    async def _has(self, service: str) -> bool:
        try:
            answer = await self._http.get(f"/_sandbox/{service}/ledger", params={"kind": "none"})
            return answer.is_success and answer.json().get("service") == service
        except (httpx2.TransportError, ValueError, AttributeError):
            return False

    async def ledgers(self) -> Ledgers:
        """What each service did, oldest first."""
        return {service: list((await self._ask("GET", service, "ledger"))["items"]) for service in self.services}

    async def take_down(self, service: str, seconds: int, count: int) -> None:
        """Turn away the next `count` calls, and ask each caller to come back after so many seconds."""
        await self._ask("POST", service, "faults", {"mode": "down", "seconds": seconds, "count": count})

    async def mend(self, service: str) -> int:
        """Let it work again; how many calls it would have turned away yet."""
        orders = await self._ask("GET", service, "faults")
        left = next((order["count"] or 0 for order in orders if order["mode"] == "down"), 0)
        await self._ask("DELETE", service, "faults")
        return int(left)

    async def _ask(self, method: str, service: str, what: str, body: Body | None = None) -> Any:
        answer = await self._http.request(method, f"/_sandbox/{service}/{what}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None
