"""triage by rules, emergencies without identity"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What a category says at least about the colour.
COLOURS = """
    update visits set triage_colour =
        case triage_category when 'EMERGENCY' then 'RED' when 'URGENT' then 'YELLOW' else 'GREEN' end
    where triage_category is not null
"""


def upgrade() -> None:
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("patients", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("patients_merged_into_fkey"), "patients", "patients", ["merged_into"], ["id"])
    op.add_column("patient_encounters", sa.Column("assessment", json, nullable=True))
    op.add_column("visits", sa.Column("rules", json, server_default="{}", nullable=False))
    op.add_column("visits", sa.Column("triage_colour", sa.Text(), nullable=True))
    op.add_column("visits", sa.Column("triage_incomplete", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("visits", sa.Column("pending_retriage", json, nullable=True))
    op.add_column("visits", sa.Column("identity_pending", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("visits", sa.Column("bypasses", json, server_default="[]", nullable=False))
    op.execute(COLOURS)
    op.create_check_constraint(
        op.f("visits_colour_check"),
        "visits",
        "triage_colour is null or triage_colour in ('RED', 'ORANGE', 'YELLOW', 'GREEN')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("visits_colour_check"), "visits", type_="check")
    for column in ("bypasses", "identity_pending", "pending_retriage", "triage_incomplete", "triage_colour", "rules"):
        op.drop_column("visits", column)
    op.drop_column("patient_encounters", "assessment")
    op.drop_constraint(op.f("patients_merged_into_fkey"), "patients", type_="foreignkey")
    op.drop_column("patients", "merged_into")
