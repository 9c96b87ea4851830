"""money gates, deposits, waivers, refunds"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

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
"""What was looked for before."""

MONEY = sa.Numeric(precision=12, scale=2)
WHEN = sa.DateTime(timezone=True)


def json() -> postgresql.JSONB:
    return postgresql.JSONB(astext_type=sa.Text())


def of_visits() -> tuple[sa.Column[Any], ...]:
    """Made anew each time: a column belongs to one table."""
    return (
        sa.Column("amount_deposited", MONEY, server_default="0", nullable=False),
        sa.Column("amount_refunded", MONEY, server_default="0", nullable=False),
        sa.Column("amount_first", MONEY, server_default="0", nullable=False),
        sa.Column("paid_first", json(), server_default="[]", nullable=False),
        sa.Column("waivers", json(), server_default="[]", nullable=False),
        sa.Column("pending_waiver", json(), nullable=True),
        sa.Column("refund", json(), nullable=True),
        sa.Column("gates", json(), server_default="[]", nullable=False),
        sa.Column("consultation_fee", json(), nullable=True),
        sa.Column("cover", sa.Text(), nullable=True),
    )


def decision(name: str, *columns: sa.Column[Any], checks: dict[str, str]) -> None:
    """A table of requests; every one has who asks, who decides and by when."""
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("ladder", json(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        *columns,
        *(sa.CheckConstraint(check, name=op.f(f"{name}_{said}_check")) for said, check in checks.items()),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f(f"{name}_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f(f"{name}_visit_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f(f"{name}_patient_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{name}_pkey")),
    )
    for column in ("visit_id", "patient_id"):
        op.create_index(op.f(f"{name}_{column}_idx"), name, [column])


FINDINGS = "reconciliation_findings"
NEW_CODES = ("LEDGER_WAIVED", "LEDGER_DEPOSITED", "LEDGER_REFUNDED")


def known_codes(*more: str) -> None:
    """What may be found not to agree."""
    listed = ", ".join(f"'{code}'" for code in (*CODES, *more))
    op.drop_constraint(op.f(f"{FINDINGS}_code_check"), FINDINGS)
    op.create_check_constraint(op.f(f"{FINDINGS}_code_check"), FINDINGS, f"code in ({listed})")


def upgrade() -> None:
    known_codes(*NEW_CODES)
    for column in of_visits():
        op.add_column("visits", column)
    op.add_column("payments", sa.Column("purpose", sa.Text(), server_default="BILL", nullable=False))
    op.add_column("referrals", sa.Column("quoted_item", sa.Text(), nullable=True))
    decision(
        "waivers",
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("amount_approved", MONEY, nullable=True),
        sa.Column("amount_counted", MONEY, nullable=False),
        sa.Column("expires_at", WHEN, nullable=True),
        checks={
            "status": "status in ('PENDING', 'APPROVED', 'REFUSED', 'EXPIRED', 'CANCELLED')",
            "amount": "amount > 0",
            "approved": "amount_approved is null or amount_approved <= amount",
            "counted": "amount_counted between 0 and coalesce(amount_approved, 0)",
        },
    )
    pending = sa.text("status = 'PENDING'")
    op.create_index("waivers_pending_idx", "waivers", ["visit_id"], unique=True, postgresql_where=pending)
    decision(
        "refunds",
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("payment_type", sa.Text(), nullable=True),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("paid_at", WHEN, nullable=True),
        checks={
            "status": "status in ('PENDING', 'APPROVED', 'REFUSED', 'CANCELLED', 'PAID')",
            "amount": "amount > 0",
            "paid": "(status = 'PAID') = (paid_at is not null)",
        },
    )
    under_way, paid = sa.text("status in ('PENDING', 'APPROVED')"), sa.text("status = 'PAID'")
    op.create_index("refunds_open_idx", "refunds", ["visit_id"], unique=True, postgresql_where=under_way)
    op.create_index("refunds_paid_idx", "refunds", ["facility_id", "paid_at"], postgresql_where=paid)
    decision(
        "break_glasses",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        checks={"status": "status in ('PENDING', 'REVIEWED')"},
    )


def downgrade() -> None:
    op.execute(f"delete from {FINDINGS} where code in {NEW_CODES}")
    known_codes()
    for table in ("break_glasses", "refunds", "waivers"):
        op.drop_table(table)
    op.drop_column("referrals", "quoted_item")
    op.drop_column("payments", "purpose")
    for column in of_visits():
        op.drop_column("visits", column.name)
