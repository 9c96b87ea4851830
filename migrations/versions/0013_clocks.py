"""by when each next step of a visit is due, and which were late"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STEPS = """
    step in ('TRIAGE', 'CONSULTATION', 'LABORATORY', 'PHARMACY', 'IMMUNIZATION', 'FAMILY_PLANNING', 'MCH', 'CASHIER',
    'ENCOUNTER', 'RETRIAGE', 'SECOND_LOOK', 'DISCHARGE')
"""


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("visits", sa.Column("policy", sa.Text(), server_default="", nullable=False))
    op.add_column("visits", sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visits", sa.Column("clocks", json, server_default="[]", nullable=False))
    op.create_table(
        "overdues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("op_number", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("triage_category", sa.Text(), nullable=True),
        sa.Column("triage_colour", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("escalated_to", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(STEPS, name=op.f("overdues_step_check")),
        sa.CheckConstraint("escalations >= 1", name=op.f("overdues_escalations_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("overdues_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("overdues_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("overdues_pkey")),
    )
    op.create_index(op.f("overdues_visit_id_idx"), "overdues", ["visit_id"])
    unresolved = sa.text("resolved_at is null")
    op.create_index("overdues_unresolved_idx", "overdues", ["facility_id", "due_at"], postgresql_where=unresolved)


def downgrade() -> None:
    op.drop_table("overdues")
    for column in ("clocks", "triaged_at", "policy"):
        op.drop_column("visits", column)
