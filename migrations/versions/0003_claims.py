"""claims"""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diagnosis_codes",
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("icd10", sa.Text(), nullable=False),
        sa.Column("icd11", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("diagnosis_codes_facility_id_fkey")),
        sa.PrimaryKeyConstraint("facility_id", "icd10", "icd11", name=op.f("diagnosis_codes_pkey")),
    )
    op.create_table(
        "insurers",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("payer_code", sa.Text(), server_default="", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("gateway in ('sha', 'slade', 'smart', 'manual')", name=op.f("insurers_gateway_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("insurers_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("insurers_pkey")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("insurers_facility_id_code_key")),
    )
    op.create_index(op.f("insurers_facility_id_idx"), "insurers", ["facility_id"], unique=False)
    op.create_table(
        "service_codes",
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("gateway in ('sha', 'slade', 'smart', 'manual')", name=op.f("service_codes_gateway_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("service_codes_facility_id_fkey")),
        sa.PrimaryKeyConstraint("facility_id", "gateway", "service", "valid_from", name=op.f("service_codes_pkey")),
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("insurer_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("raw_status", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), server_default="0", nullable=False),
        sa.Column("amount_paid", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("payer_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("practitioner", sa.Text(), server_default="", nullable=False),
        sa.Column("session", sa.LargeBinary(), nullable=True),
        sa.Column("handed_in", sa.Text(), server_default="NO", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("gateway in ('sha', 'slade', 'smart', 'manual')", name=op.f("claims_gateway_check")),
        sa.CheckConstraint("handed_in in ('NO', 'INTENDED', 'YES')", name=op.f("claims_handed_in_check")),
        sa.CheckConstraint("payer in ('SHA', 'NHIF', 'INSURANCE')", name=op.f("claims_payer_check")),
        sa.CheckConstraint(
            "status in ('AWAITING_CONSENT', 'OPEN', 'NEEDS_CODING', 'NEEDS_CORRECTION', 'AWAITING_AGREEMENT', 'QUEUED', 'UNCERTAIN', 'BY_HAND', 'SUBMITTED', 'IN_REVIEW', 'SENT_BACK', 'MISSING_DOCUMENTS', 'APPEALED', 'APPROVED', 'PAID', 'REJECTED', 'TIME_BARRED', 'CLOSED')",
            name=op.f("claims_status_check"),
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("claims_facility_id_fkey")),
        sa.ForeignKeyConstraint(["insurer_id"], ["insurers.id"], name=op.f("claims_insurer_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("claims_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("claims_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("claims_pkey")),
        sa.UniqueConstraint("visit_id", "payer", name=op.f("claims_visit_id_payer_key")),
    )
    op.create_index("claims_facility_id_opened_at_idx", "claims", ["facility_id", "opened_at"], unique=False)
    op.create_index(op.f("claims_patient_id_idx"), "claims", ["patient_id"], unique=False)
    op.create_index(
        "claims_queued_idx",
        "claims",
        ["gateway", "opened_at"],
        unique=False,
        postgresql_where=sa.text("status = 'QUEUED'"),
    )
    op.create_table(
        "insurer_invoices",
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("insurer_id", sa.Uuid(), nullable=False),
        sa.Column("member_number", sa.Text(), nullable=False),
        sa.Column("service_given", sa.Text(), nullable=False),
        sa.Column("amount_charged", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("insurer_invoices_facility_id_fkey")),
        sa.ForeignKeyConstraint(["insurer_id"], ["insurers.id"], name=op.f("insurer_invoices_insurer_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("insurer_invoices_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("insurer_invoices_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("insurer_invoices_pkey")),
        sa.UniqueConstraint(
            "facility_id", "invoice_number", name=op.f("insurer_invoices_facility_id_invoice_number_key")
        ),
    )
    op.create_index(op.f("insurer_invoices_patient_id_idx"), "insurer_invoices", ["patient_id"], unique=False)
    op.create_index(op.f("insurer_invoices_visit_id_idx"), "insurer_invoices", ["visit_id"], unique=False)
    op.create_table(
        "claim_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("claim_documents_claim_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("claim_documents_pkey")),
    )
    op.create_index(op.f("claim_documents_claim_id_idx"), "claim_documents", ["claim_id"], unique=False)
    op.create_table(
        "claim_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("raw_status", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("claim_steps_claim_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("claim_steps_pkey")),
        sa.UniqueConstraint("claim_id", "version", name=op.f("claim_steps_claim_id_version_key")),
    )
    op.add_column("services", sa.Column("next_claim_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("registration_number", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("closes_itself", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("tasks", sa.Column("escalations", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tasks", sa.Column("escalated_to", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("outcome", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("services", "next_claim_at")
    op.drop_column("users", "registration_number")
    op.drop_column("tasks", "outcome")
    op.drop_column("tasks", "escalated_to")
    op.drop_column("tasks", "escalations")
    op.drop_column("tasks", "closes_itself")
    op.drop_table("claim_steps")
    op.drop_index(op.f("claim_documents_claim_id_idx"), table_name="claim_documents")
    op.drop_table("claim_documents")
    op.drop_index(op.f("insurer_invoices_visit_id_idx"), table_name="insurer_invoices")
    op.drop_index(op.f("insurer_invoices_patient_id_idx"), table_name="insurer_invoices")
    op.drop_table("insurer_invoices")
    op.drop_index("claims_queued_idx", table_name="claims", postgresql_where=sa.text("status = 'QUEUED'"))
    op.drop_index(op.f("claims_patient_id_idx"), table_name="claims")
    op.drop_index("claims_facility_id_opened_at_idx", table_name="claims")
    op.drop_table("claims")
    op.drop_table("service_codes")
    op.drop_index(op.f("insurers_facility_id_idx"), table_name="insurers")
    op.drop_table("insurers")
    op.drop_table("diagnosis_codes")
