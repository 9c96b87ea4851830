"""reconciliation: clocks, gates, crowds and tasks that do not agree"""

from alembic import op


revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLE = "reconciliation_findings"
CODES = (
    "VISIT_UNREADABLE",
    "VISIT_STATUS",
    "VISIT_QUEUE",
    "VISIT_COLOUR",
    "VISIT_PAYMENT_STATUS",
    "VISIT_VERSION",
    "VISIT_AUDIT",
    "LEDGER_BILLED",
    "LEDGER_PAID",
    "LEDGER_PENDING",
    "LEDGER_COVERED",
    "LEDGER_WAIVED",
    "LEDGER_REFUNDED",
    "LEDGER_DEPOSITED",
    "LEDGER_STOCK",
    "ORDER_UNKNOWN",
    "ORDER_GONE",
    "ORDER_PIECES",
    "AUDIT_CHAIN",
    "RUN_MISSING",
    "RUN_BEHIND",
    "RUN_LEFT_OVER",
    "SCHEDULE_MISSING",
)
NEW_CODES = (
    "VISIT_CLOCKS",
    "VISIT_GATES",
    "LEDGER_PAID_FIRST",
    "CLOCK_BEHIND",
    "CLOCK_LEFT_OVER",
    "CLOCK_UNTOLD",
    "CROWD_LEFT_OVER",
    "CROWD_UNTOLD",
    "TASK_LEFT_OVER",
)
REPAIRS = ("NONE", "START_RUN", "TELL_RUN", "MAKE_SCHEDULE")
NEW_REPAIRS = ("COUNT_AGAIN", "CLOSE_TASK")


def known(column: str, words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(f"{TABLE}_{column}_check"), TABLE)
    op.create_check_constraint(op.f(f"{TABLE}_{column}_check"), TABLE, f"{column} in ({listed})")


def upgrade() -> None:
    known("code", CODES + NEW_CODES)
    known("repair", REPAIRS + NEW_REPAIRS)


def downgrade() -> None:
    op.execute(f"delete from {TABLE} where code in {NEW_CODES}")
    known("code", CODES)
    known("repair", REPAIRS)
