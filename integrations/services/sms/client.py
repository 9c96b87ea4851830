"""The real client: Africa's Talking over HTTPS."""

import httpx2

from integrations.services.line import Line
from integrations.services.sms.port import Sent
from integrations.services.sms.shapes import MESSAGING, SERVICE, message_request, outcome
from integrations.settings import Settings


class AfricasTalking:
    """Implements `Sms`."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        self._line = Line(SERVICE, settings.outside(SERVICE), http)

    async def send(self, to: str, text: str) -> Sent:
        request = message_request(to, text, self.settings)
        headers = {"apiKey": self.settings.sms_api_key.get_secret_value(), "Accept": "application/json"}
        body = await self._line.ask("POST", MESSAGING, effect=True, data=request, headers=headers)
        return outcome(body, request["to"])
