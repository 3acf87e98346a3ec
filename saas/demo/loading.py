"""Loading a demonstration county: the pack, then its history, all or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from saas.config import ConfigError
from saas.db import at_moment, db, local_today, unit_of_work, utc_now
from saas.demo import moments
from saas.demo.counties import MARKER, PASSWORD, Demonstration
from saas.demo.following import tell_ordinary
from saas.demo.past_plans import plan_tales
from saas.demo.past_registers import record_tales
from saas.demo.past_rounds import round_tales
from saas.demo.past_submissions import list_reports, report_tale
from saas.demo.past_targets import target_tales
from saas.demo.past_tasks import task_tales
from saas.demo.stage import Stage
from saas.demo.telling import tell
from saas.packs.services import apply_pack
from saas.tenancy.models import Tenant, TenantSettings
from saas.tenancy.packs import read_pack
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope

TALES = (plan_tales, round_tales, task_tales, target_tales, record_tales)
APPLIED_YEARS_AGO = 1  # long enough for a yearly report about last year


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a county did. No steps: it was there already."""

    steps: int
    seconds: float


def load_county(demonstration: Demonstration, say: Callable[[str], None]) -> Loaded:
    """Create the county, apply its pack and tell its history in one transaction; nothing if it is there already.

    Broken off, it leaves nothing behind but the empty county, and may be run again. Raises ConfigError without the
    owner's database address.
    """
    started = time.monotonic()
    if is_loaded(demonstration):
        return Loaded(0, time.monotonic() - started)
    owner_url = current_app.config["JICENG"].owner_url
    if owner_url is None:
        raise ConfigError("DATABASE_OWNER_URL is not set: only the owning role creates counties")
    say(f"  {demonstration.name}: the pack {demonstration.pack} and its history")
    tenant_id = create_tenant(owner_url, demonstration.slug, demonstration.name)
    with tenant_scope(tenant_id), unit_of_work():
        steps = tell_history(open_stage(demonstration))
        _mark()
    return Loaded(steps, time.monotonic() - started)


def open_stage(demonstration: Demonstration) -> Stage:
    """Read the pack of a county for the present year. Its history is as the pack has it."""
    pack = read_pack(demonstration.folder, year=local_today().year)
    history = pack.configuration.history
    if history is None:
        raise LookupError(f"the pack {demonstration.pack} has no history")
    return Stage(demonstration, pack, history.history, utc_now(), local_today())


def tell_history(stage: Stage) -> int:
    """Apply the pack to the bound county and tell its history. Return how many steps of it had their own moment."""
    with at_moment(_long_ago(stage)):
        apply_pack(stage.pack, first_password=PASSWORD, must_change_password=False)
    stage.load_units()
    reports = tell_ordinary(stage, list(list_reports(stage)))
    tales = [report_tale(stage, report) for report in reports] + [tale for told in TALES for tale in told(stage)]
    return tell(tales, stage.now)


def _long_ago(stage: Stage) -> datetime:
    """When the county began to work with the system."""
    day = stage.today.replace(year=stage.today.year - APPLIED_YEARS_AGO, month=1, day=5)
    return moments.working_moment(day, stage.draw("applied"), stage.zone)


def is_loaded(demonstration: Demonstration) -> bool:
    """Whether the county is there with its whole history."""
    county = db.session.scalars(select(Tenant).where(Tenant.slug == demonstration.slug)).one_or_none()
    if county is None:
        return False
    with tenant_scope(county.id):
        settings = db.session.scalars(select(TenantSettings)).one_or_none()
        return settings is not None and MARKER in settings.details


def _mark() -> None:
    settings = db.session.scalars(select(TenantSettings)).one()
    settings.details[MARKER] = utc_now().isoformat()
    flag_modified(settings, "details")
