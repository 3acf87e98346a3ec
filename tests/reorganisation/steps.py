"""What several tests of reorganisations do."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from saas.administration.reorganisation import services
from saas.administration.reorganisation.impact import assess_impact
from saas.administration.reorganisation.journal import MODELS
from saas.administration.reorganisation.queries import steps_of
from saas.db import db, new_id
from saas.domain.reorganisation import reorganise
from saas.domain.reorganisation_steps import NewUnit, Step
from saas.org.models import Reorganisation
from saas.org.reorganising import load_organisation
from tests.reorganisation.conftest import LATER, County


def draft(county: County, *steps: Step, on: date = LATER) -> Reorganisation:
    found = services.create_draft(
        title="机构调整", reason="便于管理", basis="清政〔2026〕1号", effective_on=on, actor=county.admin
    )
    for step in steps:
        services.add_step(found, step, actor=county.admin)
    return found


def carry_out(county: County, *steps: Step, on: date = LATER) -> Reorganisation:
    """Draft and confirm."""
    found = draft(county, *steps, on=on)
    confirm(county, found)
    return found


def confirm(county: County, found: Reorganisation) -> None:
    outcome = reorganise(load_organisation(), steps_of(found), found.effective_on)
    services.confirm(found, assess_impact(outcome), actor=county.admin)
    db.session.flush()


def new(name: str, code: str, kind: str = "village", **values: Any) -> NewUnit:
    return NewUnit(new_id(), code, name, kind, **values)


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a reorganisation may touch, without what follows from the rest."""
    db.session.flush()
    found = {}
    for name, model in MODELS.items():
        columns = [column for column in model.__table__.columns if column.name not in {"version", "search_key"}]
        rows = db.session.execute(select(*columns).order_by(model.__table__.c.id)).all()
        found[name] = [tuple(row) for row in rows]
    return found
