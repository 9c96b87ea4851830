"""reconciliation: what did not agree, and what was done about it"""

import sqlalchemy as sa
from alembic import op


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = "reconciliation_findings"
MOMENT = sa.DateTime(timezone=True)
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
ROLES = (
    "RECEPTIONIST",
    "TRIAGE_NURSE",
    "CLINICAL_OFFICER",
    "LAB_TECHNICIAN",
    "PHARMACIST",
    "IMMUNIZATION_NURSE",
    "FAMILY_PLANNING_COUNSELOR",
    "MCH_NURSE",
    "CASHIER",
    "SUPERVISOR",
    "ADMIN",
)
REPAIRS = ("NONE", "START_RUN", "TELL_RUN", "MAKE_SCHEDULE")


def one_of(column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} in ({listed})", name=op.f(f"{TABLE}_{column}_check"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("code", "subject")),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("words", "advice", "who", "repair", "run")),
        sa.Column("since", MOMENT, nullable=True),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("first_seen", "last_seen")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("times", "repairs")),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("repaired_at", "gone_at")),
        one_of("code", CODES),
        one_of("repair", REPAIRS),
        one_of("who", ROLES),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f(f"{TABLE}_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{TABLE}_pkey")),
    )
    op.create_index(
        f"{TABLE}_standing_idx",
        TABLE,
        ["code", "subject", "subject_id"],
        unique=True,
        postgresql_where=sa.text("gone_at is null"),
    )
    op.create_index(f"{TABLE}_facility_id_first_seen_idx", TABLE, ["facility_id", "first_seen"])


def downgrade() -> None:
    op.drop_table(TABLE)
