"""Preauthorisations, and where the exchange tells of changes."""

from integrations.services.sha.answers import Endpoint, PreauthState
from integrations.services.sha.directory import reading
from integrations.services.sha.requests import Preauth, multipart, part
from integrations.services.sha.tolerant import Shape
from integrations.services.sha.wire import Wire

STATUS_CHANGED = "status_changed"


class Preauths:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def request(self, preauth: Preauth) -> PreauthState:
        """Ask for one. Unknown: look at the list before asking again."""
        fields = {
            "consent_token": preauth.consent_token,
            "intervention_code": preauth.intervention_code,
            "service_start": preauth.service_start.isoformat(),
            "service_end": preauth.service_end.isoformat(),
            "provider_notification_email": preauth.notification_email,
        }
        parts = [*multipart(fields), *((name, (None, given)) for name, given in preauth.lists)]
        files = [*parts, *(part(name, paper) for name, paper in preauth.files)]
        return await self._wire.read(PreauthState, "POST", "/preauths", effect=True, files=files)

    async def list(self, consent_token: str) -> list[PreauthState]:
        """Those of one claim; documented as one object, seen as a page."""
        body = await self._wire.ask("GET", "/preauths", effect=False, params={"consent_token": consent_token})
        rows = body if isinstance(body, list) else body.get("results", [body]) if isinstance(body, dict) else []
        return [reading(PreauthState, row) for row in rows or []]

    async def cancel(self, consent_token: str, intervention_code: str) -> None:
        wanted = {"consent_token": consent_token, "intervention_code": intervention_code}
        await self._wire.ask("POST", "/preauths/cancel", effect=False, json=wanted)


class StatusCalls:
    """Have changes told. What is then sent is not public: read the claim whenever anything comes.

    `tenant`: our name at the agency, as it was issued; it serves for endpoints only, operations hang on the facility.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire, self._settings = wire, wire.settings

    async def register_endpoint(self, tenant: str, base_url: str, entity_type: str = "claim") -> Endpoint:
        """Where we listen for one kind of thing (`claim`, `preauth`, `authorization`); register each once."""
        wanted = {
            "name": f"{self._settings.facility_code}-{entity_type}",
            "base_url": base_url,
            "entity_type": entity_type,
            "environment": "production" if self._settings.environment == "production" else "sandbox",
            "auth_type": "none",
            "facility_fr_code": self._settings.sha_facility_id,
        }
        return await self._wire.read(Endpoint, "POST", f"/tenants/{tenant}/endpoints", effect=True, json=wanted)

    async def register_operation(self, endpoint_id: str, path: str) -> Shape:
        """Without one of these an endpoint is never called."""
        wanted = {"name": STATUS_CHANGED, "action": STATUS_CHANGED, "method": "POST", "path": path}
        where = f"/tenants/{self._settings.sha_facility_id}/endpoints/{endpoint_id}/operations"
        return await self._wire.read(Shape, "POST", where, effect=True, json=wanted)
