"""The last application of a pack is undone as a whole, or not at all."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from saas.accounts.models import User
from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.db import db
from saas.domain.errors import InvalidTransition
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.queries import find_published_version
from saas.org.models import NamedCohort, OrgUnit, Post
from saas.packs.models import PackApplication
from saas.packs.rollback import RollbackRefused, find_last, roll_back
from saas.packs.services import apply_pack
from saas.review.models import Route
from saas.submissions.models import Collection, Submission
from saas.tenancy.models import Tenant
from tests.packs.counties import PASSWORD, digests, found_county, read
from tests.tenancy.broken_packs import replace
from tests.tenancy.starter_pack import write_starter

PACKS = Path(__file__).parents[2] / "tenants"
FOLDERS = sorted(path for path in PACKS.iterdir() if (path / "pack.toml").is_file())


RETIRED = {"form_definition", "form_version", "assessment_scheme", "scheme_version", "route"}
"""What was published does not vanish: these rows stay, out of use."""


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_starter(tmp_path / "village-works")


@pytest.fixture
def office(tenant: Tenant) -> User:
    return found_county()


def apply(folder: Path, actor: User | None) -> None:
    apply_pack(read(folder), first_password=PASSWORD, actor=actor)


def undo(actor: User | None) -> None:
    last = find_last()
    assert last is not None
    roll_back(last, actor=actor)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_pack_is_applied_found_again_and_undone_without_a_trace(tenant: Tenant, folder: Path) -> None:
    actor = None if (folder / "org/units.csv").is_file() else found_county()
    before = digests()

    first = apply_pack(read(folder), first_password=PASSWORD, actor=actor)
    again = apply_pack(read(folder), first_password=PASSWORD, actor=actor)
    undo(actor)

    after = digests()
    assert first
    assert again == {}
    assert {name for name in before if before[name] != after[name]} <= RETIRED
    assert set(db.session.scalars(select(FormDefinition.is_active)).all()) <= {False}
    assert set(db.session.scalars(select(FormVersion.status)).all()) <= {VersionStatus.RETIRED}
    assert set(db.session.scalars(select(AssessmentScheme.is_active)).all()) <= {False}
    assert set(db.session.scalars(select(Route.is_active)).all()) <= {False}


def test_what_the_pack_changed_becomes_what_it_was(starter: Path, office: User) -> None:
    apply(starter, office)
    before = digests()
    replace(starter, "routes.toml", "村级事务审核", "村级事务两级审核")
    replace(starter, "plans/affairs_plan.toml", 'title = "宣传"', 'title = "宣传发动"')
    replace(starter, "bodies.toml", "is_lead = true", "is_lead = false")
    replace(starter, "cohorts.toml", '"试点村"', '"先行村"')
    apply(starter, office)
    assert digests() != before

    undo(office)

    after = digests()
    content = {"plan_task", "plan_task_part", "plan_task_unit", "plan_section"}
    assert {name for name in before if before[name] != after[name]} <= content
    assert db.session.scalars(select(Route.name)).one() == "村级事务审核"
    assert db.session.scalars(select(NamedCohort.name)).one() == "试点村"


def test_a_published_version_stays_and_the_former_content_becomes_the_newest(starter: Path, office: User) -> None:
    apply(starter, office)
    replace(starter, "forms/affairs_report.toml", 'label = "办理事项"', 'label = "办理事项数"')
    apply(starter, office)

    undo(office)

    versions = db.session.scalars(select(FormVersion).order_by(FormVersion.number)).all()
    assert [(version.number, version.status) for version in versions] == [
        (1, VersionStatus.RETIRED),
        (2, VersionStatus.RETIRED),
        (3, VersionStatus.PUBLISHED),
    ]
    assert versions[2].definition == versions[0].definition
    assert versions[2].digest == versions[0].digest


def test_a_schemes_former_rules_are_its_newest_version_again(tenant: Tenant, tmp_path: Path) -> None:
    folder = shutil.copytree(PACKS / "rural-county", tmp_path / "pack")
    apply(folder, None)
    replace(folder, "schemes/town_environment.toml", "title = ", "note = ")
    text = (folder / "schemes/town_environment.toml").read_text(encoding="utf-8")
    (folder / "schemes/town_environment.toml").write_text(text.replace("note = ", "title = ", 1), encoding="utf-8")
    line = next(row for row in text.split("\n") if "note = " in row)
    replace(folder, "schemes/town_environment.toml", line.replace("note", "title"), 'title = "换了名称"')
    apply(folder, None)

    undo(None)

    versions = db.session.scalars(select(SchemeVersion).order_by(SchemeVersion.number)).all()
    assert [version.number for version in versions] == [1, 2, 3]
    assert versions[2].digest == versions[0].digest


def test_what_somebody_has_changed_since_is_not_overwritten(starter: Path, office: User) -> None:
    apply(starter, office)
    route = db.session.scalars(select(Route)).one()
    route.name = "县里改过的流程"
    db.session.flush()
    before = digests()

    with pytest.raises(RollbackRefused) as refused:
        undo(office)

    assert [(each.table, each.text) for each in refused.value.obstacles] == [("route", "应用之后又有改动")]
    assert digests() == before


def test_what_is_used_is_listed_and_stays(starter: Path, office: User) -> None:
    apply(starter, office)
    collection = db.session.scalars(select(Collection)).one()
    version = db.session.scalars(select(FormVersion)).one()
    village = db.session.scalars(select(OrgUnit).where(OrgUnit.code == "V1")).one()
    db.session.add(
        Submission(
            collection_id=collection.id,
            form_version_id=version.id,
            unit_id=village.id,
            period_start=date(2026, 1, 1),
            period_end=date(2026, 1, 31),
        )
    )
    db.session.flush()

    with pytest.raises(RollbackRefused) as refused:
        undo(office)

    assert {(each.table, each.text) for each in refused.value.obstacles} == {
        ("collection", "正被填报使用（1 处）"),
        ("form_version", "正被填报使用（1 处）"),
    }


def test_a_code_that_the_countys_own_definitions_name_is_not_taken_away(starter: Path, office: User) -> None:
    apply(starter, office)
    since = date(2025, 1, 1)
    db.session.add(NamedCohort(code="own", name="本县名册", definition={"cohorts": ["pilot"]}, starts_on=since))
    db.session.flush()

    with pytest.raises(RollbackRefused, match="“本县名册”还写着它的代码"):
        undo(office)


def test_only_the_last_application_can_be_undone_and_only_once(starter: Path, office: User) -> None:
    apply(starter, office)
    first = db.session.scalars(select(PackApplication)).one()
    replace(starter, "routes.toml", "村级事务审核", "村级事务两级审核")
    apply(starter, office)

    with pytest.raises(InvalidTransition):
        roll_back(first, actor=office)
    undo(office)
    second = db.session.scalars(select(PackApplication).where(PackApplication.number == 2)).one()
    with pytest.raises(InvalidTransition):
        roll_back(second, actor=office)
    undo(office)

    assert find_last() is None
    assert second.rolled_back_by_id == office.id


def test_after_a_rollback_the_pack_can_be_applied_again(starter: Path, office: User) -> None:
    apply(starter, office)
    undo(office)

    apply(starter, office)

    assert db.session.scalars(select(Post.name).where(Post.name == "分管副县长")).all() == ["分管副县长"]
    assert db.session.scalars(select(FormDefinition.is_active)).all() == [True]
    assert find_published_version(db.session.scalars(select(FormDefinition.id)).one()) is not None
    numbers = db.session.scalars(select(PackApplication.number).order_by(PackApplication.number)).all()
    assert numbers == [1, 2]
