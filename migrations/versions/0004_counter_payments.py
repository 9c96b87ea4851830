"""counter payments"""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A payment's account reference becomes its own. Of those that shared one, the latest keeps it: what may still be
# confirmed by it is the latest prompt.
TELL_APART = """
    update mobile_payments m set account_reference = m.account_reference || '-' || m.id
    where exists (
        select 1 from mobile_payments later where later.account_reference = m.account_reference
        and (later.created_at, later.id) > (m.created_at, m.id)
    )
"""
KNOWN_RECEIPTS = """
    insert into counter_payments
        (receipt, facility_id, reference, state, amount, payment_id, visit_id, created_at, settled_at)
    select receipt, facility_id, account_reference, 'PLACED', amount, id, visit_id, created_at, settled_at
    from mobile_payments where receipt is not null
"""


def upgrade() -> None:
    op.create_table(
        "counter_payments",
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state not in ('PLACED', 'UNPLACED') or amount is not null", name=op.f("counter_payments_amount_check")
        ),
        sa.CheckConstraint("(state = 'PLACED') = (payment_id is not null)", name=op.f("counter_payments_placed_check")),
        sa.CheckConstraint(
            "state in ('TOLD', 'UNKNOWN', 'UNANSWERED', 'UNPLACED', 'PLACED')",
            name=op.f("counter_payments_state_check"),
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("counter_payments_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("counter_payments_visit_id_fkey")),
        sa.PrimaryKeyConstraint("receipt", name=op.f("counter_payments_pkey")),
        sa.UniqueConstraint("payment_id", name=op.f("counter_payments_payment_id_key")),
        sa.UniqueConstraint("receipt", "payment_id", name=op.f("counter_payments_receipt_payment_id_key")),
    )
    op.create_index(
        "counter_payments_told_idx",
        "counter_payments",
        ["receipt"],
        unique=False,
        postgresql_where=sa.text("state = 'TOLD'"),
    )
    op.execute(TELL_APART)
    op.execute(KNOWN_RECEIPTS)
    op.add_column("mobile_payments", sa.Column("shown_receipt", sa.Text(), nullable=True))
    op.create_index(op.f("mobile_payments_shown_receipt_idx"), "mobile_payments", ["shown_receipt"], unique=False)
    op.create_unique_constraint(op.f("mobile_payments_account_reference_key"), "mobile_payments", ["account_reference"])
    op.create_foreign_key(
        op.f("mobile_payments_receipt_fkey"),
        "mobile_payments",
        "counter_payments",
        ["receipt", "id"],
        ["receipt", "payment_id"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("mobile_payments_receipt_fkey"), "mobile_payments", type_="foreignkey")
    op.drop_constraint(op.f("mobile_payments_account_reference_key"), "mobile_payments", type_="unique")
    op.drop_index(op.f("mobile_payments_shown_receipt_idx"), table_name="mobile_payments")
    op.drop_column("mobile_payments", "shown_receipt")
    op.drop_index(
        "counter_payments_told_idx", table_name="counter_payments", postgresql_where=sa.text("state = 'TOLD'")
    )
    op.drop_table("counter_payments")
