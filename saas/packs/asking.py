"""Applying a pack from the screens: shown first, then carried out in the background exactly as it was shown."""

from __future__ import annotations

import secrets
import uuid

from sqlalchemy import select

from saas.accounts.models import User
from saas.audit.services import HasId
from saas.db import db
from saas.domain.canonical_json import digest
from saas.domain.errors import DomainError, InvalidTransition
from saas.jobs.models import Job
from saas.jobs.services import request_job
from saas.packs.display import Description, describe_proposal
from saas.packs.services import PackConflict, Proposal, apply_pack, propose
from saas.packs.sources import Source, obstacle
from saas.tenancy.packs import Pack

APPLY_JOB = "packs.apply"


class DifferenceMoved(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """The county or the pack changed after the difference was shown. Nothing was changed."""

    code = "difference_moved"


def shown_digest(description: Description) -> str:
    """What a reader saw, as a digest that travels with the button."""
    return digest(list(description.lines()))


def is_demonstration(pack: Pack) -> bool:
    """Whether a pack describes an invented county."""
    return pack.configuration.history is not None


def request_application(source: Source, year: int, shown: str, *, actor: HasId) -> Job:
    """Ask for a pack to be applied in the background. Raises InvalidTransition if it may not be applied here."""
    pack = source.read_for_county(year)
    why_not = obstacle(pack.head, is_demonstration=is_demonstration(pack))
    if why_not:
        raise InvalidTransition(why_not)
    args = {
        "name": source.name,
        "file_id": str(source.file_id or ""),
        "year": year,
        "shown": shown,
        "actor_id": actor.id,
    }
    return request_job(APPLY_JOB, f"{shown}-{uuid.uuid4().hex}", args, actor=actor, priority=1)


def apply_as_shown(source: Source, year: int, shown: str, actor_id: uuid.UUID) -> None:
    """Apply a pack if that does what was shown. New accounts get a password that nobody knows."""
    actor = db.session.scalars(select(User).where(User.id == actor_id)).one()
    pack = source.read_for_county(year)
    proposal = propose(pack, actor=actor, keeps_accounts=True)
    if proposal.ledger.conflicts:
        raise PackConflict(proposal.ledger.conflicts)
    if shown_digest(describe_proposal(proposal)) != shown:
        raise DifferenceMoved("查看差异以后，本县的内容有了变化，没有写入任何内容：请重新查看差异后再应用")
    password = f"Jc-{secrets.token_urlsafe(24)}7"
    apply_pack(pack, first_password=password, actor=actor, keeps_accounts=True)


def compare(source: Source, year: int, actor: HasId) -> Proposal:
    """Compare a pack with the county, for a page. Existing accounts are the security administrator's (三员分立)."""
    return propose(source.read_for_county(year), actor=actor, keeps_accounts=True)
