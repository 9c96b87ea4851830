"""The outside services, and how each stands. One that is down or paused holds up nothing but its own queue."""

from datetime import datetime, timedelta
from enum import StrEnum

from models.base import Value


class Service(StrEnum):
    """As commands, task queues and the sandbox spell them."""

    SHA = "sha"
    SLADE = "slade"
    SMART = "smart"
    MPESA = "mpesa"
    SMS = "sms"
    SMTP = "smtp"


def queue_of(service: Service) -> str:
    """The task queue of a service's activities."""
    return f"service-{service}"


FAILURES_ALLOWED = 5
"""So many calls in a row may fail before the service is left alone for a while."""

FIRST_REST, LONGEST_REST = timedelta(seconds=10), timedelta(minutes=5)


def rest_after(failures: int) -> timedelta:
    """How long a failing service is left alone: nothing at first, then doubling up to five minutes."""
    if failures < FAILURES_ALLOWED:
        return timedelta(0)
    doublings = min(failures - FAILURES_ALLOWED, 10)
    return min(FIRST_REST * int(2**doublings), LONGEST_REST)


class Standing(Value):
    """How a service stands, as its row tells it."""

    name: Service
    is_paused: bool = False
    paused_at: datetime | None = None
    reason: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    last_failure: str = ""
    last_success_at: datetime | None = None
    rests_until: datetime | None = None
    next_claim_at: datetime | None = None
    waiting: str = ""
    """What waits for it, counted, in words."""

    def wait(self, now: datetime) -> timedelta | None:
        """How long a call must wait; None where it may go now. A paused service is asked about again in a minute."""
        if self.is_paused:
            return timedelta(minutes=1)
        if self.rests_until and self.rests_until > now:
            return self.rests_until - now
        return None

    @property
    def said(self) -> str:
        """PAUSED, FAILING or UP."""
        if self.is_paused:
            return "PAUSED"
        return "FAILING" if self.failing_since else "UP"

    def in_words(self) -> str:
        """One line for an operator."""
        waits = f"; waiting: {self.waiting}" if self.waiting else ""
        return f"{self.name:<6} {self.said}{self.since}{waits}"

    @property
    def since(self) -> str:
        if self.is_paused and self.paused_at:
            return f" since {minute(self.paused_at)}: {self.reason}"
        if self.failing_since:
            return f" since {minute(self.failing_since)}, {self.failures} calls in a row: {self.last_failure}"
        return f", answered last {minute(self.last_success_at)}" if self.last_success_at else ""


def minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
