"""What Daraja answers to our requests."""

from pydantic import Field

from integrations.services.mpesa.port import PushState, Standing
from integrations.services.outside import Reading

STILL_PROCESSING = "4999"


class Token(Reading):
    """`expires_in`: seconds, which come as text."""

    access_token: str = Field(min_length=1, repr=False)
    expires_in: float = 3599


class PushAnswer(Reading):
    merchant_request_id: str = Field(alias="MerchantRequestID", default="")
    checkout_request_id: str = Field(alias="CheckoutRequestID", min_length=1)


class QueryAnswer(Reading):
    result_code: str | None = Field(alias="ResultCode", default=None)
    result_desc: str | None = Field(alias="ResultDesc", default=None)

    @property
    def state(self) -> PushState:
        """An answer without a result, or with the code that means so, is no result yet."""
        code, reason = (self.result_code or "").strip(), self.result_desc or ""
        if code in ("", STILL_PROCESSING):
            return PushState(standing=Standing.PENDING, reason=reason, raw=self.raw)
        standing = Standing.PAID if code == "0" else Standing.FAILED
        return PushState(standing=standing, code=code, reason=reason, raw=self.raw)


class StatusAnswer(Reading):
    conversation_id: str = Field(alias="ConversationID")
    originator_conversation_id: str = Field(alias="OriginatorConversationID", default="")
