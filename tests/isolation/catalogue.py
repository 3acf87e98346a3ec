"""What the live catalogue must say about the wall: assertions, each a query that returns what breaks it.

The catalogue is asked, not a list kept by hand: a new table is checked the day it appears.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

# Tables that belong to no county, each with its reason.
GLOBAL_TABLES: Mapping[str, str] = {
    "alembic_version": "where the schema stands; the application cannot read it",
    "cell": "which databases there are",
    "operator": "who operates the deployment: no role of the counties reads it",
    "operator_event": "what operators did: outlives the counties it names",
    "operator_session": "signed-in operators: no role of the counties reads it",
    "tenant": "which counties there are: read before a county is bound, written by operators only",
    "tenant_former_slug": "where a county was: read before a county is bound, written by operators only",
    "tenant_host": "which host name shows which county: read before a county is bound, written by operators only",
    "tenant_quota": "what operators let a county use: behind the wall for the application, which may not change it",
    "tenant_usage": "how much a county uses, without content: behind the wall, counted by the application",
}
# Functions that may run with their owner's rights, each with its reason. None does.
DEFINER_FUNCTIONS: Mapping[str, str] = {
    "gather_unit_statistics": "ANALYZE is the owner's; it takes nothing and gives nothing back",
}

_OWNED = """
  SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relkind FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND c.relname <> ALL(:global_tables)
"""

ASSERTIONS: Mapping[str, str] = {
    "01 the application's role is neither superuser nor bypasses row security nor creates roles": """
        SELECT rolname FROM pg_roles WHERE rolname IN ('jiceng_app', 'jiceng_reconciler', 'jiceng_operator')
        AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)""",
    "02 the application's role owns nothing": """
        SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        WHERE r.rolname IN ('jiceng_app', 'jiceng_reconciler', 'jiceng_operator')""",
    "03 every table with a tenant has row security": f"SELECT relname FROM ({_OWNED}) t WHERE NOT relrowsecurity",
    "04 row security is forced on the owner too": f"SELECT relname FROM ({_OWNED}) t WHERE NOT relforcerowsecurity",
    "05 every such table has a policy for the application": f"""
        SELECT relname FROM ({_OWNED}) t WHERE NOT EXISTS (
          SELECT 1 FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname
          AND p.permissive = 'PERMISSIVE' AND 'jiceng_app' = ANY(p.roles))""",
    "06 every such table has a restrictive guard": f"""
        SELECT relname FROM ({_OWNED}) t WHERE NOT EXISTS (
          SELECT 1 FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname
          AND p.permissive = 'RESTRICTIVE' AND p.cmd = 'ALL' AND p.roles = '{{jiceng_app}}')""",
    "07 no policy of the application is always true": """
        SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'public'
        AND (qual = 'true' OR with_check = 'true')
        AND NOT (tablename = ANY(:seen_from_outside) AND roles <@ '{jiceng_reconciler,jiceng_operator}')""",
    "08 policies compare with the setting once a statement, for reading and for writing": """
        SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'public'
        AND NOT roles && '{jiceng_reconciler,jiceng_operator}' AND (with_check IS DISTINCT FROM qual
          OR qual !~ 'SELECT .*current_setting' AND NOT (tablename = ANY(:of_every_county) AND qual = :planned))""",
    "09 the tenant is never null": f"""
        SELECT t.relname FROM ({_OWNED}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
        WHERE NOT a.attnotnull""",
    "10 every unique key starts with the tenant": f"""
        SELECT i.relname FROM ({_OWNED}) t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
        WHERE (x.indisunique OR x.indisexclusion) AND x.indkey[0] <> a.attnum""",
    "11 foreign keys between counties' tables carry the tenant on both sides": f"""
        SELECT k.conname FROM pg_constraint k JOIN ({_OWNED}) t ON t.oid = k.conrelid
        JOIN ({_OWNED}) u ON u.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
        JOIN pg_attribute b ON b.attrelid = u.oid AND b.attname = 'tenant_id'
        WHERE k.contype = 'f' AND (k.conkey[1] <> a.attnum OR k.confkey[1] <> b.attnum)""",
    "12 views look with the rights of who asks": """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY(c.reloptions), false)""",
    "13 no materialised view can be read": """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE c.relkind = 'm' AND has_table_privilege('jiceng_app', c.oid, 'SELECT')""",
    "14 no function runs with its owner's rights": """
        SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'
        WHERE p.prosecdef AND p.proname <> ALL(:definer_functions)""",
    "15 the application may not truncate, refer to or put triggers on a table": """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE c.relkind IN ('r', 'p') AND (has_table_privilege('jiceng_app', c.oid, 'TRUNCATE')
          OR has_any_column_privilege('jiceng_app', c.oid, 'REFERENCES')
          OR has_table_privilege('jiceng_app', c.oid, 'TRIGGER'))""",
    "16 no partition can be reached past its parent": """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE c.relispartition AND c.relkind IN ('r', 'p') AND has_table_privilege('jiceng_app', c.oid, 'SELECT')""",
    "17 a table without a tenant is one of the named few": """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE c.relkind IN ('r', 'p') AND c.relname <> ALL(:global_tables) AND NOT EXISTS (
          SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)""",
    "18 the application may not change the list of counties": """
        SELECT c.relname FROM pg_class c WHERE c.relname = ANY(:global_tables) AND c.relkind = 'r'
        AND c.relname <> 'tenant_usage' AND (has_any_column_privilege('jiceng_app', c.oid, 'INSERT')
          OR has_any_column_privilege('jiceng_app', c.oid, 'UPDATE')
          OR has_table_privilege('jiceng_app', c.oid, 'DELETE'))""",
    "19 what was done stays done: no change or removal of the trail and of decisions": """
        SELECT c.relname FROM pg_class c
        WHERE c.relname IN (
          'audit_event', 'review_decision', 'task_report', 'target_value', 'record_event', 'record_reading')
        AND (has_any_column_privilege('jiceng_app', c.oid, 'UPDATE')
          OR has_table_privilege('jiceng_app', c.oid, 'DELETE'))""",
    "20 the reconciler reads no column but those of where a job stands": """
        SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
        AND has_column_privilege('jiceng_reconciler', c.oid, a.attnum, 'SELECT')
        AND (c.relname <> 'job' OR a.attname IN ('args', 'key', 'created_by_id', 'error', 'reason'))
        AND NOT (c.relname = 'tenant_quota' AND a.attname IN ('tenant_id', 'max_jobs_in_flight'))""",
    "21 the operator has no right to a county's table, but to the columns of where a job stands": f"""
        SELECT t.relname || '.' || a.attname FROM ({_OWNED}) t
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE has_column_privilege('jiceng_operator', t.oid, a.attnum, 'INSERT, UPDATE, REFERENCES')
        OR has_table_privilege('jiceng_operator', t.oid, 'DELETE, TRUNCATE, TRIGGER')
        OR (has_column_privilege('jiceng_operator', t.oid, a.attnum, 'SELECT')
          AND (t.relname <> 'job' OR a.attname IN ('args', 'key', 'created_by_id', 'error', 'reason')))""",
    "22 no policy lets the operator into a county's table, but to read where a job stands": f"""
        SELECT p.tablename || '.' || p.policyname FROM ({_OWNED}) t JOIN pg_policies p ON p.tablename = t.relname
        WHERE p.schemaname = 'public' AND p.roles && '{{jiceng_operator,public}}'
        AND NOT (t.relname = 'job' AND p.cmd = 'SELECT')""",
    "23 the owner reaches the rows of the one county that leaves, and no others": f"""
        SELECT t.relname FROM ({_OWNED}) t WHERE (
          SELECT count(*) FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname
          AND 'jiceng_owner' = ANY(p.roles) AND p.cmd = 'ALL' AND p.permissive = 'PERMISSIVE'
          AND p.qual ~ 'SELECT .*app\\.leaving_tenant_id' AND p.qual ~ '^\\(tenant_id = '
        ) <> 1 OR EXISTS (
          SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname
          AND p.roles && '{{jiceng_owner,public}}' AND p.policyname <> t.relname || '_leaving')""",
    "24 a trigger that keeps rows lets those of a leaving county go": f"""
        SELECT t.relname || '.' || g.tgname FROM ({_OWNED}) t JOIN pg_trigger g ON g.tgrelid = t.oid
        WHERE NOT g.tgisinternal AND g.tgtype & 8 = 8 AND pg_get_triggerdef(g.oid) !~ 'app\\.leaving_tenant_id'""",
    "25 what operators did stays done": """
        SELECT r.rolname FROM pg_roles r WHERE r.rolname IN ('jiceng_operator', 'jiceng_app', 'jiceng_reconciler')
        AND (has_any_column_privilege(r.rolname, 'operator_event', 'UPDATE')
          OR has_table_privilege(r.rolname, 'operator_event', 'DELETE, TRUNCATE'))""",
    "26 the roles of the counties know nothing of operators": """
        SELECT r.rolname || ' ' || c.relname FROM pg_roles r, pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE r.rolname IN ('jiceng_app', 'jiceng_reconciler') AND c.relkind = 'r' AND c.relname LIKE 'operator%'
        AND (has_any_column_privilege(r.rolname, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
          OR has_table_privilege(r.rolname, c.oid, 'DELETE, TRUNCATE, TRIGGER'))""",
}
# Small tables of which every county has rows: there the planner must know how large the county is that asks.
OF_EVERY_COUNTY = (
    "tenant_settings",
    "unit_type",
    "hierarchy",
    "org_unit",
    "unit_version",
    "placement",
    "post",
    "user",
    "appointment",
)
PLANNED = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
# Tables of which a role outside the counties sees every row, some of its columns.
SEEN_FROM_OUTSIDE = ("job", "tenant_quota", "tenant_usage")


def broken(connection: Connection) -> dict[str, list[str]]:
    """Return what breaks each assertion; empty when the wall stands."""
    found = {}
    for name, query in ASSERTIONS.items():
        values: dict[str, list[str] | str] = {}
        if ":global_tables" in query:
            values["global_tables"] = list(GLOBAL_TABLES)
        if ":of_every_county" in query:
            values |= {"of_every_county": list(OF_EVERY_COUNTY), "planned": PLANNED}
        if ":seen_from_outside" in query:
            values["seen_from_outside"] = list(SEEN_FROM_OUTSIDE)
        if ":definer_functions" in query:
            values["definer_functions"] = list(DEFINER_FUNCTIONS)
        rows = [str(row[0]) for row in connection.execute(text(query), values)]
        if rows:
            found[name] = rows
    return found
