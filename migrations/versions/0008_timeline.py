"""what each command wrote, and who read what: the visit as it was known"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEVER_CHANGED = """
    create trigger reads_append_only before update or delete on reads
    for each row execute function refuse_change()
"""
NEVER_EMPTIED = """
    create trigger reads_never_emptied before truncate on reads
    for each statement execute function refuse_change()
"""


def upgrade() -> None:
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("commands", sa.Column("wrote", json, nullable=True))
    op.create_index(
        "audit_logs_corrections_idx", "audit_logs", ["resource_id"], postgresql_where=sa.text("visit_id is null")
    )
    op.create_table(
        "reads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("reads_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("reads_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reads_pkey")),
    )
    op.create_index(op.f("reads_visit_id_idx"), "reads", ["visit_id"])
    op.execute(NEVER_CHANGED)
    op.execute(NEVER_EMPTIED)


def downgrade() -> None:
    op.drop_table("reads")
    op.drop_index("audit_logs_corrections_idx", "audit_logs")
    op.drop_column("commands", "wrote")
