"""What is sent to Daraja. Pure functions; SaidNo where Daraja would refuse a request, or silently change it."""

import re
from base64 import b64encode
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.services.mpesa.port import Inquiry, Push
from integrations.services.outside import SaidNo
from integrations.settings import Settings

SERVICE = "mpesa"
EAT = ZoneInfo("Africa/Nairobi")
"""Daraja's clock, wherever the clinic is."""

MOBILE = re.compile(r"254[17]\d{8}")
REFERENCE_LENGTH, DESCRIPTION_LENGTH = 12, 13


def timestamp(at: datetime) -> str:
    """`YYYYMMDDHHmmss` in East Africa Time."""
    return at.astimezone(EAT).strftime("%Y%m%d%H%M%S")


def password(short_code: str, pass_key: str, stamp: str) -> str:
    return b64encode(f"{short_code}{pass_key}{stamp}".encode()).decode()


def signed(settings: Settings, at: datetime) -> dict[str, Any]:
    """Who asks, as prompts and their queries prove it."""
    stamp, code = timestamp(at), settings.mpesa_short_code
    key = settings.mpesa_pass_key.get_secret_value()
    return {"BusinessShortCode": code, "Password": password(code, key, stamp), "Timestamp": stamp}


def push_request(push: Push, settings: Settings, at: datetime) -> dict[str, Any]:
    """A prompt for a PayBill number, or for a till where the clinic has one."""
    phone, till = push.phone.removeprefix("+"), settings.mpesa_till
    if not MOBILE.fullmatch(phone):
        raise SaidNo(SERVICE, "not-a-mobile-number")
    if push.amount != push.amount.to_integral_value() or push.amount < 1:
        raise SaidNo(SERVICE, "amount-not-whole", "M-Pesa takes whole shillings, from 1")
    if not 1 <= len(push.reference) <= REFERENCE_LENGTH:
        raise SaidNo(SERVICE, "reference-length", f"1 to {REFERENCE_LENGTH} characters")
    return {
        **signed(settings, at),
        "TransactionType": "CustomerBuyGoodsOnline" if till else "CustomerPayBillOnline",
        "Amount": int(push.amount),
        "PartyA": phone,
        "PartyB": till or settings.mpesa_short_code,
        "PhoneNumber": phone,
        "CallBackURL": push.callback_url,
        "AccountReference": push.reference,
        "TransactionDesc": push.description[:DESCRIPTION_LENGTH],
    }


def status_request(inquiry: Inquiry, settings: Settings) -> dict[str, Any]:
    """A question about one transaction. SaidNo where it says neither of the two names of a transaction."""
    if inquiry.receipt:
        about = {"TransactionID": inquiry.receipt}
    elif inquiry.conversation_id:
        about = {"OriginalConversationID": inquiry.conversation_id}
    else:
        raise SaidNo(SERVICE, "no-transaction-named")
    return {
        **about,
        "Initiator": settings.mpesa_initiator,
        "SecurityCredential": settings.mpesa_security_credential.get_secret_value(),
        "CommandID": "TransactionStatusQuery",
        "PartyA": settings.mpesa_short_code,
        "IdentifierType": "4",
        "ResultURL": inquiry.result_url,
        "QueueTimeOutURL": inquiry.timeout_url,
        "Remarks": "Reconciliation",
        "Occasion": "",
    }


def urls_request(confirmation_url: str, validation_url: str, settings: Settings) -> dict[str, Any]:
    """Where payments at the counter are confirmed; `Completed`: taken, though our validation does not answer."""
    return {
        "ShortCode": settings.mpesa_short_code,
        "ResponseType": "Completed",
        "ConfirmationURL": confirmation_url,
        "ValidationURL": validation_url,
    }
