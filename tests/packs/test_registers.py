"""Registers in packs: what is wrong in a file, what is applied, changed and kept, and what the shipped ones ask."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db
from saas.domain.fields import Sensitivity, iter_fields
from saas.domain.masking import protected_fields
from saas.forms.queries import find_published_version
from saas.packs.display import describe_proposal
from saas.packs.rollback import RollbackRefused, find_last, roll_back
from saas.packs.services import PackConflict, apply_pack, propose
from saas.registers.models import Register, RegisterRecord
from saas.registers.queries import keeping_units, states_of
from saas.registers.services import open_record
from saas.tenancy.models import Tenant
from tests.factories_forms import make_form
from tests.packs.counties import PASSWORD, found_county, read
from tests.packs.starters import STARTERS, read_starter
from tests.tenancy.broken_packs import TENANTS, only_problem, replace

CLEANERS, DISPUTES = "registers/cleaners.toml", "registers/disputes.toml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(TENANTS / "rural-county", tmp_path / "pack")


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    return shutil.copytree(TENANTS / "grid-management", tmp_path / "grid")


@pytest.fixture
def office(tenant: Tenant) -> User:
    return found_county()


def apply(folder: Path, actor: User) -> dict[str, int]:
    return dict(apply_pack(read(folder), first_password=PASSWORD, actor=actor))


def the_register() -> Register:
    return db.session.scalars(select(Register)).one()


# --- what is wrong in a file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "words"),
    [
        (CLEANERS, 'form = "cleaners"', 'form = "cleaner"', "form", "没有代码为“cleaner”的表单"),
        (CLEANERS, 'owner_unit = "environment_office"', 'owner_unit = "x"', "owner_unit", "没有代码为“x”的单位"),
        (CLEANERS, 'unit_types = ["village"]', 'unit_types = ["hamlet"]', "cohort", "没有代码为“hamlet”的单位类型"),
        (CLEANERS, 'states = "kept"', 'states = "forever"', "states", "没有叫“forever”的流程"),
        (CLEANERS, 'office = "masked" }', 'office = "half" }', "access.fields.person.gender.office", "显示方式"),
        (CLEANERS, '"person.gender" =', '"person.sex" =', "access.fields.person.sex", "没有字段“person.sex”"),
        (CLEANERS, '"person.gender" =', '"work.insured" =', "access.fields.work.insured", "不是个人信息"),
        (CLEANERS, 'title = "section"', 'title = "person.name"', "layout.title", "不能作标题"),
        (CLEANERS, '"work.households", "work.allowance"]\n\n', '"work.pay"]\n\n', "layout.columns", "work.pay"),
        (CLEANERS, '"@unit", ', '"@mayor", ', "layout.paper.columns", "不认识的列“@mayor”"),
        (CLEANERS, '"@unit", ', '"house", ', "layout.paper.columns", "没有字段“house”"),
        (CLEANERS, 'code = "cleaners"', 'code = "sweepers"', "code", "文件名与 code"),
        (CLEANERS, "purpose =", "purposes =", "purposes", "不认识“purposes”"),
        (DISPUTES, "solution.deadline", "solution.result", "states.due.field", "不是表单里的日期"),
        (DISPUTES, 'to = "checking"', 'to = "nowhere"', "states.moves[0].to", "nowhere"),
        (DISPUTES, 'needs = ["solution.result"]', 'needs = ["x"]', "states.moves[0].needs", "没有字段“x”"),
        (DISPUTES, 'who = ["superior"], by', 'who = ["mayor"], by', "states.moves[1].who", "不认识的办理人"),
    ],
)
def test_a_mistake_has_its_file_its_key_and_advice(
    copy: Path, file: str, old: str, new: str, path: str, words: str
) -> None:
    replace(copy, file, old, new)

    problem = only_problem(copy)

    assert problem.file == file
    assert problem.path == path
    assert words in problem.message
    assert problem.line is not None
    assert problem.advice


# --- applying --------------------------------------------------------------------------------------------------------


def test_a_register_comes_with_its_states_its_rights_and_its_paper_form(grid: Path, office: User) -> None:
    new = apply(grid, office)

    register = the_register()
    assert new["registers"] == 1
    assert register.name == "矛盾纠纷排查台账"
    assert [state.name for state in states_of(register).states] == ["化解中", "待核实", "已化解"]
    assert register.layout["paper"]["title"] == "矛盾纠纷排查化解工作台账"
    assert [unit.name for unit in keeping_units(register)] == ["第1村", "第2村", "第3村"]


def test_applied_again_nothing_changes_and_a_changed_file_changes_the_register(grid: Path, office: User) -> None:
    apply(grid, office)
    assert propose(read(grid)).ledger.changes == []

    replace(grid, "registers/grid_disputes.toml", 'name = "矛盾纠纷排查台账"', 'name = "矛盾纠纷台账"')
    proposal = propose(read(grid))
    apply(grid, office)

    assert "矛盾纠纷台账" in str(describe_proposal(proposal))
    assert the_register().name == "矛盾纠纷台账"


def test_a_starter_pack_leaves_the_countys_own_register_alone(grid: Path, office: User) -> None:
    form = make_form()
    db.session.add(Register(code="grid_disputes", name="本县的台账", form_id=form.id))
    db.session.flush()

    with pytest.raises(PackConflict) as refused:
        apply(grid, office)

    assert "本县已有同代码的" in str(refused.value)
    assert the_register().name == "本县的台账"


def test_a_register_with_records_stands_in_the_way_of_undoing(grid: Path, office: User) -> None:
    apply(grid, office)
    register = the_register()
    version = find_published_version(register.form_id)
    assert version is not None
    open_record(register, keeping_units(register)[0], {"matter": "分水"}, actor=office, version=version)

    last = find_last()
    assert last is not None
    with pytest.raises(RollbackRefused) as refused:
        roll_back(last, actor=office)

    assert "台账记录" in str(refused.value)
    assert db.session.scalars(select(RegisterRecord)).one().title == "分水"


# --- what is shipped -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STARTERS)
def test_no_register_of_a_starter_pack_holds_personal_data(name: str) -> None:
    configuration = read_starter(name).configuration
    asked = {entry.form.code: entry.form for entry in configuration.forms}

    for entry in configuration.registers:
        assert protected_fields(asked[entry.table.form]) == {}


@pytest.mark.parametrize("name", [*STARTERS, "rural-county", "city-district"])
def test_a_register_with_personal_data_says_what_for_and_whose_it_is(name: str) -> None:
    configuration = read_starter(name).configuration
    forms = {entry.form.code: entry.form for entry in configuration.forms}

    for entry in configuration.registers:
        if protected_fields(forms[entry.table.form]):
            assert entry.table.purpose
            assert entry.table.owner_unit


def test_what_could_name_a_person_is_protected_in_every_form() -> None:
    words = ("姓名", "电话", "手机", "身份证", "住址", "健康", "病", "证件")
    for name in (*STARTERS, "rural-county", "city-district"):
        configuration = read_starter(name).configuration
        kept = {entry.table.form for entry in configuration.registers}
        for entry in configuration.forms:
            if entry.form.code in kept:
                protected = {item.label for item in protected_fields(entry.form).values()}
                labels = [item.label for _, item in iter_fields(entry.form) if item.is_question]
                named = {label for label in labels if any(word in label for word in words)}
                assert named <= protected, entry.form.code


def test_what_is_asked_about_sensitive_matters_is_totals_only() -> None:
    form = next(
        entry.form
        for entry in read_starter("grid-management").configuration.forms
        if entry.form.code == "grid_service_totals"
    )

    asked = [item for group in form.fields for item in group.fields]
    assert {item.type.value for item in asked} == {"integer"}
    assert all(item.total and item.sensitivity is Sensitivity.NONE for item in asked)
