"""The operator's side: who operates, quotas and usage of counties, former addresses; and the way out of the system.

Revises: 0014_imports_and_pack_history
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import OPERATOR_ROLE, RECONCILER_ROLE, UNLESS_LEAVING, grant, let_leave, protect

revision = "0015_operator"
down_revision = "0014_imports_and_pack_history"
branch_labels = None
depends_on = None

OPERATES = {
    "alembic_version": "SELECT",
    "cell": "SELECT, INSERT",
    "tenant": "SELECT, INSERT, UPDATE, DELETE",
    "tenant_host": "SELECT, INSERT, DELETE",
    "tenant_former_slug": "SELECT, INSERT, DELETE",
    "tenant_quota": "SELECT, INSERT, UPDATE, DELETE",
    "tenant_usage": "SELECT, DELETE",
    "operator": "SELECT, INSERT, UPDATE",
    "operator_session": "SELECT, INSERT, UPDATE",
    "operator_event": "SELECT, INSERT",
}
# Where a job stands, not what it is about: the columns that the reconciler reads.
JOB_COLUMNS = "tenant_id, id, kind, state, priority, attempt, max_attempts, run_after, sent_at, created_at, finished_at"
BEHIND_THE_WALL = {"tenant_quota": "SELECT", "tenant_usage": "SELECT, INSERT, UPDATE"}
# A round that is confirmed takes no more rows, except while its whole county is being restored.
FILLED_WITH_THE_ROUND = ("assessment_result", "assessment_fact")
FINAL_ROUND = "('confirmed', 'published')"


def upgrade() -> None:
    op.execute(f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OPERATOR_ROLE}') THEN
            RAISE EXCEPTION 'the role {OPERATOR_ROLE} is missing: run `flask database prepare` first';
          END IF;
        END $$
    """)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {OPERATOR_ROLE}")
    _change_tenant()
    _create_tables()
    for table, privileges in BEHIND_THE_WALL.items():
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, privileges))
        op.execute(f"CREATE POLICY {table}_operator ON {table} TO {OPERATOR_ROLE} USING (true) WITH CHECK (true)")
    op.execute(grant("tenant_former_slug", "SELECT"))
    for table, privileges in OPERATES.items():
        op.execute(grant(table, privileges, role=OPERATOR_ROLE))
    op.execute(f"CREATE POLICY job_operator ON job FOR SELECT TO {OPERATOR_ROLE} USING (true)")
    op.execute(f"GRANT SELECT ({JOB_COLUMNS}) ON job TO {OPERATOR_ROLE}")
    # The reconciler gives each county its turn: how many at a time is the county's own figure where it has one.
    op.execute(f"CREATE POLICY tenant_quota_reconciler ON tenant_quota FOR SELECT TO {RECONCILER_ROLE} USING (true)")
    op.execute(f"GRANT SELECT (tenant_id, max_jobs_in_flight) ON tenant_quota TO {RECONCILER_ROLE}")
    for table in _tables_without_a_way_out():
        op.execute(let_leave(table))
    _change_triggers(f"{UNLESS_LEAVING} ")
    for table in FILLED_WITH_THE_ROUND:
        _keep_what_was_confirmed(table, unless="AND NOT is_restored")


def downgrade() -> None:
    for table in FILLED_WITH_THE_ROUND:
        _keep_what_was_confirmed(table, unless="")
    _change_triggers("")
    for table in _tables_with_a_way_out():
        op.execute(f'DROP POLICY {table}_leaving ON "{table}"')
    op.execute("DROP POLICY job_operator ON job")
    for table in ("operator_event", "operator_session", "operator", "tenant_usage", "tenant_quota"):
        op.drop_table(table)
    op.drop_table("tenant_former_slug")
    op.execute(f"REVOKE ALL ON alembic_version, cell, tenant, tenant_host, job FROM {OPERATOR_ROLE}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {OPERATOR_ROLE}")
    op.drop_constraint(op.f("ck_tenant_suspended_when_suspended"), "tenant")
    op.drop_column("tenant", "version")
    op.drop_column("tenant", "suspended_reason")
    op.drop_column("tenant", "suspended_at")


def _change_tenant() -> None:
    op.add_column("tenant", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tenant", sa.Column("suspended_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("tenant", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")))
    op.execute("UPDATE tenant SET suspended_at = now() WHERE status = 'suspended'")
    op.create_check_constraint(
        op.f("ck_tenant_suspended_when_suspended"), "tenant", "status = 'suspended' OR suspended_at IS NULL"
    )


def _create_tables() -> None:
    op.create_table(
        "tenant_former_slug",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_tenant_former_slug_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("slug", name="pk_tenant_former_slug"),
    )
    op.create_index("ix_tenant_former_slug_tenant_id", "tenant_former_slug", ["tenant_id"])
    op.create_table(
        "tenant_quota",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("max_users", sa.Integer(), nullable=True),
        sa.Column("max_storage_bytes", sa.BigInteger(), nullable=True),
        sa.Column("max_jobs_in_flight", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("max_users >= 0", name="ck_tenant_quota_users_not_negative"),
        sa.CheckConstraint("max_storage_bytes >= 0", name="ck_tenant_quota_storage_not_negative"),
        sa.CheckConstraint("max_jobs_in_flight >= 1", name="ck_tenant_quota_some_job_in_flight"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_tenant_quota_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenant_quota"),
    )
    op.create_table(
        "tenant_usage",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("users", "units", "submissions", "documents", "files")
        ),
        sa.Column("storage_bytes", sa.BigInteger(), nullable=False),
        sa.Column("audit_events", sa.Integer(), nullable=False),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_tenant_usage_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenant_usage"),
    )
    op.create_index("ix_tenant_usage_measured_at", "tenant_usage", ["measured_at"])
    _create_operator_tables()


def _create_operator_tables() -> None:
    op.create_table(
        "operator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operator"),
        sa.UniqueConstraint("login_name", name="uq_operator_login_name"),
    )
    op.create_table(
        "operator_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name="fk_operator_session_operator_id_operator"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_session"),
        sa.UniqueConstraint("token_digest", name="uq_operator_session_token_digest"),
    )
    op.create_index("ix_operator_session_operator_id", "operator_session", ["operator_id"])
    op.create_table(
        "operator_event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("previous_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_operator_event"),
    )
    op.create_index("ix_operator_event_tenant_id", "operator_event", ["tenant_id"])
    op.create_index("ix_operator_event_address_at", "operator_event", ["address", "at"])


def _tables_without_a_way_out() -> list[str]:
    return _owned("NOT EXISTS")


def _tables_with_a_way_out() -> list[str]:
    return _owned("EXISTS")


def _owned(condition: str) -> list[str]:
    """The tables behind the wall, by whether the owning role has a way to a county that leaves."""
    rows = op.get_bind().execute(
        sa.text(f"""
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
            WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND {condition} (
              SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = c.relname || '_leaving')
            ORDER BY c.relname
        """)
    )
    return [row.relname for row in rows]


def _change_triggers(condition: str) -> None:
    """Every trigger that keeps rows lets those of a leaving county go, or no longer does."""
    rows = op.get_bind().execute(
        sa.text("""
            SELECT t.tgname, c.relname, pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid AND c.relrowsecurity
            JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
            WHERE NOT t.tgisinternal AND t.tgtype & 8 = 8 ORDER BY c.relname, t.tgname
        """)
    )
    for row in rows.all():
        head, event, function = row.definition.partition(" FOR EACH ROW ")
        function = function[function.index("EXECUTE FUNCTION") :]
        op.execute(f'DROP TRIGGER {row.tgname} ON "{row.relname}"')
        op.execute(f"{head}{event}{condition}{function}")


def _keep_what_was_confirmed(table: str, *, unless: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
        DECLARE
          concerned record;
          is_restored boolean;
        BEGIN
          concerned := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
          IF EXISTS (
            SELECT FROM assessment_round
            WHERE tenant_id = concerned.tenant_id AND id = concerned.round_id AND status IN {FINAL_ROUND}
          ) THEN
            is_restored := TG_OP = 'INSERT' AND EXISTS (
              SELECT FROM tenant WHERE id = concerned.tenant_id AND status = 'preparing');
            IF true {unless} THEN
              RAISE EXCEPTION 'a row of {table} of a confirmed round cannot be changed' USING ERRCODE = '23000';
            END IF;
          END IF;
          RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$
    """)
