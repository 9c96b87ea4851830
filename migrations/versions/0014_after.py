"""what comes after a visit: appointments on their day, recalls, owed drugs that have come"""

from typing import Any

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OWED: dict[str, Any] = {
    "service": sa.Text(),
    "record_id": sa.Uuid(),
    "due_on": sa.Date(),
    "arrived_at": sa.DateTime(timezone=True),
}
CHECKS = {
    "kind": "kind in ('RESULT_TO_TELL', 'DRUGS_OWED', 'REFERRAL_FEEDBACK', 'NEXT_DOSE', 'RETURN_VISIT')",
    "about": "num_nonnulls(lab_request_id, prescription_id, referral_id, service) = 1",
}
FORMER = {
    "kind": "kind in ('RESULT_TO_TELL', 'DRUGS_OWED', 'REFERRAL_FEEDBACK')",
    "about": "num_nonnulls(lab_request_id, prescription_id, referral_id) = 1",
}
RECALL = "num_nonnulls(service, record_id, due_on) in (0, 3)"


def checked(by: dict[str, str]) -> None:
    for name, says in by.items():
        op.drop_constraint(op.f(f"obligations_{name}_check"), "obligations")
        op.create_check_constraint(op.f(f"obligations_{name}_check"), "obligations", says)


def upgrade() -> None:
    op.add_column("appointments", sa.Column("fulfilled_by", sa.Uuid(), nullable=True))
    op.add_column("appointments", sa.Column("times_missed", sa.Integer(), server_default="0", nullable=False))
    for name, kind in OWED.items():
        op.add_column("obligations", sa.Column(name, kind, nullable=True))
    checked(CHECKS)
    op.create_check_constraint(op.f("obligations_recall_check"), "obligations", RECALL)


def downgrade() -> None:
    op.execute("delete from obligations where kind in ('NEXT_DOSE', 'RETURN_VISIT')")
    op.drop_constraint(op.f("obligations_recall_check"), "obligations")
    checked(FORMER)
    for name in OWED:
        op.drop_column("obligations", name)
    op.drop_column("appointments", "times_missed")
    op.drop_column("appointments", "fulfilled_by")
