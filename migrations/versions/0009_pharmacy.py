"""pharmacy: allergies, what was handed out, stock by batch, drugs owed"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())


def words(column: str, *allowed: str) -> str:
    return f"{column} in ({', '.join(repr(word) for word in allowed)})"


def record_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    ]


def keys(table: str, **references: str) -> list[sa.Constraint]:
    foreign = [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"{table}_{column}_fkey"))
        for column, other in references.items()
    ]
    return [*foreign, sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey"))]


def check(table: str, name: str, says: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(says, name=op.f(f"{table}_{name}_check"))


REQUEST = words("request_status", "active", "on-hold", "completed", "cancelled", "stopped", "entered-in-error")
RECORD = {"facility_id": "facilities", "patient_id": "patients", "visit_id": "visits"}


def upgrade() -> None:
    prescriptions()
    allergies()
    dispenses()
    stock()
    obligations()
    op.add_column("visits", sa.Column("owed_drugs", JSON, server_default="[]", nullable=False))


def prescriptions() -> None:
    op.add_column("prescriptions", sa.Column("request_status", sa.Text(), server_default="active", nullable=False))
    op.add_column("prescriptions", sa.Column("checks", JSON, nullable=True))
    op.add_column("prescriptions", sa.Column("substituted_by", sa.Text(), nullable=True))
    op.execute("update prescriptions set request_status = 'completed' where status = 'DISPENSED'")
    op.execute(
        "update prescriptions set request_status = case when quantity_dispensed > 0 then 'stopped' else 'cancelled' end "
        "where status = 'CANCELLED'"
    )
    op.create_check_constraint(op.f("prescriptions_request_status_check"), "prescriptions", REQUEST)


def allergies() -> None:
    verified = words("verification_status", "unconfirmed", "confirmed", "refuted", "entered-in-error")
    op.create_table(
        "allergies",
        sa.Column("substance", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("criticality", sa.Text(), nullable=False),
        sa.Column("clinical_status", sa.Text(), nullable=False),
        sa.Column("verification_status", sa.Text(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("change_reason", sa.Text(), nullable=False),
        *record_columns(),
        check("allergies", "clinical_status", words("clinical_status", "active", "inactive", "resolved")),
        check("allergies", "verification_status", verified),
        check("allergies", "type", words("type", "allergy", "intolerance")),
        check("allergies", "category", words("category", "medication", "food", "environment", "biologic")),
        check("allergies", "criticality", words("criticality", "low", "high", "unable-to-assess")),
        *keys("allergies", **RECORD),
    )
    for column in ("patient_id", "visit_id"):
        op.create_index(op.f(f"allergies_{column}_idx"), "allergies", [column], unique=False)


def dispenses() -> None:
    statuses = ("preparation", "in-progress", "on-hold", "completed", "cancelled", "stopped", "declined")
    op.create_table(
        "medication_dispenses",
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("medication_name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("was_substituted", sa.Boolean(), nullable=False),
        sa.Column("substitution_reason", sa.Text(), nullable=True),
        sa.Column("batches", JSON, nullable=False),
        sa.Column("checks", JSON, nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        *record_columns(),
        check("medication_dispenses", "status", words("status", *statuses, "entered-in-error")),
        check("medication_dispenses", "quantity", "quantity >= 0"),
        *keys("medication_dispenses", **RECORD, prescription_id="prescriptions"),
    )
    for column in ("patient_id", "prescription_id", "visit_id"):
        name = op.f(f"medication_dispenses_{column}_idx")
        op.create_index(name, "medication_dispenses", [column], unique=False)


def stock() -> None:
    op.create_table(
        "stock_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("batch_number", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        check("stock_batches", "on_hand", "on_hand >= 0"),
        *keys("stock_batches", facility_id="facilities"),
    )
    batch: list[Any] = ["facility_id", sa.text("lower(code)"), sa.text("lower(batch_number)")]
    op.create_index("stock_batches_facility_id_code_batch_key", "stock_batches", batch, unique=True)
    op.create_table(
        "stock_movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("on_hand_after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("prescription_id", sa.Uuid(), nullable=True),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", MOMENT, nullable=False),
        check("stock_movements", "kind", words("kind", "RECEIVED", "DISPENSED", "RETURNED", "ADJUSTED", "COUNTED")),
        check("stock_movements", "on_hand_after", "on_hand_after >= 0"),
        *keys(
            "stock_movements",
            batch_id="stock_batches",
            facility_id="facilities",
            prescription_id="prescriptions",
            visit_id="visits",
        ),
    )
    op.create_index("stock_movements_facility_id_moved_at_idx", "stock_movements", ["facility_id", "moved_at"])
    for column in ("batch_id", "prescription_id"):
        op.create_index(op.f(f"stock_movements_{column}_idx"), "stock_movements", [column], unique=False)
    op.execute(
        "create trigger stock_movements_append_only before update or delete on stock_movements "
        "for each row execute function refuse_change()"
    )
    op.execute(
        "create trigger stock_movements_never_emptied before truncate on stock_movements "
        "for each statement execute function refuse_change()"
    )


def obligations() -> None:
    op.alter_column("obligations", "lab_request_id", nullable=True)
    op.add_column("obligations", sa.Column("prescription_id", sa.Uuid(), nullable=True))
    op.add_column("obligations", sa.Column("quantity", sa.Integer(), nullable=True))
    name = op.f("obligations_prescription_id_fkey")
    op.create_foreign_key(name, "obligations", "prescriptions", ["prescription_id"], ["id"])
    op.create_index(op.f("obligations_prescription_id_idx"), "obligations", ["prescription_id"], unique=False)
    op.drop_constraint(op.f("obligations_kind_check"), "obligations")
    op.create_check_constraint(
        op.f("obligations_kind_check"), "obligations", words("kind", "RESULT_TO_TELL", "DRUGS_OWED")
    )
    about = "(lab_request_id is null) <> (prescription_id is null)"
    op.create_check_constraint(op.f("obligations_about_check"), "obligations", about)


def downgrade() -> None:
    op.drop_column("visits", "owed_drugs")
    op.execute("delete from obligations where kind = 'DRUGS_OWED'")
    op.drop_constraint(op.f("obligations_about_check"), "obligations")
    op.drop_constraint(op.f("obligations_kind_check"), "obligations")
    op.create_check_constraint(op.f("obligations_kind_check"), "obligations", words("kind", "RESULT_TO_TELL"))
    op.drop_column("obligations", "quantity")
    op.drop_column("obligations", "prescription_id")
    op.alter_column("obligations", "lab_request_id", nullable=False)
    for table in ("stock_movements", "stock_batches", "medication_dispenses", "allergies"):
        op.drop_table(table)
    op.drop_constraint(op.f("prescriptions_request_status_check"), "prescriptions")
    op.drop_column("prescriptions", "substituted_by")
    op.drop_column("prescriptions", "checks")
    op.drop_column("prescriptions", "request_status")
