"""waits that are over, and who was called where"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STEPS = """
    step in ('TRIAGE', 'CONSULTATION', 'LABORATORY', 'PHARMACY', 'IMMUNIZATION', 'FAMILY_PLANNING', 'MCH', 'CASHIER',
    'ENCOUNTER', 'RETRIAGE', 'SECOND_LOOK', 'DISCHARGE')
"""


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("visits", sa.Column("calls", json, server_default="[]", nullable=False))
    with_clinician = sa.text("status = 'IN_CONSULTATION'")
    op.create_index("visits_in_consultation_idx", "visits", ["facility_id"], postgresql_where=with_clinician)
    op.create_table(
        "stays",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("triage_category", sa.Text(), nullable=True),
        sa.Column("triage_colour", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_how", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(STEPS, name=op.f("stays_step_check")),
        sa.CheckConstraint("ended_how in ('DONE', 'LEFT', 'ENDED')", name=op.f("stays_ended_how_check")),
        sa.CheckConstraint("ended_at >= since", name=op.f("stays_ended_at_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("stays_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("stays_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stays_pkey")),
    )
    op.create_index(op.f("stays_visit_id_idx"), "stays", ["visit_id"])
    op.create_index("stays_facility_id_step_ended_at_idx", "stays", ["facility_id", "step", "ended_at"])


def downgrade() -> None:
    op.drop_table("stays")
    op.drop_index("visits_in_consultation_idx", "visits")
    op.drop_column("visits", "calls")
