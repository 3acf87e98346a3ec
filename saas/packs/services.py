"""Applying a pack to a county. May be run again: it says what was new. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.passwords import hash_password
from saas.accounts.queries import list_post_holders
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import digest
from saas.domain.errors import DomainError
from saas.forms.models import FormVersion, VersionStatus
from saas.jobs.running import report_progress
from saas.org.models import Hierarchy, OrgUnit, Placement
from saas.org.queries import ADMINISTRATIVE
from saas.packs.bodies import plan_bodies
from saas.packs.configuration import plan_configuration
from saas.packs.county import County, Desk
from saas.packs.ledger import Change, Ledger, Remark, to_journal, write
from saas.packs.models import PackApplication
from saas.packs.organisation import plan_organisation
from saas.packs.settings import keep_seal, plan_origin, plan_settings
from saas.packs.structure import plan_structure
from saas.tenancy.models import Tenant, TenantSettings
from saas.tenancy.packs import Pack
from saas.tenancy.scope import bound_tenant_id

RowKey = tuple[str, uuid.UUID]


class PackConflict(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """Something in the county stands in the way of the pack. Nothing was changed."""

    code = "pack_conflict"

    def __init__(self, conflicts: Sequence[Remark]) -> None:
        self.conflicts = tuple(conflicts)
        listing = "；".join(f"{each.label}：{each.text}" for each in self.conflicts[:10])
        super().__init__("配置包与本县现有内容有 {count} 处冲突：{listing}", count=len(conflicts), listing=listing)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What applying a pack would do, found by reading alone."""

    pack: Pack
    ledger: Ledger
    county: County
    recorder_id: uuid.UUID | None

    @property
    def is_empty(self) -> bool:
        """Whether the county has everything as the pack says already."""
        return not self.ledger.changes


def propose(
    pack: Pack,
    *,
    actor: HasId | None = None,
    first_password: str = "",
    must_change_password: bool = True,
    keeps_accounts: bool = False,
) -> Proposal:
    """Compare a pack with the bound county. Nothing is changed.

    With `keeps_accounts` people who have an account already are neither renamed nor appointed to anything.
    """
    own, retired = _earlier_rows(pack.head.name)
    ledger = Ledger(is_starter=pack.head.kind == "starter", own=own, retired=retired)
    county = County()
    drafter = find_drafter(actor)
    desk = Desk(
        pack=pack,
        county=county,
        ledger=ledger,
        today=local_today(),
        now=utc_now(),
        drafter_id=drafter,
        actor_id=actor.id if actor is not None else None,
        must_change_password=must_change_password,
        keeps_accounts=keeps_accounts,
    )
    if first_password and _brings_accounts(pack, county):
        desk.password_hash = hash_password(first_password)
    desk.load()
    report_progress(10)
    plan_settings(desk)
    plan_organisation(desk)
    plan_structure(desk)
    plan_bodies(desk)
    report_progress(40)
    desk.drafter_id = drafter or _first_new_person(desk)
    plan_configuration(desk)
    plan_origin(desk)
    return Proposal(pack, ledger, county, drafter)


def apply_pack(
    pack: Pack,
    *,
    first_password: str,
    must_change_password: bool = True,
    actor: HasId | None = None,
    keeps_accounts: bool = False,
) -> Mapping[str, int]:
    """Apply a pack to the bound county, all or nothing. Return how many things of each kind are new.

    New accounts get `first_password`. Raises PackConflict, with nothing changed, if something stands in the way.
    """
    one_at_a_time()
    proposal = propose(
        pack,
        actor=actor,
        first_password=first_password,
        must_change_password=must_change_password,
        keeps_accounts=keeps_accounts,
    )
    if proposal.ledger.conflicts:
        raise PackConflict(proposal.ledger.conflicts)
    if not proposal.is_empty:
        report_progress(60)
        write(proposal.ledger.changes)
        report_progress(90)
        _record(proposal, actor)
        keep_seal(pack, actor)
    return proposal.ledger.counts()


def one_at_a_time() -> None:
    """Two packs are applied to a county one after the other."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"packs {bound_tenant_id()}"))))


def _earlier_rows(name: str) -> tuple[frozenset[RowKey], frozenset[RowKey]]:
    """The rows that applications of the same pack brought or changed, and those that rolled-back ones left behind."""
    rows = db.session.execute(
        select(PackApplication.name, PackApplication.rolled_back_at, PackApplication.changes).order_by(
            PackApplication.number
        )
    ).all()
    own = {key for each, undone, changes in rows if each == name and undone is None for key in _keys(changes)}
    retired = {key for _, undone, changes in rows if undone is not None for key in _keys(changes)}
    return frozenset(own), frozenset(retired)


def _keys(changes: Sequence[Mapping[str, Any]]) -> list[RowKey]:
    return [(change["table"], uuid.UUID(change["id"])) for change in changes]


def _brings_accounts(pack: Pack, county: County) -> bool:
    known = {row["login_name"] for row in county.rows(User)}
    return any(row.login_name not in known for row in pack.organisation.people)


def find_drafter(actor: HasId | None) -> uuid.UUID | None:
    """In whose name plans are drafted: a holder of an office post at the county, else whoever applies the pack."""
    root_id = find_root_id()
    holders = list_post_holders([root_id], Role.OFFICE, local_today()) if root_id is not None else []
    if holders:
        return holders[0][1].id
    if actor is not None:
        return actor.id
    return db.session.scalars(select(User.id).where(User.is_active).order_by(User.id).limit(1)).one_or_none()


def _first_new_person(desk: Desk) -> uuid.UUID | None:
    """In a county without accounts: the first person whom the pack gives an office post at the county itself."""
    root = desk.units.get(desk.pack.root)
    changes = [(change, change.after or {}) for change in desk.ledger.changes if change.before is None]
    posts = [
        (after["sort_order"], change.id)
        for change, after in changes
        if change.table == "post" and root is not None and after["unit_id"] == root.id
        if Role.OFFICE.value in after["roles"]
    ]
    for _, post_id in sorted(posts):
        for change, after in changes:
            if change.table == "appointment" and after["post_id"] == post_id:
                found: uuid.UUID = after["user_id"]
                return found
    return next((change.id for change, _ in changes if change.table == "user"), None)


def find_root_id() -> uuid.UUID | None:
    """The unit at the top of the administrative tree, or None in a county that has no units yet."""
    today = local_today()
    return db.session.scalars(
        select(Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(
            Hierarchy.code == ADMINISTRATIVE,
            Placement.parent_id.is_(None),
            Placement.starts_on <= today,
            (Placement.ends_on.is_(None)) | (Placement.ends_on > today),
        )
        .order_by(Placement.starts_on)
        .limit(1)
    ).one_or_none()


def find_root_code() -> str | None:
    """The code of the county's root unit: what `@root` means for it."""
    root_id = find_root_id()
    if root_id is None:
        return None
    return db.session.scalars(select(OrgUnit.code).where(OrgUnit.id == root_id)).one()


def _record(proposal: Proposal, actor: HasId | None) -> PackApplication:
    pack, ledger = proposal.pack, proposal.ledger
    last = db.session.scalars(select(func.coalesce(func.max(PackApplication.number), 0))).one()
    application = PackApplication(
        id=new_id(),
        number=last + 1,
        name=pack.head.name,
        title=pack.head.title,
        pack_version=pack.head.version,
        digest=digest(dict(pack.files)),
        files=dict(pack.files),
        counts={"new": ledger.counts(), "changed": _changed(ledger.changes), "kept": len(ledger.kept)},
        changes=[journal_entry(change) for change in ledger.changes],
        applied_by_id=actor.id if actor is not None else None,
    )
    db.session.add(application)
    settings = db.session.scalars(select(TenantSettings)).one()
    by = actor or _recorder(proposal)
    record(AuditAction.PACK_APPLIED, settings, actor=by, pack=pack.head.name, new=ledger.counts())
    _record_published(ledger.changes, by)
    db.session.flush()
    return application


def journal_entry(change: Change) -> dict[str, Any]:
    """A change as the journal keeps it."""
    return {
        "table": change.table,
        "id": str(change.id),
        "label": change.label,
        "before": to_journal(change.before),
        "after": to_journal(change.after),
    }


def _changed(changes: Sequence[Change]) -> int:
    return len({(change.table, change.label) for change in changes if change.before is not None})


def _recorder(proposal: Proposal) -> User | None:
    """From the command line a pack is applied in the name of the county's office, if it had one before."""
    user_id = proposal.recorder_id
    return db.session.get(User, (bound_tenant_id(), user_id)) if user_id is not None else None


def _record_published(changes: Sequence[Change], actor: HasId | None) -> None:
    """Every form that a pack publishes is in the audit trail as if it had been published by hand."""
    for change in changes:
        after = change.after or {}
        if change.model is FormVersion and change.before is None and after["status"] is VersionStatus.PUBLISHED:
            version = db.session.get_one(FormVersion, (bound_tenant_id(), change.id))
            record(
                AuditAction.FORM_PUBLISHED,
                version.form,
                actor=actor,
                number=after["number"],
                digest=after["digest"],
            )


def is_empty_county() -> bool:
    """Whether nobody has set up anything yet but the county itself: at most its root unit."""
    return db.session.scalars(select(func.count()).select_from(OrgUnit)).one() <= 1


def get_county() -> Tenant:
    """The bound county."""
    return db.session.scalars(select(Tenant).where(Tenant.id == bound_tenant_id())).one()
