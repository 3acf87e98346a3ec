"""Shared lists of choices in packs: what is wrong in a file, what is applied, exported, and given back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db
from saas.domain.fields import Choice
from saas.forms.choice_lists import change_list, create_list
from saas.forms.models import ChoiceList, FormVersion, VersionStatus
from saas.packs.display import describe_proposal
from saas.packs.export import export_pack
from saas.packs.rollback import RollbackRefused, find_last, roll_back
from saas.packs.services import PackConflict, apply_pack, propose
from saas.tenancy.models import Tenant
from tests.factories_forms import make_form, make_version
from tests.packs.counties import PASSWORD, found_county, read
from tests.tenancy.broken_packs import TENANTS, only_problem, replace

LIST = """code = "crops"
name = "主要作物"
source = "县农业农村局"
choices = [
  { name = "rice", label = "水稻", columns = { season = "autumn" } },
  { name = "wheat", label = "小麦", columns = { season = "summer" } },
]
"""
FORM = """code = "planting"
name = "种植情况"

[[fields]]
type = "select_one"
name = "crop"
label = "作物"
choices_from = "list:crops"
choice_filter = "season = 'autumn'"
"""
FILTERED = FORM.partition('label = "作物"\n')[2].strip()
FILE = "choices/crops.toml"


def with_list(folder: Path) -> Path:
    (folder / "choices").mkdir()
    (folder / FILE).write_text(LIST, encoding="utf-8")
    (folder / "forms" / "planting.toml").write_text(FORM, encoding="utf-8")
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return with_list(shutil.copytree(TENANTS / "rural-county", tmp_path / "pack"))


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return with_list(shutil.copytree(TENANTS / "grid-management", tmp_path / "starter"))


@pytest.fixture
def office(tenant: Tenant) -> User:
    return found_county()


def apply(folder: Path, actor: User) -> dict[str, int]:
    return dict(apply_pack(read(folder), first_password=PASSWORD, actor=actor))


def the_list() -> ChoiceList:
    return db.session.scalars(select(ChoiceList)).one()


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "words"),
    [
        (FILE, 'code = "crops"', 'code = "crop"', "code", "文件名与 code"),
        (FILE, 'name = "rice"', 'name = "the rice"', "choices[0].name", "选项名“the rice”不合规"),
        (FILE, 'source = "县农业农村局"', "origin = 1", "origin", "不认识"),
        ("forms/planting.toml", "list:crops", "list:trees", "fields[0].choices_from", "没有代码为“trees”的公用选项"),
        (
            "forms/planting.toml",
            FILTERED,
            'choices_from = "units:hamlet"',
            "fields[0].choices_from",
            "没有代码为“hamlet”的单位类型",
        ),
        ("forms/planting.toml", "season =", "time =", "fields[0].choice_filter", "不认识“time”"),
    ],
)
def test_a_mistake_has_its_file_its_key_and_advice(
    pack: Path, file: str, old: str, new: str, path: str, words: str
) -> None:
    replace(pack, file, old, new)

    problem = only_problem(pack)

    assert (problem.file, problem.path) == (file, path)
    assert words in problem.message


def test_a_pack_brings_its_lists_and_brings_them_once(starter: Path, office: User) -> None:
    assert apply(starter, office)["choice_lists"] == 1
    assert (the_list().name, the_list().source) == ("主要作物", "县农业农村局")
    assert [each["label"] for each in the_list().choices] == ["水稻", "小麦"]

    assert "choice_lists" not in apply(starter, office)
    replace(starter, FILE, "水稻", "稻谷")
    shown = str(describe_proposal(propose(read(starter))))
    assert "公用选项" in shown
    apply(starter, office)
    assert the_list().choices[0]["label"] == "稻谷"


def test_a_starter_does_not_change_a_list_of_the_county(starter: Path, office: User) -> None:
    create_list("crops", "本县作物", "", [Choice("tea", "茶叶")], actor=office)

    with pytest.raises(PackConflict):
        apply(starter, office)

    assert the_list().name == "本县作物"


def test_a_county_goes_out_with_its_lists(starter: Path, office: User, tmp_path: Path) -> None:
    apply(starter, office)

    out = tmp_path / "out"
    export_pack().save(out)

    assert "水稻" in (out / FILE).read_text(encoding="utf-8")
    again = read(out).configuration.choice_lists
    assert [each.shared for each in again] == [each.shared for each in read(starter).configuration.choice_lists]


def test_undoing_takes_the_list_back_unless_somebody_uses_or_changed_it(starter: Path, office: User) -> None:
    apply(starter, office)
    found = the_list()
    change_list(found, found.name, found.source, [Choice("tea", "茶叶")], actor=office)
    last = find_last()
    assert last is not None
    with pytest.raises(RollbackRefused, match="应用之后又有改动"):
        roll_back(last, actor=office)

    change_list(found, "主要作物", "县农业农村局", [
        Choice("rice", "水稻", {"season": "autumn"}), Choice("wheat", "小麦", {"season": "summer"}),
    ], actor=office)  # fmt: skip
    question = {"type": "select_one", "name": "crop", "label": "作物", "choices_from": "list:crops"}
    version = make_version(make_form(name="春耕表"), question, status=VersionStatus.DRAFT)
    with pytest.raises(RollbackRefused, match="“春耕表”还在用它"):
        roll_back(last, actor=office)

    db.session.delete(db.session.get_one(FormVersion, (version.tenant_id, version.id)))
    db.session.flush()
    roll_back(last, actor=office)
    assert db.session.scalars(select(ChoiceList)).all() == []
