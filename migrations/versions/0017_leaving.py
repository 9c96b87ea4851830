"""patients who leave and come back, and visits that are handed over when the day ends"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("visits", sa.Column("departure", json, nullable=True))
    op.add_column("visits", sa.Column("look_again_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visits", sa.Column("handover", json, nullable=True))
    op.create_index(
        "visits_call_back_idx",
        "visits",
        [sa.text("((departure -> 'call_back'::text) ->> 'id'::text)")],
        postgresql_where=sa.text("departure is not null"),
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("op_number", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("why_open", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("handovers_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("handovers_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("handovers_pkey")),
        sa.UniqueConstraint("visit_id", "day", name=op.f("handovers_visit_id_day_key")),
    )
    op.create_index(op.f("handovers_task_id_idx"), "handovers", ["task_id"])
    op.create_index("handovers_day_idx", "handovers", ["facility_id", "day"])


def downgrade() -> None:
    op.drop_table("handovers")
    op.drop_index("visits_call_back_idx", table_name="visits")
    for column in ("handover", "look_again_since", "departure"):
        op.drop_column("visits", column)
