"""What the exchange says in its errors. The engine behind it wraps its own words: JSON in strings, sometimes twice."""

import json
from collections.abc import Iterator
from typing import Any

from integrations.services.line import Answer

SPOKEN = ("message", "error", "details", "detail")
PHRASES = frozenset(
    {"Bad Request", "Not Found", "Conflict", "Forbidden", "Unprocessable Entity", "Internal Server Error"}
)

CRASHED = "looking for beginning of value"
"""The exchange could not read the engine's answer: a 400, but of what became of the request it says nothing."""

MEANINGS = {"otp": "otp-refused", "one-time": "otp-refused", "no doctor": "no-doctor", "tariff": "above-tariff"}
"""Words by which a refusal is known, and the code that we give it; the exchange has no codes."""


def explained(answer: Answer) -> str:
    """All that an error says, once, in the order of its weight."""
    return "; ".join(dict.fromkeys(said(answer.body)))


def said(value: Any) -> Iterator[str]:
    """The sentences in a value, however deep, without trace ids and HTTP phrases."""
    if isinstance(value, dict):
        named = [value[name] for name in SPOKEN if name in value]
        for inner in named or list(value.values()):
            yield from said(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from said(inner)
    elif isinstance(value, str):
        yield from spoken(value)


def spoken(text: str) -> Iterator[str]:
    """A sentence, and what is packed into it as JSON from some point on."""
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    inner = loaded(text[start:]) if start >= 0 else None
    plain = (text[:start].rstrip(" :") if inner is not None else text).strip()
    if plain and plain not in PHRASES:
        yield plain
    if inner is not None:
        yield from said(inner)


def loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def code_of(words: str, status: int) -> str:
    """What was refused, where the words tell; else the status."""
    lower = words.lower()
    return next((code for word, code in MEANINGS.items() if word in lower), f"http-{status}")
