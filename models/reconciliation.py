"""Where the clinic's accounts do not agree with each other: each difference, named, with who sees to it.

What a visit says of itself is held against what was written beside it: its bill, its orders, its audit. Nothing here
reads or writes; facts come in, findings go out.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from models.base import NOTHING, Value
from models.staff import Role


class Code(StrEnum):
    """What does not agree. The first part says with what."""

    VISIT_UNREADABLE = "VISIT_UNREADABLE"
    VISIT_STATUS = "VISIT_STATUS"
    VISIT_QUEUE = "VISIT_QUEUE"
    VISIT_COLOUR = "VISIT_COLOUR"
    VISIT_PAYMENT_STATUS = "VISIT_PAYMENT_STATUS"
    VISIT_CLOCKS = "VISIT_CLOCKS"
    VISIT_GATES = "VISIT_GATES"
    VISIT_VERSION = "VISIT_VERSION"
    VISIT_AUDIT = "VISIT_AUDIT"
    LEDGER_BILLED = "LEDGER_BILLED"
    LEDGER_PAID = "LEDGER_PAID"
    LEDGER_PENDING = "LEDGER_PENDING"
    LEDGER_COVERED = "LEDGER_COVERED"
    LEDGER_WAIVED = "LEDGER_WAIVED"
    LEDGER_REFUNDED = "LEDGER_REFUNDED"
    LEDGER_DEPOSITED = "LEDGER_DEPOSITED"
    LEDGER_PAID_FIRST = "LEDGER_PAID_FIRST"
    LEDGER_STOCK = "LEDGER_STOCK"
    ORDER_UNKNOWN = "ORDER_UNKNOWN"
    ORDER_GONE = "ORDER_GONE"
    ORDER_PIECES = "ORDER_PIECES"
    AUDIT_CHAIN = "AUDIT_CHAIN"
    RUN_MISSING = "RUN_MISSING"
    RUN_BEHIND = "RUN_BEHIND"
    RUN_LEFT_OVER = "RUN_LEFT_OVER"
    CLOCK_BEHIND = "CLOCK_BEHIND"
    CLOCK_LEFT_OVER = "CLOCK_LEFT_OVER"
    CLOCK_UNTOLD = "CLOCK_UNTOLD"
    CROWD_LEFT_OVER = "CROWD_LEFT_OVER"
    CROWD_UNTOLD = "CROWD_UNTOLD"
    TASK_LEFT_OVER = "TASK_LEFT_OVER"
    SCHEDULE_MISSING = "SCHEDULE_MISSING"


class Repair(StrEnum):
    """What is done about it by itself. Facts and money are never changed: those are for people."""

    NONE = "NONE"
    START_RUN = "START_RUN"
    TELL_RUN = "TELL_RUN"
    MAKE_SCHEDULE = "MAKE_SCHEDULE"
    COUNT_AGAIN = "COUNT_AGAIN"
    CLOSE_TASK = "CLOSE_TASK"


ASK_AN_ENGINEER = (
    "Change nothing by hand. Compare the visit's timeline and audit with its records, and call an engineer."
)
BY_ITSELF = "It is repaired by itself, and the repair audited."
WHAT_TO_DO: dict[Code, tuple[Role, str]] = {
    Code.VISIT_STATUS: (Role.SUPERVISOR, f"The next action on the visit says it anew. {ASK_AN_ENGINEER}"),
    Code.VISIT_QUEUE: (Role.SUPERVISOR, f"See to the patient first. The next action says it anew. {ASK_AN_ENGINEER}"),
    Code.VISIT_COLOUR: (Role.SUPERVISOR, "See to the patient first: triage again."),
    Code.VISIT_CLOCKS: (Role.SUPERVISOR, f"See to the patient first. The next action says it anew. {ASK_AN_ENGINEER}"),
    Code.VISIT_GATES: (
        Role.SUPERVISOR,
        f"Nobody waits for what is paid: see to the patient first. The next action says it anew. {ASK_AN_ENGINEER}",
    ),
    Code.VISIT_AUDIT: (Role.ADMIN, "Change nothing. Take a backup, and run `njia audit verify`."),
    Code.AUDIT_CHAIN: (Role.ADMIN, "Change nothing. Take a backup, and run `njia audit verify`."),
    Code.LEDGER_BILLED: (Role.SUPERVISOR, f"Take no money for it until it is clear. {ASK_AN_ENGINEER}"),
    Code.LEDGER_PAID: (Role.SUPERVISOR, f"Compare receipts and M-Pesa's statement. {ASK_AN_ENGINEER}"),
    Code.LEDGER_PENDING: (Role.SUPERVISOR, f"Compare with M-Pesa's statement. {ASK_AN_ENGINEER}"),
    Code.LEDGER_COVERED: (Role.SUPERVISOR, f"Compare the invoices. {ASK_AN_ENGINEER}"),
    Code.LEDGER_WAIVED: (Role.SUPERVISOR, f"Compare the waivers that were approved. {ASK_AN_ENGINEER}"),
    Code.LEDGER_REFUNDED: (Role.SUPERVISOR, f"Pay nothing back until it is clear: count the till. {ASK_AN_ENGINEER}"),
    Code.LEDGER_DEPOSITED: (Role.SUPERVISOR, f"Compare receipts and M-Pesa's statement. {ASK_AN_ENGINEER}"),
    Code.LEDGER_PAID_FIRST: (
        Role.SUPERVISOR,
        f"Compare bill and receipts; in danger, `break_glass`. {ASK_AN_ENGINEER}",
    ),
    Code.LEDGER_STOCK: (Role.PHARMACIST, "Count the batch: the count is written down, and the ledger begins from it."),
    Code.ORDER_UNKNOWN: (Role.SUPERVISOR, f"Somebody must still do it: tell the station. {ASK_AN_ENGINEER}"),
    Code.ORDER_GONE: (Role.SUPERVISOR, f"The patient waits for what nobody does: tell the station. {ASK_AN_ENGINEER}"),
    Code.RUN_MISSING: (Role.ADMIN, BY_ITSELF),
    Code.RUN_BEHIND: (Role.ADMIN, BY_ITSELF),
    Code.RUN_LEFT_OVER: (Role.ADMIN, BY_ITSELF),
    Code.SCHEDULE_MISSING: (Role.ADMIN, BY_ITSELF),
    Code.CLOCK_BEHIND: (Role.ADMIN, BY_ITSELF),
    Code.CLOCK_LEFT_OVER: (Role.ADMIN, BY_ITSELF),
    Code.CLOCK_UNTOLD: (Role.SUPERVISOR, f"See to the patient. {BY_ITSELF}"),
    Code.CROWD_LEFT_OVER: (Role.ADMIN, BY_ITSELF),
    Code.CROWD_UNTOLD: (Role.ADMIN, BY_ITSELF),
    Code.TASK_LEFT_OVER: (Role.ADMIN, BY_ITSELF),
}
"""Who sees to it, and how. For the others: an ADMIN, who asks an engineer."""


class Finding(Value):
    """One difference. `subject`: of what kind the record `subject_id` is; `run`: the workflow that it is about.
    `visit_id`: where it is about a visit.

    `since`: when it was last known to be well, where anybody knows.
    """

    code: Code
    facility_id: UUID
    subject: str
    subject_id: UUID
    visit_id: UUID | None = None
    words: str
    since: datetime | None = None
    repair: Repair = Repair.NONE
    run: str = ""

    @property
    def key(self) -> tuple[str, str, UUID]:
        """By which the same difference is known again."""
        return (self.code, self.subject, self.subject_id)

    @property
    def who(self) -> Role:
        return WHAT_TO_DO.get(self.code, (Role.ADMIN, ""))[0]

    @property
    def advice(self) -> str:
        return WHAT_TO_DO.get(self.code, (Role.ADMIN, ASK_AN_ENGINEER))[1]

    def in_words(self) -> str:
        return f"{self.words}\n    {self.code}, for {self.who}: {self.advice}"


class Scope(Value):
    """What is held against each other. Not `everything`: what is open, what moved lately, and what differed before."""

    everything: bool = True
    repair: bool = True


class Report(Value):
    """How much was looked at, how much of it differs, and about how much of that something was done."""

    visits: int = 0
    runs: int = 0
    differences: int = 0
    repaired: int = 0

    def in_words(self) -> str:
        looked = f"{self.visits} visits and {self.runs} workflows compared"
        if not self.differences:
            return f"{looked}: all agree."
        mended = f"; {self.repaired} repaired" if self.repaired else ""
        return f"{looked}: {self.differences} {'difference' if self.differences == 1 else 'differences'}{mended}."


def money(amount: Decimal) -> str:
    return f"KES {amount or NOTHING:.2f}"
