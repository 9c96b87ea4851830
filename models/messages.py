"""What patients are told by SMS and e-mail, in English and Swahili. No sentence says why they came or what was found.

A phone is shared, and its messages are read over a shoulder: a text names the clinic, a time, an amount, nothing
clinical. Each text is one SMS, in characters of the GSM alphabet, so that it costs one and looks the same everywhere.
An e-mail may be read on the way: what is clinical stands in its sealed attachment only. Moments may come in any zone;
texts show the clinic's.
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import Field

from models.base import Value

LONGEST = 160
"""Septets of one SMS."""

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_OF_TWO = frozenset("^{}\\[~]|€")
LOOKALIKES = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{MODIFIER LETTER APOSTROPHE}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
    }
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PARTS_OF_DAY = ((4, "usiku"), (6, "alfajiri"), (12, "asubuhi"), (16, "mchana"), (19, "jioni"), (24, "usiku"))
"""Each until that hour."""

NAIROBI = ZoneInfo("Africa/Nairobi")


class Language(StrEnum):
    ENGLISH = "ENGLISH"
    SWAHILI = "SWAHILI"


class Template(StrEnum):
    """The kinds of message, as rows and events name them."""

    APPOINTMENT_REMINDER = "APPOINTMENT_REMINDER"
    RESULTS_READY = "RESULTS_READY"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    RESULTS_REPORT = "RESULTS_REPORT"
    VISIT_REPORT = "VISIT_REPORT"
    MISSED_APPOINTMENT = "MISSED_APPOINTMENT"
    NEXT_VISIT_DUE = "NEXT_VISIT_DUE"
    OWED_ARRIVED = "OWED_ARRIVED"


Wordings = Mapping[Language, str]

REMINDER: Wordings = {
    Language.ENGLISH: "{clinic}: you have an appointment on {day} at {time}. If you cannot come, please tell us.",
    Language.SWAHILI: "{clinic}: una miadi tarehe {day} {time}. Usipoweza kuja, tafadhali tujulishe.",
}
READY: Wordings = {
    Language.ENGLISH: "{clinic}: your report is ready. Please collect it at the clinic. {link}",
    Language.SWAHILI: "{clinic}: ripoti yako iko tayari. Tafadhali ichukue kliniki. {link}",
}
ABSENT: Wordings = {
    Language.ENGLISH: "{clinic}: we expected you on {day}. Please call or come to agree on a new day.",
    Language.SWAHILI: "{clinic}: tulikutarajia tarehe {day}. Tafadhali piga simu au fika kupanga siku mpya.",
}
EXPECTED: Wordings = {
    Language.ENGLISH: "{clinic}: your next visit is due on {day}. Please come to the clinic.",
    Language.SWAHILI: "{clinic}: ziara yako ijayo ni tarehe {day}. Tafadhali fika kliniki.",
}
ARRIVED: Wordings = {
    Language.ENGLISH: "{clinic}: what we still owe you is here. Please collect it at the clinic.",
    Language.SWAHILI: "{clinic}: ulichobakiza kuchukua kimefika. Tafadhali kichukue kliniki.",
}
RECEIVED: Wordings = {
    Language.ENGLISH: "{clinic}: we received KES {amount} on {day}, receipt {receipt}. Still to pay: KES {balance}.",
    Language.SWAHILI: "{clinic}: tumepokea KES {amount} tarehe {day}, risiti {receipt}. Bado kulipwa: KES {balance}.",
}

REPORT_SUBJECT = "{clinic}: your report / ripoti yako"
REPORT_BODY = """\
Habari,

your report from {clinic} is attached. It opens with {english}.

Ripoti yako kutoka {clinic} imeambatishwa. Inafunguka kwa {swahili}.

Please do not answer this message; call the clinic instead.
Tafadhali usijibu ujumbe huu; pigia kliniki simu.
"""
NATIONAL_ID: Wordings = {
    Language.ENGLISH: "the national ID number that you gave at the clinic",
    Language.SWAHILI: "namba ya kitambulisho uliyotoa kliniki",
}
PHONE: Wordings = {
    Language.ENGLISH: "the phone number that you gave at the clinic, written like 0712345678",
    Language.SWAHILI: "namba ya simu uliyotoa kliniki, ikiandikwa kama 0712345678",
}


class ReportLetter(Value):
    """A letter around a report, and the password that opens the report: the letter says which, not what it is."""

    subject: str
    body: str
    password: str = Field(repr=False)


def report_letter(clinic: str, national_id: str | None, phone: str) -> ReportLetter:
    """`phone` as E.164. The patient's national ID number opens the report, or the phone number where there is none."""
    named, password = (NATIONAL_ID, national_id) if national_id else (PHONE, phone.replace("+254", "0", 1))
    clinic = " ".join(clinic.split())
    body = REPORT_BODY.format(clinic=clinic, english=named[Language.ENGLISH], swahili=named[Language.SWAHILI])
    return ReportLetter(subject=REPORT_SUBJECT.format(clinic=clinic), body=body, password=password)


def appointment_reminder(language: Language, clinic: str, at: datetime, zone: ZoneInfo = NAIROBI) -> str:
    local = at.astimezone(zone)
    time = swahili_time(local) if language is Language.SWAHILI else f"{local:%H:%M}"
    return fitted(REMINDER[language], clinic, day=day_of(local, language), time=time)


def results_ready(language: Language, clinic: str, link: str = "") -> str:
    """That something waits; `link`: where it can be read after signing in."""
    return fitted(READY[language], clinic, link=link)


def missed_appointment(language: Language, clinic: str, at: datetime, zone: ZoneInfo = NAIROBI) -> str:
    """`at`: when the patient was expected."""
    return fitted(ABSENT[language], clinic, day=day_of(at.astimezone(zone), language))


def next_visit_due(language: Language, clinic: str, at: datetime, zone: ZoneInfo = NAIROBI) -> str:
    return fitted(EXPECTED[language], clinic, day=day_of(at.astimezone(zone), language))


def owed_arrived(language: Language, clinic: str) -> str:
    return fitted(ARRIVED[language], clinic)


def payment_received(
    language: Language,
    clinic: str,
    amount: Decimal,
    receipt: str,
    balance: Decimal,
    at: datetime,
    zone: ZoneInfo = NAIROBI,
) -> str:
    """`amount` and `balance` in KES."""
    day = day_of(at.astimezone(zone), language)
    return fitted(
        RECEIVED[language], clinic, amount=f"{amount:,.2f}", receipt=receipt, balance=f"{balance:,.2f}", day=day
    )


def day_of(local: datetime, language: Language) -> str:
    """`23 Nov 2026`; in Swahili with the month's number, whose names differ from place to place."""
    if language is Language.SWAHILI:
        return f"{local.day}/{local.month}/{local.year}"
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def swahili_time(local: datetime) -> str:
    """The hour as Swahili tells it, counted from sunrise, and the clock's beside it: `saa 3:00 asubuhi (09:00)`."""
    part = next(name for until, name in PARTS_OF_DAY if local.hour < until)
    return f"saa {(local.hour - 6) % 12 or 12}:{local:%M} {part} ({local:%H:%M})"


def fitted(wording: str, clinic: str, **values: str) -> str:
    """The text in GSM characters and within one SMS: a clinic's long name is cut, nothing else. ValueError where that
    is not enough."""
    rest = in_gsm(wording.format(clinic="", **values)).strip()
    name, room = in_gsm(clinic).strip(), LONGEST - septets(rest)
    while septets(name) > room and len(name) > 1:
        name = name[:-1].rstrip()
    if septets(name) > room:
        raise ValueError("the text is longer than one SMS")
    return name + rest


def in_gsm(text: str) -> str:
    """The nearest text in the GSM alphabet: Wanjikũ becomes Wanjiku; what has nothing near becomes a question mark."""
    return "".join(nearest(sign) for sign in unicodedata.normalize("NFC", text.translate(LOOKALIKES)))


def nearest(sign: str) -> str:
    if sign in GSM or sign in GSM_OF_TWO:
        return sign
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    return plain if plain and all(part in GSM for part in plain) else "?"


def septets(text: str) -> int:
    """How much of an SMS a text in GSM characters takes."""
    return len(text) + sum(sign in GSM_OF_TWO for sign in text)
