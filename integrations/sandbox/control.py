"""Sandbox control over HTTP: ledgers, faults, and what else a person can make happen over there."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, HTTPException

from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.sandbox.faults import Fault


class Open(NamedTuple):
    """A service that runs in the sandbox, and its stand."""

    service: Counterpart
    stand: Stand

    def ledger(self, kind: str = "", key: str = "") -> dict[str, Any]:
        """What it did; only of that kind, only with that key."""
        wanted = [e for e in self.stand.ledger.entries if kind in ("", e.kind) and key in ("", e.key)]
        return {
            "service": self.service.name,
            "items": [entry.model_dump(mode="json") for entry in wanted],
            "duplicates": self.stand.ledger.duplicates(),
            "callbacks": [called.model_dump(mode="json") for called in self.stand.callbacks.made],
        }

    async def forget(self) -> None:
        """Work, have done nothing yet, and be about nothing."""
        await self.stand.callbacks.drop()
        self.stand.faults.clear()
        self.stand.ledger.clear()
        self.stand.callbacks.made.clear()

    def control(self, name: str) -> Control:
        for control in self.service.controls:
            if control.name == name:
                return control
        raise HTTPException(404, "no such control")


def routes(services: Mapping[str, Open]) -> APIRouter:
    """Ledger, faults and controls of each service; `DELETE /_sandbox` lets all begin anew."""
    router = APIRouter(prefix="/_sandbox")

    @router.delete("", status_code=204)
    async def forget() -> None:
        for running in services.values():
            await running.forget()

    @router.get("/{service}/ledger")
    async def ledger(service: str, kind: str = "", key: str = "") -> dict[str, Any]:
        return found(services, service).ledger(kind, key)

    @router.get("/{service}/faults")
    async def faults(service: str) -> list[Fault]:
        return found(services, service).stand.faults.in_force

    @router.post("/{service}/faults", status_code=201)
    async def order(service: str, fault: Fault) -> list[Fault]:
        found(services, service).stand.faults.order(fault)
        return found(services, service).stand.faults.in_force

    @router.delete("/{service}/faults", status_code=204)
    async def clear(service: str) -> None:
        found(services, service).stand.faults.clear()

    @router.post("/{service}/{control}")
    async def act(service: str, control: str, fields: dict[str, str | int | float]) -> Any:
        return await performed(found(services, service).control(control), fields)

    return router


def found(services: Mapping[str, Open], name: str) -> Open:
    if name not in services:
        raise HTTPException(404, f"the services are {', '.join(services)}")
    return services[name]


async def performed(control: Control, fields: Mapping[str, object]) -> Any:
    """Do it, with every field as text; 422 where it cannot be."""
    try:
        return await control.act({name: str(fields.get(name, "")).strip() for name in control.fields})
    except ValueError as wrong:
        raise HTTPException(422, str(wrong)) from None
