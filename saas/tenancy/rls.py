"""The wall between tenants, as statements for migrations: row-level security with a restrictive guard."""

from __future__ import annotations

APP_ROLE = "jiceng_app"
OWNER_ROLE = "jiceng_owner"
RECONCILER_ROLE = "jiceng_reconciler"
OPERATOR_ROLE = "jiceng_operator"

# Wrapped in SELECT so that it is computed once a statement; nullif, because a used-up setting reads as ''.
SAME_TENANT = "tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
# The planner reads the setting and looks up how many rows the county has; a scan computes it for each row (0.25 µs).
SAME_TENANT_PLANNED = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
LEAVING_TENANT = "tenant_id = (SELECT nullif(current_setting('app.leaving_tenant_id', true), '')::uuid)"
# Behind the event of a trigger that keeps rows: what was signed stays, until the whole county leaves the system.
UNLESS_LEAVING = (
    f"WHEN (current_user <> '{OWNER_ROLE}' OR nullif(current_setting('app.leaving_tenant_id', true), '') IS NULL)"
)


def protect(table: str) -> list[str]:
    """Return the statements that put a tenant-owned table behind the wall."""
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY {table}_tenant ON "{table}" TO {APP_ROLE} USING ({SAME_TENANT}) WITH CHECK ({SAME_TENANT})',
        # Permissive policies are OR-ed: the restrictive twin keeps a later, careless one from opening the table.
        (
            f'CREATE POLICY {table}_guard ON "{table}" AS RESTRICTIVE TO {APP_ROLE} '
            f"USING ({SAME_TENANT}) WITH CHECK ({SAME_TENANT})"
        ),
        let_leave(table),
    ]


def compare_plainly(table: str) -> list[str]:
    """Return the statements for a small table of which every county has rows: planned by the county's share of it."""
    return _compare(table, SAME_TENANT_PLANNED)


def compare_once(table: str) -> list[str]:
    """Return the statements that put back what `protect` says: the setting is computed once a statement."""
    return _compare(table, SAME_TENANT)


def _compare(table: str, same_tenant: str) -> list[str]:
    return [
        f'ALTER POLICY {table}_{policy} ON "{table}" USING ({same_tenant}) WITH CHECK ({same_tenant})'
        for policy in ("tenant", "guard")
    ]


def let_leave(table: str) -> str:
    """Return the statement that lets the owning role reach the rows of the one county that leaves the system."""
    return (
        f'CREATE POLICY {table}_leaving ON "{table}" TO {OWNER_ROLE}'
        f" USING ({LEAVING_TENANT}) WITH CHECK ({LEAVING_TENANT})"
    )


def grant(table: str, privileges: str = "SELECT, INSERT, UPDATE, DELETE", *, role: str = APP_ROLE) -> str:
    """Return the statement that lets a role work on a table. Audit rows are only ever added."""
    return f'GRANT {privileges} ON "{table}" TO {role}'
