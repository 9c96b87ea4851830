"""What goes to Africa's Talking and what comes back. Pure functions."""

from collections.abc import Mapping
from typing import Any

import phonenumbers
from pydantic import Field

from integrations.services.outside import Away, Reading, SaidNo, Unknown, Unreadable
from integrations.services.sms.port import Delivery, DeliveryReport, OptOut, Sent
from integrations.settings import Settings

SERVICE = "sms"
MESSAGING = "/version1/messaging"

CODES = {
    "100": "Processed",
    "101": "Sent",
    "102": "Queued",
    "401": "RiskHold",
    "402": "InvalidSenderId",
    "403": "InvalidPhoneNumber",
    "404": "UnsupportedNumberType",
    "405": "InsufficientBalance",
    "406": "UserInBlacklist",
    "407": "CouldNotRoute",
    "409": "DoNotDisturbRejection",
    "500": "InternalServerError",
    "501": "GatewayError",
    "502": "RejectedByGateway",
}
TAKEN = frozenset({"100", "101", "102"})
REFUSED = frozenset({"402", "403", "404", "406", "409"})

NOT_NOW = frozenset({"401", "405", "407", "500", "501", "502"})
"""Nothing is wrong with the message. 401 and 405 concern our account: somebody must release or fill it, and then every
message that waits can go, so they must not be lost as refused; they count as failures of the service, which is what
supervisors watch."""

MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
FINAL = {"success": Delivery.DELIVERED, "failed": Delivery.FAILED, "rejected": Delivery.FAILED}
NO_ID = frozenset({"", "none", "null"})


class _Recipient(Reading):
    code: str = Field(alias="statusCode", min_length=1)
    number: str | None = None
    status: str | None = None
    cost: str | None = None
    message_id: str | None = Field(alias="messageId", default=None)

    @property
    def id(self) -> str:
        """The message's id; empty where none was made (which is said as `"None"`)."""
        return "" if (self.message_id or "").lower() in NO_ID else str(self.message_id)


class _Report(Reading):
    id: str = Field(min_length=1)
    status: str = Field(min_length=1)
    phone: str = Field(alias="phoneNumber", default="")
    network_code: str = Field(alias="networkCode", default="")
    failure_reason: str = Field(alias="failureReason", default="")


class _OptOut(Reading):
    phone: str = Field(alias="phoneNumber")
    sender: str = Field(alias="senderId", default="")


def mobile_number(text: str) -> str:
    """A Kenyan mobile number as E.164. ValueError, which does not repeat it, where it is none."""
    try:
        number = phonenumbers.parse(text.strip(), "KE")
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number") from None
    if not phonenumbers.is_valid_number_for_region(number, "KE") or phonenumbers.number_type(number) not in MOBILE:
        raise ValueError("not a Kenyan mobile number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def message_request(to: str, text: str, settings: Settings) -> dict[str, str]:
    """The form that is sent. SaidNo where nobody could receive it."""
    try:
        phone = mobile_number(to)
    except ValueError:
        raise SaidNo(SERVICE, "not-a-mobile-number") from None
    if not text.strip():
        raise SaidNo(SERVICE, "no-text")
    sender = {"from": settings.sms_sender} if settings.sms_sender else {}
    return {"username": settings.sms_user_name, "to": phone, "message": text, "bulkSMSMode": "1", **sender}


def outcome(body: Any, to: str) -> Sent:
    """What a 201 says about our one recipient, who may have been refused all the same."""
    data = body.get("SMSMessageData") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise Unknown(SERVICE, "unreadable")
    recipients = [one for one in data.get("Recipients") or () if isinstance(one, dict)]
    ours = [one for one in recipients if one.get("number") == to] or recipients
    if not ours:
        raise refusal_of_all(str(data.get("Message") or ""))
    try:
        recipient = _Recipient.read(ours[0])
    except Unreadable:
        raise Unknown(SERVICE, "unreadable") from None
    return settled(recipient)


def refusal_of_all(message: str) -> SaidNo | Away | Unknown:
    """No recipient stands in the answer: then its words name the reason, such as `InvalidSenderId`."""
    for code, name in CODES.items():
        if name.lower() in message.replace(" ", "").lower() and code not in TAKEN:
            return SaidNo(SERVICE, code, name) if code in REFUSED else Away(SERVICE, code, name)
    return Unknown(SERVICE, "no-recipient", message)


def settled(recipient: _Recipient) -> Sent:
    code, status = recipient.code.strip(), recipient.status or ""
    if code in TAKEN:
        return Sent(provider_id=recipient.id, code=code, status=status, cost=recipient.cost or "", raw=recipient.raw)
    if code in REFUSED:
        raise SaidNo(SERVICE, code, status)
    if code in NOT_NOW and not recipient.id:
        raise Away(SERVICE, code, status)
    # A message was made and may yet go out, or the code is one that nobody has told us about.
    raise Unknown(SERVICE, code, status)


def delivery_report(form: Mapping[str, Any]) -> DeliveryReport:
    """Read the form of a delivery report. Unreadable without a message or a status."""
    told = _Report.read(dict(form))
    return DeliveryReport(
        provider_id=told.id,
        status=told.status,
        delivery=FINAL.get(told.status.strip().lower(), Delivery.UNDER_WAY),
        failure_reason=told.failure_reason,
        network_code=told.network_code,
        phone=told.phone,
        raw=told.raw,
    )


def opt_out(form: Mapping[str, Any]) -> OptOut:
    """Read the form of an opt-out. Unreadable without a Kenyan mobile number.

    A `+` that the sender did not escape arrives as a space.
    """
    told = _OptOut.read(dict(form))
    digits = told.phone.strip()
    try:
        return OptOut(phone=mobile_number(digits if digits[:1] in ("+", "0") else f"+{digits}"), sender=told.sender)
    except ValueError:
        raise Unreadable("OptOut: phoneNumber") from None
