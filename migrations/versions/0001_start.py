"""start"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NEXT_EVENT_ID = """
create function next_event_id() returns bigint language plpgsql as $$
begin
    -- The transaction's own id first: whoever reads knows then that no running transaction may still bring a lower event.
    perform pg_current_xact_id();
    return nextval('events_id_seq');
end
$$
"""

APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$
"""


def append_only(table: str) -> None:
    """Rows of this table are never changed or removed, whoever asks."""
    op.execute(
        f"create trigger {table}_append_only before update or delete on {table} "
        "for each row execute function refuse_change()"
    )
    op.execute(
        f"create trigger {table}_never_emptied before truncate on {table} "
        "for each statement execute function refuse_change()"
    )


def upgrade() -> None:
    op.execute("create sequence events_id_seq as bigint")
    op.execute(NEXT_EVENT_ID)
    op.execute(APPEND_ONLY)
    op.create_table(
        "audit_logs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_logs_pkey")),
        sa.UniqueConstraint("chain", "seq", name=op.f("audit_logs_chain_seq_key")),
    )
    op.create_index("audit_logs_facility_id_at_idx", "audit_logs", ["facility_id", "at"], unique=False)
    op.create_index(op.f("audit_logs_visit_id_idx"), "audit_logs", ["visit_id"], unique=False)
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("heads", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("audit_seals_pkey")),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("problem", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "written_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("status in ('DONE', 'REFUSED')", name=op.f("commands_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("commands_pkey")),
    )
    op.create_index(op.f("commands_visit_id_idx"), "commands", ["visit_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("next_event_id()"), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("events_pkey")),
    )
    op.create_index("events_facility_id_id_idx", "events", ["facility_id", "id"], unique=False)
    op.create_table(
        "facilities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Africa/Nairobi", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("facilities_pkey")),
        sa.UniqueConstraint("code", name=op.f("facilities_code_key")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_hash", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_in_failures_pkey")),
    )
    op.create_index(op.f("sign_in_failures_at_idx"), "sign_in_failures", ["at"], unique=False)
    op.create_table(
        "audit_chains",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("audit_chains_facility_id_fkey")),
        sa.PrimaryKeyConstraint("chain", name=op.f("audit_chains_pkey")),
    )
    op.create_table(
        "family_planning_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("family_planning_methods_facility_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("family_planning_methods_pkey")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("family_planning_methods_facility_id_code_key")),
    )
    op.create_index(
        op.f("family_planning_methods_facility_id_idx"), "family_planning_methods", ["facility_id"], unique=False
    )
    op.create_table(
        "mch_services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("mch_services_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("mch_services_pkey")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("mch_services_facility_id_code_key")),
    )
    op.create_index(op.f("mch_services_facility_id_idx"), "mch_services", ["facility_id"], unique=False)
    op.create_table(
        "numbers",
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("numbers_facility_id_fkey")),
        sa.PrimaryKeyConstraint("facility_id", "series", name=op.f("numbers_pkey")),
    )
    op.create_table(
        "patients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("age", sa.Integer(), nullable=True),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=True),
        sa.Column("sha_number", sa.Text(), nullable=True),
        sa.Column("insurance_type", sa.Text(), nullable=False),
        sa.Column("next_of_kin", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("registration_type", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("registration_date", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("patients_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patients_pkey")),
    )
    op.create_index(op.f("patients_facility_id_idx"), "patients", ["facility_id"], unique=False)
    op.create_index(
        "patients_facility_id_national_id_key",
        "patients",
        ["facility_id", "national_id"],
        unique=True,
        postgresql_where=sa.text("national_id is not null"),
    )
    op.create_table(
        "prices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("prices_amount_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("prices_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("prices_pkey")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("prices_facility_id_code_key")),
    )
    op.create_index(
        "prices_facility_id_lower_code_key", "prices", ["facility_id", sa.literal_column("lower(code)")], unique=True
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("credentials", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("users_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("user_name", name=op.f("users_user_name_key")),
    )
    op.create_table(
        "vaccines",
        sa.Column("is_kepi", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("vaccines_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("vaccines_pkey")),
        sa.UniqueConstraint("facility_id", "code", name=op.f("vaccines_facility_id_code_key")),
    )
    op.create_index(op.f("vaccines_facility_id_idx"), "vaccines", ["facility_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("op_number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("waiting_at", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("waiting", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chief_complaint", sa.Text(), nullable=False),
        sa.Column("triage_category", sa.Text(), nullable=True),
        sa.Column("payment_type", sa.Text(), nullable=False),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("payment_status", sa.Text(), nullable=False),
        sa.Column("total_amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("amount_paid", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("amount_covered", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("amount_waived", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("age_years", sa.Integer(), nullable=True),
        sa.Column("taken_in", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("referred_to", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("has_unread_results", sa.Boolean(), nullable=False),
        sa.Column("open_orders", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discharge_notes", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_head", sa.Text(), nullable=False),
        sa.Column("audit_length", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('REGISTERED', 'TRIAGED', 'IN_CONSULTATION', 'IN_SERVICES', 'AWAITING_PAYMENT', 'READY_FOR_DISCHARGE', 'COMPLETED', 'LEFT_WITHOUT_BEING_SEEN', 'REFERRED', 'DECEASED', 'CANCELLED')",
            name=op.f("visits_status_check"),
        ),
        sa.CheckConstraint(
            "triage_category is null or triage_category in ('EMERGENCY', 'URGENT', 'NORMAL')",
            name=op.f("visits_triage_check"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("visits_version_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("visits_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("visits_patient_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("visits_pkey")),
        sa.UniqueConstraint("facility_id", "op_number", name=op.f("visits_facility_id_op_number_key")),
    )
    op.create_index("visits_facility_id_arrived_at_idx", "visits", ["facility_id", "arrived_at"], unique=False)
    op.create_index(
        "visits_one_open_per_patient",
        "visits",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("completed_at is null"),
    )
    op.create_index(op.f("visits_patient_id_idx"), "visits", ["patient_id"], unique=False)
    op.create_index("visits_waiting_at_idx", "visits", ["waiting_at"], unique=False, postgresql_using="gin")
    op.create_table(
        "appointments",
        sa.Column("appointment_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_type", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("appointments_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("appointments_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("appointments_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("appointments_pkey")),
    )
    op.create_index(op.f("appointments_patient_id_idx"), "appointments", ["patient_id"], unique=False)
    op.create_index(op.f("appointments_visit_id_idx"), "appointments", ["visit_id"], unique=False)
    op.create_table(
        "charges",
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("taken_back_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("charges_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("charges_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("charges_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("charges_pkey")),
    )
    op.create_index(op.f("charges_patient_id_idx"), "charges", ["patient_id"], unique=False)
    op.create_index(op.f("charges_visit_id_idx"), "charges", ["visit_id"], unique=False)
    op.create_table(
        "lab_requests",
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("test_type", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("results", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("lab_requests_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("lab_requests_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("lab_requests_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_requests_pkey")),
    )
    op.create_index(op.f("lab_requests_patient_id_idx"), "lab_requests", ["patient_id"], unique=False)
    op.create_index(op.f("lab_requests_visit_id_idx"), "lab_requests", ["visit_id"], unique=False)
    op.create_table(
        "patient_encounters",
        sa.Column("encounter_type", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("vital_signs", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("recommendations", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("patient_encounters_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("patient_encounters_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("patient_encounters_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_encounters_pkey")),
    )
    op.create_index(op.f("patient_encounters_patient_id_idx"), "patient_encounters", ["patient_id"], unique=False)
    op.create_index(op.f("patient_encounters_visit_id_idx"), "patient_encounters", ["visit_id"], unique=False)
    op.create_table(
        "patient_family_planning",
        sa.Column("method_id", sa.Uuid(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("counseling_provided", sa.Boolean(), nullable=False),
        sa.Column("counseling_notes", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("patient_family_planning_facility_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["method_id"], ["family_planning_methods.id"], name=op.f("patient_family_planning_method_id_fkey")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("patient_family_planning_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("patient_family_planning_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_family_planning_pkey")),
    )
    op.create_index(
        op.f("patient_family_planning_patient_id_idx"), "patient_family_planning", ["patient_id"], unique=False
    )
    op.create_index(op.f("patient_family_planning_visit_id_idx"), "patient_family_planning", ["visit_id"], unique=False)
    op.create_table(
        "patient_immunizations",
        sa.Column("vaccine_id", sa.Uuid(), nullable=False),
        sa.Column("immunization_date", sa.Date(), nullable=False),
        sa.Column("batch_number", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("dosage", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("administered_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.id"], name=op.f("patient_immunizations_facility_id_fkey")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("patient_immunizations_patient_id_fkey")),
        sa.ForeignKeyConstraint(["vaccine_id"], ["vaccines.id"], name=op.f("patient_immunizations_vaccine_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("patient_immunizations_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_immunizations_pkey")),
    )
    op.create_index(op.f("patient_immunizations_patient_id_idx"), "patient_immunizations", ["patient_id"], unique=False)
    op.create_index(op.f("patient_immunizations_visit_id_idx"), "patient_immunizations", ["visit_id"], unique=False)
    op.create_table(
        "patient_mch_services",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("service_details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("recommendations", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("patient_mch_services_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("patient_mch_services_patient_id_fkey")),
        sa.ForeignKeyConstraint(["service_id"], ["mch_services.id"], name=op.f("patient_mch_services_service_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("patient_mch_services_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_mch_services_pkey")),
    )
    op.create_index(op.f("patient_mch_services_patient_id_idx"), "patient_mch_services", ["patient_id"], unique=False)
    op.create_index(op.f("patient_mch_services_visit_id_idx"), "patient_mch_services", ["visit_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("payment_type", sa.Text(), nullable=False),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("processed_by", sa.Uuid(), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("payments_amount_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("payments_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("payments_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("payments_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("payments_pkey")),
    )
    op.create_index(op.f("payments_patient_id_idx"), "payments", ["patient_id"], unique=False)
    op.create_index(op.f("payments_visit_id_idx"), "payments", ["visit_id"], unique=False)
    op.create_table(
        "referrals",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("referred_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("referrals_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("referrals_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("referrals_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("referrals_pkey")),
    )
    op.create_index(op.f("referrals_patient_id_idx"), "referrals", ["patient_id"], unique=False)
    op.create_index(op.f("referrals_visit_id_idx"), "referrals", ["visit_id"], unique=False)
    op.create_table(
        "sha_invoices",
        sa.Column("invoice_number", sa.Text(), nullable=False),
        sa.Column("sha_number", sa.Text(), nullable=False),
        sa.Column("client_number", sa.Text(), nullable=False),
        sa.Column("service_given", sa.Text(), nullable=False),
        sa.Column("diagnosis", sa.Text(), nullable=True),
        sa.Column("amount_charged", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("sha_invoices_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("sha_invoices_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("sha_invoices_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sha_invoices_pkey")),
        sa.UniqueConstraint("facility_id", "invoice_number", name=op.f("sha_invoices_facility_id_invoice_number_key")),
    )
    op.create_index(op.f("sha_invoices_patient_id_idx"), "sha_invoices", ["patient_id"], unique=False)
    op.create_index(op.f("sha_invoices_visit_id_idx"), "sha_invoices", ["visit_id"], unique=False)
    op.create_table(
        "diagnoses",
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("diagnosis_code", sa.Text(), nullable=False),
        sa.Column("coding_system", sa.Text(), nullable=False),
        sa.Column("diagnosis_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["patient_encounters.id"], name=op.f("diagnoses_encounter_id_fkey")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("diagnoses_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("diagnoses_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("diagnoses_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("diagnoses_pkey")),
    )
    op.create_index(op.f("diagnoses_patient_id_idx"), "diagnoses", ["patient_id"], unique=False)
    op.create_index(op.f("diagnoses_visit_id_idx"), "diagnoses", ["visit_id"], unique=False)
    op.create_table(
        "prescriptions",
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("medication_name", sa.Text(), nullable=False),
        sa.Column("dosage", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("duration", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quantity_dispensed", sa.Integer(), nullable=False),
        sa.Column("dispensed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispensed_by", sa.Uuid(), nullable=True),
        sa.Column("dispensing_notes", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity_dispensed between 0 and quantity", name=op.f("prescriptions_quantity_check")),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["patient_encounters.id"], name=op.f("prescriptions_encounter_id_fkey")
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("prescriptions_facility_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("prescriptions_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("prescriptions_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("prescriptions_pkey")),
    )
    op.create_index(op.f("prescriptions_patient_id_idx"), "prescriptions", ["patient_id"], unique=False)
    op.create_index(op.f("prescriptions_visit_id_idx"), "prescriptions", ["visit_id"], unique=False)
    append_only("audit_logs")
    append_only("audit_seals")


def downgrade() -> None:
    op.drop_index(op.f("prescriptions_visit_id_idx"), table_name="prescriptions")
    op.drop_index(op.f("prescriptions_patient_id_idx"), table_name="prescriptions")
    op.drop_table("prescriptions")
    op.drop_index(op.f("diagnoses_visit_id_idx"), table_name="diagnoses")
    op.drop_index(op.f("diagnoses_patient_id_idx"), table_name="diagnoses")
    op.drop_table("diagnoses")
    op.drop_index(op.f("sha_invoices_visit_id_idx"), table_name="sha_invoices")
    op.drop_index(op.f("sha_invoices_patient_id_idx"), table_name="sha_invoices")
    op.drop_table("sha_invoices")
    op.drop_index(op.f("referrals_visit_id_idx"), table_name="referrals")
    op.drop_index(op.f("referrals_patient_id_idx"), table_name="referrals")
    op.drop_table("referrals")
    op.drop_index(op.f("payments_visit_id_idx"), table_name="payments")
    op.drop_index(op.f("payments_patient_id_idx"), table_name="payments")
    op.drop_table("payments")
    op.drop_index(op.f("patient_mch_services_visit_id_idx"), table_name="patient_mch_services")
    op.drop_index(op.f("patient_mch_services_patient_id_idx"), table_name="patient_mch_services")
    op.drop_table("patient_mch_services")
    op.drop_index(op.f("patient_immunizations_visit_id_idx"), table_name="patient_immunizations")
    op.drop_index(op.f("patient_immunizations_patient_id_idx"), table_name="patient_immunizations")
    op.drop_table("patient_immunizations")
    op.drop_index(op.f("patient_family_planning_visit_id_idx"), table_name="patient_family_planning")
    op.drop_index(op.f("patient_family_planning_patient_id_idx"), table_name="patient_family_planning")
    op.drop_table("patient_family_planning")
    op.drop_index(op.f("patient_encounters_visit_id_idx"), table_name="patient_encounters")
    op.drop_index(op.f("patient_encounters_patient_id_idx"), table_name="patient_encounters")
    op.drop_table("patient_encounters")
    op.drop_index(op.f("lab_requests_visit_id_idx"), table_name="lab_requests")
    op.drop_index(op.f("lab_requests_patient_id_idx"), table_name="lab_requests")
    op.drop_table("lab_requests")
    op.drop_index(op.f("charges_visit_id_idx"), table_name="charges")
    op.drop_index(op.f("charges_patient_id_idx"), table_name="charges")
    op.drop_table("charges")
    op.drop_index(op.f("appointments_visit_id_idx"), table_name="appointments")
    op.drop_index(op.f("appointments_patient_id_idx"), table_name="appointments")
    op.drop_table("appointments")
    op.drop_index("visits_waiting_at_idx", table_name="visits", postgresql_using="gin")
    op.drop_index(op.f("visits_patient_id_idx"), table_name="visits")
    op.drop_index("visits_one_open_per_patient", table_name="visits", postgresql_where=sa.text("completed_at is null"))
    op.drop_index("visits_facility_id_arrived_at_idx", table_name="visits")
    op.drop_table("visits")
    op.drop_index(op.f("vaccines_facility_id_idx"), table_name="vaccines")
    op.drop_table("vaccines")
    op.drop_table("users")
    op.drop_index("prices_facility_id_lower_code_key", table_name="prices")
    op.drop_table("prices")
    op.drop_index(
        "patients_facility_id_national_id_key",
        table_name="patients",
        postgresql_where=sa.text("national_id is not null"),
    )
    op.drop_index(op.f("patients_facility_id_idx"), table_name="patients")
    op.drop_table("patients")
    op.drop_table("numbers")
    op.drop_index(op.f("mch_services_facility_id_idx"), table_name="mch_services")
    op.drop_table("mch_services")
    op.drop_index(op.f("family_planning_methods_facility_id_idx"), table_name="family_planning_methods")
    op.drop_table("family_planning_methods")
    op.drop_table("audit_chains")
    op.drop_index(op.f("sign_in_failures_at_idx"), table_name="sign_in_failures")
    op.drop_table("sign_in_failures")
    op.drop_table("facilities")
    op.drop_index("events_facility_id_id_idx", table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("commands_visit_id_idx"), table_name="commands")
    op.drop_table("commands")
    op.drop_table("audit_seals")
    op.drop_index(op.f("audit_logs_visit_id_idx"), table_name="audit_logs")
    op.drop_index("audit_logs_facility_id_at_idx", table_name="audit_logs")
    op.drop_table("audit_logs")
    op.execute("drop function refuse_change")
    op.execute("drop function next_event_id")
    op.execute("drop sequence events_id_seq")
