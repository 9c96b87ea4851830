"""services: doses judged, observation, reactions, returns, contacts, families"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def listed(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)


def added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Made anew each time: a column belongs to one table."""
    return {
        "visits": (
            sa.Column("observe_until", sa.DateTime(timezone=True), nullable=True),
            sa.Column("observation_note", sa.Text(), nullable=True),
        ),
        "patient_immunizations": (
            listed("conditions"),
            sa.Column("override_reason", sa.Text(), nullable=True),
            sa.Column("dose_number", sa.Integer(), nullable=True),
            sa.Column("schedule_version", sa.Text(), nullable=True),
            listed("warnings"),
            sa.Column("observe_until", sa.DateTime(timezone=True), nullable=True),
            sa.Column("next_dose", sa.Text(), nullable=True),
            sa.Column("next_date", sa.Date(), nullable=True),
        ),
        "patient_family_planning": (
            listed("conditions"),
            sa.Column("next_date", sa.Date(), nullable=True),
            sa.Column("return_for", sa.Text(), nullable=True),
            listed("warnings"),
            sa.Column("appointment_id", sa.Uuid(), nullable=True),
            sa.Column("rules_version", sa.Text(), nullable=True),
        ),
        "patient_mch_services": (
            sa.Column("lmp", sa.Date(), nullable=True),
            sa.Column("gestational_age_weeks", sa.Integer(), nullable=True),
            sa.Column("delivered_on", sa.Date(), nullable=True),
            listed("danger_signs"),
            sa.Column("contact_due", sa.Text(), nullable=True),
            sa.Column("next_contact", sa.Text(), nullable=True),
            sa.Column("next_date", sa.Date(), nullable=True),
            sa.Column("advice", sa.Text(), nullable=True),
            sa.Column("rules_version", sa.Text(), nullable=True),
        ),
    }


def record(table: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        table,
        *columns,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f(f"{table}_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f(f"{table}_visit_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f(f"{table}_patient_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey")),
    )
    for column in ("patient_id", "visit_id"):
        op.create_index(op.f(f"{table}_{column}_idx"), table, [column], unique=False)


def refers(table: str, column: str, to: str) -> None:
    op.create_foreign_key(op.f(f"{table}_{column}_fkey"), table, to, [column], ["id"])
    op.create_index(op.f(f"{table}_{column}_idx"), table, [column], unique=False)


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    record(
        "vaccine_reactions",
        sa.Column("immunization_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("anaphylaxis", sa.Boolean(), nullable=False),
        sa.Column("onset_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("action_taken", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
    )
    refers("vaccine_reactions", "immunization_id", "patient_immunizations")
    record(
        "family_links",
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("related_visit_id", sa.Uuid(), nullable=False),
    )
    refers("family_links", "related_visit_id", "visits")


def downgrade() -> None:
    op.drop_table("family_links")
    op.drop_table("vaccine_reactions")
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
