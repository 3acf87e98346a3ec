"""Whatever is reorganised in whatever order, what was signed stays, and both views of every report add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from saas.access.permissions import Permission
from saas.administration.reorganisation import services
from saas.administration.reorganisation.impact import Impact
from saas.administration.reports.figures import list_sources
from saas.administration.reports.queries import Report, Structure, make_report
from saas.db import db
from saas.domain.canonical_json import digest, plain
from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, Period, period_of
from saas.domain.reorganisation_steps import (
    ChangeType,
    Create,
    Dissolve,
    Key,
    Merge,
    Move,
    NewUnit,
    Rename,
    Split,
    Step,
)
from saas.domain.workflow import SubmissionStatus
from saas.org.models import Reorganisation, ReorganisationStatus
from saas.org.reorganising import load_organisation
from saas.submissions.models import Collection, Submission
from saas.submissions.services import frozen_content
from tests.domain.organisations import assert_sound
from tests.domain.test_roll_up import assert_adds_up
from tests.factories_forms import make_collection, make_submission
from tests.reorganisation.conftest import TODAY, County
from tests.reorganisation.steps import draft, snapshot

MONTHS = [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
UNITS = ["root", "east", "west", "willow", "bridge", "sand", "cell", "new1", "new2"]
TYPES = ["county", "town", "street", "village", "community", "grid_cell"]
Raw: TypeAlias = tuple[str, list[str], list[str], str, bool]

VILLAGES, TOWNS = ["willow", "bridge", "sand", "new1", "new2"], ["east", "west"]
KINDS = ["create", "rename", "move", "merge", "merge_new", "split", "retype", "convert", "dissolve"]


def _raws(units: list[str], others: list[str], types: list[str]) -> st.SearchStrategy[Raw]:
    """Steps as names; `_step` makes steps of the example's county of them."""
    return st.tuples(
        st.sampled_from(KINDS),
        st.lists(st.sampled_from(units), min_size=1, max_size=3),
        st.lists(st.sampled_from(others), min_size=1, max_size=2),
        st.sampled_from(types),
        st.booleans(),
    )


# Most are sensible, some are anything.
_raw = st.one_of(
    _raws(VILLAGES, TOWNS, ["village", "community"]),
    _raws(VILLAGES, VILLAGES, ["village", "community"]),
    _raws(TOWNS, ["root", *TOWNS], ["town", "street"]),
    _raws(UNITS, UNITS, TYPES),
)
_days = st.sampled_from([date(2025, 12, 15), date(2026, 2, 1), date(2026, 3, 1), TODAY, date(2026, 7, 1)])
_events = st.lists(st.tuples(st.lists(_raw, min_size=1, max_size=2), _days, st.booleans()), min_size=1, max_size=5)


class _Everybody:
    """Who sees the whole county."""

    def __init__(self, county: County) -> None:
        self.id, self._root = county.admin.id, county.root.id

    def unit_ids(self, permission: Permission) -> tuple[Key, ...]:
        return (self._root,)


def _step(raw: Raw, county: County, number: int) -> Step:
    kind, names, others, type_code, flag = raw
    units = tuple(_key(county, name) for name in names)
    other = _key(county, others[0])
    new = NewUnit(_key(county, f"new{number % 2 + 1}"), f"N{number}", f"新单位{number}", type_code, other)
    posts = (county.secretary.id, county.clerk_post.id, county.bridge_secretary.id)
    heirs = dict.fromkeys(posts, new.unit)
    steps: dict[str, Step] = {
        "create": Create(new),
        "rename": Rename(units[0], f"改名{number}"),
        "move": Move(units, other, "grid" if flag else "administrative"),
        "merge": Merge(units, other, {posts[0]: None} if flag else {}),
        "merge_new": Merge(units, new),
        "split": Split(units[0], (replace(new, parent=None), other), {county.cell.id: new.unit}, heirs, flag),
        "retype": ChangeType(units[0], type_code, "" if flag else f"改制{number}"),
        "convert": ChangeType(units[0], type_code, new=new),
        "dissolve": Dissolve(units[0], other),
    }
    return steps[kind]


def _key(county: County, name: str) -> Key:
    if name.startswith("new"):
        return Key(int=county.root.id.int + int(name[3:]))
    found: Key = getattr(county, name).id
    return found


def _signed(county: County) -> tuple[Collection, list[Submission]]:
    collection = make_collection(cohort={"unit_types": ["village", "community"]})
    units = [county.willow, county.bridge, county.sand]
    return collection, [
        make_submission(
            collection,
            unit,
            period_start=month,
            status=SubmissionStatus.SIGNED_OFF,
            answers={"patrols": 3 * number + month.month, "rubbish": str(Decimal(number) / 4)},
        )
        for month in MONTHS
        for number, unit in enumerate(units)
    ]


def _stored(submissions: Sequence[Submission]) -> list[tuple[object, ...]]:
    """What the database holds of signed submissions, byte for byte."""
    ids = [each.id for each in submissions]
    rows = db.session.execute(
        select(Submission.id, Submission.unit_id, Submission.status, Submission.digest, Submission.answers)
        .where(Submission.id.in_(ids))
        .order_by(Submission.id)
    )
    return [(*row[:4], digest(plain(row[4]))) for row in rows]


def _reports(county: County, periods: Sequence[Period]) -> dict[tuple[str, str], tuple[Report, Report]]:
    found = {}
    viewer = _Everybody(county)
    for source in list_sources(viewer):
        if source.collection is None:
            continue
        for period in periods:
            then, now = (
                make_report(source, period, TODAY, structure, viewer, TODAY)
                for structure in (Structure.THEN, Structure.NOW)
            )
            found[source.key, period.key] = (then, now)
    return found


def _printed(report: Report) -> list[tuple[object, ...]]:
    return [(each.name, each.note, each.row.depth, each.row.kind, each.row.total) for each in report.rows]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_events)
def test_signed_reports_stay_whatever_is_reorganised(
    county: County, events: list[tuple[list[Raw], date, bool]]
) -> None:
    example = db.session.begin_nested()
    try:
        _reorganise_and_compare(county, events)
    finally:
        example.rollback()
        db.session.expire_all()


def _reorganise_and_compare(county: County, events: list[tuple[list[Raw], date, bool]]) -> None:
    _, submissions = _signed(county)
    periods = [period_of(month, Cadence.MONTH) for month in MONTHS]
    stored = _stored(submissions)
    reports = _reports(county, periods)
    contents = {each.id: digest(plain(frozen_content(each))) for each in submissions}
    for number, (raw, day, is_undone) in enumerate(events):
        before = snapshot()
        done = _confirm([_step(each, county, 10 * number + place) for place, each in enumerate(raw)], day, county)
        if done is None:
            assert snapshot() == before
            continue
        assert_sound(load_organisation(), last=date(2027, 1, 1))
        assert _stored(submissions) == stored
        after = _reports(county, periods)
        for key, (then, now) in after.items():
            assert_adds_up(then.table, now.table.total)
            assert_adds_up(now.table, then.table.total)
            if _ended_before(key, periods, day):
                assert _printed(then) == _printed(reports[key][0])
        reports = after
        if is_undone:
            services.undo(done, actor=county.admin)
            assert snapshot() == before
            reports = _reports(county, periods)
    assert _stored(submissions) == stored
    if not any(day <= TODAY for _, day, _ in events):
        assert {each.id: digest(plain(frozen_content(each))) for each in submissions} == contents


def _ended_before(key: tuple[str, str], periods: Sequence[Period], day: date) -> bool:
    return next(period for period in periods if period.key == key[1]).end < day


def _confirm(steps: list[Step], day: date, county: County) -> Reorganisation | None:
    """Draft and confirm, or None if it was refused; then nothing has changed."""
    attempt = db.session.begin_nested()
    try:
        found = draft(county, *steps, on=day)
        services.confirm(found, Impact([]), actor=county.admin)
        assert found.status is ReorganisationStatus.CONFIRMED
    except DomainError:
        attempt.rollback()
        return None
    attempt.commit()
    return found


def test_the_day_before_keeps_its_tree_and_names(county: County) -> None:
    collection, _ = _signed(county)
    period = period_of(MONTHS[-1], Cadence.MONTH)
    viewer = _Everybody(county)
    source = next(each for each in list_sources(viewer) if each.collection is collection and each.path == ("patrols",))
    before = _printed(make_report(source, period, TODAY, Structure.THEN, viewer, TODAY))

    done = _confirm(
        [Rename(county.east.id, "东河镇"), Dissolve(county.west.id, county.east.id)], period.end + timedelta(1), county
    )

    assert done is not None
    assert _printed(make_report(source, period, TODAY, Structure.THEN, viewer, TODAY)) == before
    assert _printed(make_report(source, period, TODAY, Structure.NOW, viewer, TODAY)) != before
