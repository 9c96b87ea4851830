"""identity: registrations that are merged, records that move between them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())
APPEND_ONLY = """
    create trigger record_moves_append_only before update or delete on record_moves
    for each row execute function refuse_change()
"""
ONE_OPEN = "visits_one_open_per_patient"


def one_open_visit(where: str) -> None:
    op.drop_index(ONE_OPEN, table_name="visits")
    op.create_index(ONE_OPEN, "visits", ["patient_id"], unique=True, postgresql_where=sa.text(where))


def keys(table: str, **columns: str) -> list[sa.Constraint]:
    foreign = [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"{table}_{column}_fkey"))
        for column, to in columns.items()
    ]
    return [*foreign, sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey"))]


def merges() -> None:
    op.create_table(
        "patient_merges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("survivor_before", JSON, nullable=False),
        sa.Column("merged_before", JSON, nullable=False),
        sa.Column("filled", JSON, nullable=False),
        sa.Column("aliases", JSON, nullable=False),
        sa.Column("visits", JSON, nullable=False),
        sa.Column("merged_by", sa.Uuid(), nullable=False),
        sa.Column("merged_at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undo_id", sa.Uuid(), nullable=True),
        sa.Column("undo_reason", sa.Text(), nullable=True),
        sa.Column("undo_visits", JSON, nullable=True),
        sa.CheckConstraint("survivor_id <> merged_id", name=op.f("patient_merges_two_check")),
        *keys("patient_merges", facility_id="facilities", survivor_id="patients", merged_id="patients"),
        sa.UniqueConstraint("undo_id", name=op.f("patient_merges_undo_id_key")),
    )
    for column in ("survivor_id", "merged_id"):
        op.create_index(op.f(f"patient_merges_{column}_idx"), "patient_merges", [column])
    op.create_index(
        "patient_merges_one_per_patient",
        "patient_merges",
        ["merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )


def moves() -> None:
    op.create_table(
        "record_moves",
        sa.Column("id", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("from_patient", sa.Uuid(), nullable=False),
        sa.Column("to_patient", sa.Uuid(), nullable=False),
        sa.Column("record", JSON, nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind in ('IDENTIFIED', 'WRONG_PATIENT', 'MERGED', 'PARTED')", name=op.f("record_moves_kind_check")
        ),
        *keys("record_moves", facility_id="facilities", from_patient="patients", to_patient="patients"),
    )
    op.create_index(op.f("record_moves_change_id_idx"), "record_moves", ["change_id"])
    op.create_index("record_moves_from_patient_moved_at_idx", "record_moves", ["from_patient", "moved_at"])


def upgrade() -> None:
    op.add_column("visits", sa.Column("doubled", sa.Boolean(), server_default="false", nullable=False))
    one_open_visit("completed_at is null and not doubled")
    op.create_index(op.f("patients_merged_into_idx"), "patients", ["merged_into"])
    merges()
    moves()
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("record_moves")
    op.drop_table("patient_merges")
    op.drop_index(op.f("patients_merged_into_idx"), table_name="patients")
    one_open_visit("completed_at is null")
    op.drop_column("visits", "doubled")
