"""A starter pack beside the county's own things: found, kept, refused, applied, and applied again."""

from __future__ import annotations

import shutil
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from saas.accounts.models import Appointment, User
from saas.bodies.models import Body, BodySeat, BodyTemplate
from saas.db import at_moment, db
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.queries import find_published_version
from saas.forms.services import start_draft
from saas.org.models import Hierarchy, LinkKind, NamedCohort, OrgUnit, Post, PostTemplate, UnitFunction, UnitType
from saas.packs.display import describe_proposal
from saas.packs.models import PackApplication
from saas.packs.services import PackConflict, apply_pack, propose
from saas.plans.models import PlanTaskUnit
from saas.review.models import Route
from saas.submissions.models import Collection
from saas.tenancy.models import Tenant, TenantSettings
from tests.packs.counties import PASSWORD, ROOT, digests, found_county, read
from tests.tenancy.broken_packs import replace
from tests.tenancy.starter_pack import write_starter


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_starter(tmp_path / "village-works")


@pytest.fixture
def office(tenant: Tenant) -> User:
    return found_county()


def apply(folder: Path, actor: User) -> dict[str, int]:
    return dict(apply_pack(read(folder), first_password=PASSWORD, actor=actor))


def test_a_starter_pack_asks_for_no_period_that_was_over_before(starter: Path, office: User) -> None:
    with at_moment(datetime(date.today().year, 11, 20, 4, 0, tzinfo=UTC)):
        apply(starter, office)
    collection = db.session.scalars(select(Collection)).one()
    assert collection.starts_on == date(date.today().year, 11, 1)

    with at_moment(datetime(date.today().year, 12, 20, 4, 0, tzinfo=UTC)):
        apply(starter, office)

    assert collection.starts_on == date(date.today().year, 11, 1)


def test_a_starter_pack_settles_into_the_countys_own_tree(starter: Path, office: User) -> None:
    new = apply(starter, office)

    root = db.session.scalars(select(OrgUnit).where(OrgUnit.code == ROOT)).one()
    assert new["posts"] == 2 + 3  # two at the county, one at every village because of its type
    assert {post.name for post in db.session.scalars(select(Post).where(Post.unit_id == root.id))} >= {"分管副县长"}
    assert db.session.scalars(select(PostTemplate.name)).all() == ["事务专干"]
    assert db.session.scalars(select(Collection.cohort)).one() == {"unit_types": ["village"], "under": [ROOT]}
    assert db.session.scalars(select(Route.definition)).one()["steps"][0]["who"]["at"] == f"unit:{ROOT}"
    assert db.session.scalars(select(Hierarchy.code).order_by(Hierarchy.code)).all() == ["administrative", "party"]
    assert db.session.scalars(select(UnitFunction.name)).all() == ["统筹"]
    assert db.session.scalars(select(LinkKind.layers)).one() == ["一级包保", "二级包保"]
    assert db.session.scalars(select(NamedCohort.code)).one() == "pilot"
    assert db.session.scalars(select(BodyTemplate.rules)).one()["quorum"] == "more_than_half"


def test_bodies_come_with_their_seats_and_their_office(starter: Path, office: User) -> None:
    apply(starter, office)

    group = db.session.scalars(select(Body).where(Body.code == "affairs_group")).one()
    bureau = db.session.scalars(select(Body).where(Body.code == "affairs_office")).one()
    seats = db.session.scalars(select(BodySeat).order_by(BodySeat.sort_order)).all()
    assert bureau.parent_id == group.id
    assert [(seat.role, seat.filled_by, seat.wording, seat.is_lead) for seat in seats] == [
        ("head", "post", "", False),
        ("member", "function", "宣传", True),
    ]


def test_a_function_that_nobody_has_stands_in_words_and_one_that_a_unit_has_is_that_unit(
    starter: Path, office: User
) -> None:
    apply(starter, office)
    words = db.session.scalars(select(PlanTaskUnit.label).where(PlanTaskUnit.role == "lead")).all()
    town = db.session.scalars(select(OrgUnit).where(OrgUnit.code == "T1")).one()
    db.session.add(UnitFunction(unit_id=town.id, name="宣传", starts_on=town.valid_from))
    db.session.flush()

    apply(starter, office)

    assert words == ["负责宣传工作的部门"]
    lead = db.session.scalars(select(PlanTaskUnit).where(PlanTaskUnit.role == "lead")).one()
    assert (lead.unit_id, lead.label) == (town.id, "")


def test_applying_twice_finds_nothing_new_and_writes_nothing(starter: Path, office: User) -> None:
    apply(starter, office)
    before = digests()

    assert apply(starter, office) == {}
    assert digests() == before
    assert len(db.session.scalars(select(PackApplication)).all()) == 1


def test_the_countys_types_stay_as_they_are_and_carry_more(starter: Path, office: User) -> None:
    replace(starter, "org/unit_types.csv", "village,村,3", "village,行政村,4")

    proposal = propose(read(starter), actor=office)
    apply(starter, office)

    village = db.session.scalars(select(UnitType).where(UnitType.code == "village")).one()
    assert (village.name, village.level) == ("村", 3)
    assert [each["name"] for each in village.attributes] == ["is_pilot"]
    assert [remark.text for remark in proposal.ledger.kept if "层级" in remark.text]


def test_a_code_that_means_something_else_is_a_conflict_and_nothing_changes(starter: Path, office: User) -> None:
    db.session.add(Route(code="affairs_review", name="本县自己的流程", definition={"steps": []}))
    db.session.flush()
    before = digests()

    with pytest.raises(PackConflict) as refused:
        apply(starter, office)

    assert [each.label for each in refused.value.conflicts] == ["村级事务审核（affairs_review）"]
    assert digests() == before
    assert describe_proposal(propose(read(starter), actor=office)).conflicts


def test_the_same_pack_may_change_what_it_brought(starter: Path, office: User) -> None:
    apply(starter, office)
    replace(starter, "routes.toml", "村级事务审核", "村级事务两级审核")

    found = describe_proposal(propose(read(starter), actor=office))
    apply(starter, office)

    assert [(e.fields[0].name, e.fields[0].old, e.fields[0].new) for g in found.changed for e in g.entries] == [
        ("名称", "村级事务审核", "村级事务两级审核")
    ]
    assert db.session.scalars(select(Route.name)).all() == ["村级事务两级审核"]


def test_a_changed_form_becomes_a_new_version(starter: Path, office: User) -> None:
    apply(starter, office)
    replace(starter, "forms/affairs_report.toml", 'label = "办理事项"', 'label = "办理事项数"')

    found = describe_proposal(propose(read(starter), actor=office))
    apply(starter, office)

    assert [(v.number, v.status) for v in db.session.scalars(select(FormVersion).order_by(FormVersion.number))] == [
        (1, VersionStatus.RETIRED),
        (2, VersionStatus.PUBLISHED),
    ]
    (entry,) = next(group.entries for group in found.changed if group.kind == "表单")
    assert ("内容.fields.[handled].label", "办理事项", "办理事项数") in [(f.name, f.old, f.new) for f in entry.fields]


def test_a_form_that_is_being_redrawn_is_left_to_whoever_redraws_it(starter: Path, office: User) -> None:
    apply(starter, office)
    form = db.session.scalars(select(FormDefinition)).one()
    draft = start_draft(form, actor=office)
    draft.definition = {**draft.definition, "name": "改了一半"}
    db.session.flush()
    replace(starter, "forms/affairs_report.toml", 'label = "办理事项"', 'label = "办理事项数"')

    with pytest.raises(PackConflict, match="草稿"):
        apply(starter, office)

    published = find_published_version(form.id)
    assert published is not None
    assert published.number == 1


def test_a_starter_pack_fills_only_what_the_settings_leave_empty(starter: Path, office: User) -> None:
    settings = db.session.scalars(select(TenantSettings)).one()
    settings.agency_code = ""
    letterhead = settings.letterhead
    db.session.flush()

    apply(starter, office)

    settings = db.session.scalars(select(TenantSettings)).one()
    assert (settings.letterhead, settings.agency_code) == (letterhead, "青政发")


def test_the_application_is_recorded_with_its_files(starter: Path, office: User) -> None:
    apply(starter, office)

    application = db.session.scalars(select(PackApplication)).one()
    assert (application.number, application.name, application.pack_version) == (1, "village-works", "1.0")
    assert application.applied_by_id == office.id
    assert "routes.toml" in application.files
    assert application.counts["new"]["forms"] == 1
    assert {uuid.UUID(change["id"]) for change in application.changes}


def test_nobody_becomes_an_administrator_and_something_else_through_a_pack(tenant: Tenant, tmp_path: Path) -> None:
    folder = shutil.copytree(Path(__file__).parents[2] / "tenants/rural-county", tmp_path / "pack")
    apply_pack(read(folder), first_password=PASSWORD)
    admin = db.session.scalars(select(User).where(User.login_name == "sysadmin")).one()
    office_post = db.session.scalars(select(Post).where(Post.roles == ["office"]).order_by(Post.name)).first()
    assert office_post is not None
    db.session.add(Appointment(post_id=office_post.id, user_id=admin.id, starts_on=date(2024, 1, 1)))
    own = db.session.scalars(select(Post).where(Post.roles == ["system_admin"])).one()
    own.roles = ["inspector"]  # by hand, so that the appointment was allowed
    db.session.flush()

    conflicts = propose(read(folder)).ledger.conflicts

    assert [(each.table, each.label) for each in conflicts] == [("user", admin.name)]
    assert "三员分立" in conflicts[0].text


def test_from_the_pages_nobody_with_an_account_is_appointed_to_anything(tenant: Tenant, tmp_path: Path) -> None:
    folder = shutil.copytree(Path(__file__).parents[2] / "tenants/rural-county", tmp_path / "pack")
    apply_pack(read(folder), first_password=PASSWORD)
    line = next(x for x in (folder / "org/people.csv").read_text(encoding="utf-8").split("\n") if ",i01," in x)
    text = (folder / "org/people.csv").read_text(encoding="utf-8")
    cells = line.split(",")
    cells[0], cells[2] = "改了姓名", f"{cells[2]}|qinghe/{_office_post()}"
    (folder / "org/people.csv").write_text(text.replace(line, ",".join(cells)), encoding="utf-8")

    ledger = propose(read(folder), keeps_accounts=True).ledger

    assert [change for change in ledger.changes if change.table in {"user", "appointment"}] == []
    assert [remark.text for remark in ledger.kept] == ["账号和任职由安全管理员维护，保留现有的"]


def _office_post() -> str:
    return db.session.scalars(select(Post.name).where(Post.roles == ["office"]).order_by(Post.name)).first() or ""
