"""outside services"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("callbacks_pkey")),
        sa.UniqueConstraint("service", "digest", name=op.f("callbacks_service_digest_key")),
    )
    op.create_table(
        "opt_outs",
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("phone_number", name=op.f("opt_outs_pkey")),
    )
    op.create_table(
        "services",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.Text(), server_default="", nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "name in ('sha', 'slade', 'smart', 'mpesa', 'sms', 'smtp')", name=op.f("services_name_check")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("services_pkey")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('SMS', 'EMAIL')", name=op.f("messages_channel_check")),
        sa.CheckConstraint(
            "status in ('INTENDED', 'SENT', 'DELIVERED', 'FAILED', 'UNKNOWN', 'SUPPRESSED')",
            name=op.f("messages_status_check"),
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("messages_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("messages_pkey")),
        sa.UniqueConstraint("key", name=op.f("messages_key_key")),
    )
    op.create_index(op.f("messages_patient_id_idx"), "messages", ["patient_id"], unique=False)
    op.create_index(op.f("messages_provider_id_idx"), "messages", ["provider_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), server_default="OPEN", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status in ('OPEN', 'DONE', 'CANCELLED')", name=op.f("tasks_status_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("tasks_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("tasks_pkey")),
    )
    op.create_index(op.f("tasks_claim_id_idx"), "tasks", ["claim_id"], unique=False)
    op.create_index(
        "tasks_open_idx", "tasks", ["facility_id", "role"], unique=False, postgresql_where=sa.text("status = 'OPEN'")
    )
    op.create_index(op.f("tasks_visit_id_idx"), "tasks", ["visit_id"], unique=False)
    op.create_table(
        "coverages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("member_number", sa.Text(), nullable=True),
        sa.Column("schemes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("advice", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('PROVISIONAL', 'ACTIVE', 'INACTIVE', 'NOT_FOUND', 'ENDED')", name=op.f("coverages_status_check")
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("coverages_facility_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("coverages_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("coverages_pkey")),
        sa.UniqueConstraint("visit_id", name=op.f("coverages_visit_id_key")),
    )
    op.create_index(op.f("coverages_patient_id_idx"), "coverages", ["patient_id"], unique=False)
    op.create_table(
        "mobile_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("account_reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("checkout_request_id", sa.Text(), nullable=True),
        sa.Column("merchant_request_id", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("result_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('INTENDED', 'PUSHED', 'PAID', 'FAILED', 'UNKNOWN')", name=op.f("mobile_payments_state_check")
        ),
        sa.ForeignKeyConstraint(["id"], ["payments.id"], name=op.f("mobile_payments_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("mobile_payments_pkey")),
        sa.UniqueConstraint("checkout_request_id", name=op.f("mobile_payments_checkout_request_id_key")),
        sa.UniqueConstraint("receipt", name=op.f("mobile_payments_receipt_key")),
    )
    op.create_index(op.f("mobile_payments_visit_id_idx"), "mobile_payments", ["visit_id"], unique=False)
    op.add_column("payments", sa.Column("phone_number", sa.Text(), nullable=True))
    op.add_column(
        "visits", sa.Column("amount_pending", sa.Numeric(precision=12, scale=2), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("visits", "amount_pending")
    op.drop_column("payments", "phone_number")
    op.drop_index(op.f("mobile_payments_visit_id_idx"), table_name="mobile_payments")
    op.drop_table("mobile_payments")
    op.drop_index(op.f("coverages_patient_id_idx"), table_name="coverages")
    op.drop_table("coverages")
    op.drop_index(op.f("tasks_visit_id_idx"), table_name="tasks")
    op.drop_index("tasks_open_idx", table_name="tasks", postgresql_where=sa.text("status = 'OPEN'"))
    op.drop_index(op.f("tasks_claim_id_idx"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("messages_provider_id_idx"), table_name="messages")
    op.drop_index(op.f("messages_patient_id_idx"), table_name="messages")
    op.drop_table("messages")
    op.drop_table("services")
    op.drop_table("opt_outs")
    op.drop_table("callbacks")
