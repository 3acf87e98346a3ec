"""Every pack in `tenants/` can be read, and a broken one says where and what to do."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from saas.access.permissions import Role
from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts
from saas.domain.fields import form_from_mapping, form_to_mapping
from saas.domain.scheme_settings import FactSource
from saas.domain.scoring import score_round
from saas.tenancy.pack_content import PlanTable
from saas.tenancy.pack_references import members
from saas.tenancy.pack_schema import RoleName
from saas.tenancy.packs import Pack, PackError, PackProblem, read_pack

TENANTS = Path(__file__).parent.parent / "tenants"
FOLDERS = sorted(path for path in TENANTS.iterdir() if path.is_dir())
YEAR = 2026


@pytest.fixture(scope="module")
def rural() -> Pack:
    return read_pack(TENANTS / "rural-county", year=YEAR)


@pytest.fixture(scope="module")
def city() -> Pack:
    return read_pack(TENANTS / "city-district", year=YEAR)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A pack to break."""
    return shutil.copytree(TENANTS / "rural-county", tmp_path / "pack")


def problems_of(folder: Path) -> tuple[PackProblem, ...]:
    with pytest.raises(PackError) as caught:
        read_pack(folder, year=YEAR)
    return caught.value.problems


def only_problem(folder: Path) -> PackProblem:
    problems = problems_of(folder)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def replace(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first occurrence of `old` and return its line."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer contains {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def append(folder: Path, file: str, line: str) -> int:
    """Add a line at the end of a file and return its number."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text + line + "\n", encoding="utf-8")
    return text.count("\n") + 1


def count_by(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values))


def plan_of(pack: Pack, code: str) -> PlanTable:
    return next(entry.plan for entry in pack.configuration.plans if entry.plan.code == code)


# ---- the packs that ship


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("year", [2024, 2026, 2027])
def test_every_pack_can_be_read_in_any_year(folder: Path, year: int) -> None:
    pack = read_pack(folder, year=year)

    assert pack.head.name == folder.name


def test_the_rural_county_has_its_towns_villages_and_departments(rural: Pack) -> None:
    types = count_by(unit.type for unit in rural.organisation.units)

    assert types == {"county": 1, "department": 17, "township": 12, "village": 150}
    assert rural.head.county is not None
    assert rural.head.county.slug == "qinghe"


def test_the_city_district_has_its_subdistricts_communities_and_grids(city: Pack) -> None:
    types = count_by(unit.type for unit in city.organisation.units)

    assert types == {"district": 1, "department": 22, "subdistrict": 8, "community": 48, "grid_cell": 192}
    assert city.head.county is not None
    assert city.head.county.slug == "linjiang"


def test_every_village_has_a_clerk_whose_login_follows_its_code(rural: Pack) -> None:
    clerks = {
        person.login_name: person.posts[0].unit for person in rural.organisation.people if "V" in person.posts[0].unit
    }

    assert clerks == {f"c{unit.code[1:]}": unit.code for unit in rural.organisation.units if unit.type == "village"}


def test_attributes_are_typed(rural: Pack) -> None:
    village = next(unit for unit in rural.organisation.units if unit.code == "V0110")

    assert village.attributes["on_county_road"] is True
    assert village.attributes["demonstration_households"] == 2
    assert "villages" not in village.attributes  # an attribute of towns: absent, not zero


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_phone_could_be_anybodys(folder: Path) -> None:
    people = read_pack(folder, year=YEAR).organisation.people

    assert {person.phone[:3] for person in people} == {"100"}
    assert len({person.name for person in people}) == len(people)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_role_is_held_and_every_village_and_town_is_looked_after(folder: Path) -> None:
    organisation = read_pack(folder, year=YEAR).organisation
    held = {(ref.unit, ref.name) for person in organisation.people for ref in person.posts}

    assert {role for post in organisation.posts if (post.unit, post.name) in held for role in post.roles} == set(
        RoleName
    )
    assert {link.to_unit for link in organisation.links if link.kind == "包片"} >= {
        unit.code for unit in organisation.units if unit.type in {"village", "community"}
    }


def test_the_roles_of_packs_are_the_roles_of_the_permission_matrix() -> None:
    assert {role.value for role in RoleName} == {role.value for role in Role}


def test_the_rural_task_table_has_22_lines_and_23_dated_parts(rural: Pack) -> None:
    tasks = plan_of(rural, "environment_plan").tasks
    parts = [part for task in tasks for part in task.parts]
    due = [part.due_on for part in parts if part.due_on]

    assert (len(tasks), len(parts), len(due)) == (22, 23, 23)
    assert count_by(f"{day:%m-%d}" for day in due) == {
        "07-30": 1,
        "08-10": 1,
        "08-15": 2,
        "08-20": 2,
        "08-25": 2,
        "08-30": 7,
        "09-10": 2,
        "09-15": 1,
        "09-20": 2,
        "09-25": 3,
    }


def test_units_appear_in_as_many_task_lines_as_the_table_gives_them(rural: Pack) -> None:
    lines = Counter(
        code
        for task in plan_of(rural, "environment_plan").tasks
        for code in {unit.unit for part in task.parts for unit in part.units if unit.unit}
    )

    assert lines["urban_enforcement"] == 16
    assert lines["market_regulation"] == 8
    assert (lines["health"], lines["public_security"], lines["housing"], lines["transport"]) == (5, 5, 4, 3)


def test_the_rural_plan_is_as_long_as_a_special_plan_may_be(rural: Pack) -> None:
    assert 2500 <= plan_of(rural, "environment_plan").characters <= 4500


def test_the_plan_is_for_the_year_it_is_read_for() -> None:
    plan = plan_of(read_pack(TENANTS / "city-district", year=2031), "service_plan")

    assert "2030—2031年" in plan.title
    assert plan.starts_on == date(2030, 1, 1)


def test_the_district_has_16_tasks_led_as_the_matrix_says(city: Pack) -> None:
    tasks = plan_of(city, "service_plan").tasks
    leads = [tuple(unit.unit for unit in task.parts[0].units if unit.role == "lead") for task in tasks]

    assert len(tasks) == 16
    assert leads[0] == ("political_legal", "health")
    assert leads[10] == ()  # one task has a responsible unit and no lead
    assert sum("health" in units for units in leads) == 14


def test_staged_targets_have_a_figure_for_each_year(city: Pack) -> None:
    target = next(entry.target for entry in city.configuration.targets if entry.target.code == "T01")

    assert [str(milestone.figure) for milestone in target.milestones] == ["50", "80"]


def test_the_town_scheme_prints_every_setting_it_leaves_open(rural: Pack) -> None:
    scheme = rural.configuration.schemes[0].scheme
    rules = {rule.code: rule for rule in scheme.rules}

    assert {"S1", "S2a", "S2b", "S3", "S4", "S5", "S6", "S7", "S8"} <= set(rules)
    assert scheme.settings.base is not None
    assert scheme.settings.base.amount == Decimal(1500)
    assert (rules["S7"].required, rules["S7"].amount) == (Decimal(5), Decimal(5))
    unset = [
        name
        for name in ("ties", "negative_payable", "loss_booked_to", "roll_up", "self_score_due")
        if getattr(scheme.settings, name) is None
    ]
    assert unset == []


def test_points_of_the_self_score_sheet_add_up_to_100(rural: Pack) -> None:
    scheme = rural.configuration.schemes[0].scheme

    assert sum(rule.full_score or 0 for rule in scheme.rules) == 100
    assert sum(item.full_score or 0 for item in scheme.items) == 100


def test_collections_ask_the_units_they_mean(rural: Pack) -> None:
    asked = {
        entry.table.code: len(members(entry.cohort, rural.organisation)) for entry in rural.configuration.collections
    }

    assert asked == {"environment_self_score": 150, "findings_ledger": 12, "open_burning_report": 58}


def test_the_history_tells_of_every_kind_of_case(rural: Pack, city: Pack) -> None:
    for pack in (rural, city):
        assert pack.configuration.history is not None
        history = pack.configuration.history.history
        cases = {entry.case.value for entry in history.submissions}

        assert cases >= {"late", "missing", "returned", "resubmitted", "not_applicable", "zero", "draft", "waiting"}
        assert any(score.same_as for score in history.scores)  # a tie
        assert any(fact.rule == "V1" for fact in history.facts)  # a veto


def test_the_settlement_in_the_history_comes_out_as_computed_by_hand(rural: Pack) -> None:
    """S3 3×10, S4 4×5, S5 6×5 (two households in both), S6 2×10, S7 (5−2)×5, S8 10: −125; S1 +500; of 1,500."""
    assert rural.configuration.history is not None
    facts = [fact for fact in rural.configuration.history.history.facts if (fact.unit, fact.period) == ("V0110", -2)]
    village = next(unit for unit in rural.organisation.units if unit.code == "V0110")
    demonstration = Decimal(village.attributes["demonstration_households"])
    known = UnitFacts(
        unit_code="V0110",
        attributes=village.attributes,
        facts=(
            Fact(rule_code="S7", fact_id="S7", quantity=demonstration, found_on=date(2026, 3, 17)),
            *(
                Fact(
                    rule_code=fact.rule,
                    fact_id=fact.rule,
                    quantity=fact.quantity,
                    source=FactSource(fact.source),
                    found_on=date(2026, 3, fact.day),
                    households=fact.households,
                )
                for fact in facts
            ),
        ),
    )

    period = AssessedPeriod(date(2026, 3, 1), date(2026, 3, 31))
    (result,) = score_round(rural.configuration.schemes[0].scheme, [known], period)

    assert result.money.payable.value == Decimal(1875)


def test_forms_survive_being_stored(rural: Pack) -> None:
    for entry in rural.configuration.forms:
        assert form_from_mapping(form_to_mapping(entry.form)) == entry.form


# ---- broken packs


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "没有这个文件夹" in only_problem(tmp_path / "nowhere").message


def test_a_missing_head_is_named(copy: Path) -> None:
    (copy / "pack.toml").unlink()

    problem = only_problem(copy)

    assert (problem.file, problem.message) == ("pack.toml", "缺少文件")


def test_a_county_pack_needs_its_people(copy: Path) -> None:
    (copy / "org/people.csv").unlink()
    (copy / "org/links.csv").unlink()

    problem = only_problem(copy)

    assert (problem.file, problem.message) == ("org/people.csv", "缺少文件")


def test_a_missing_form_is_reported_where_it_is_used(copy: Path) -> None:
    (copy / "forms/open_burning_report.toml").unlink()

    problems = problems_of(copy)

    assert any(
        p.file == "collections.toml" and p.line is not None and "没有代码为“open_burning_report”的表单" in p.message
        for p in problems
    )


def test_a_file_that_nothing_reads_is_reported(copy: Path) -> None:
    (copy / "form").mkdir()
    (copy / "form/extra.toml").write_text("code = 'x'\n", encoding="utf-8")

    assert only_problem(copy).file == "form/extra.toml"


def test_an_unknown_key_is_named_with_its_line(copy: Path) -> None:
    line = replace(copy, "pack.toml", "agency_code =", 'agency_colour = "红"\nagency_code =')

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("pack.toml", line)
    assert "不认识“agency_colour”" in problem.message


def test_a_newer_schema_is_refused(copy: Path) -> None:
    line = replace(copy, "pack.toml", "schema = 1", "schema = 2")

    problem = only_problem(copy)

    assert problem.line == line
    assert "格式版本是 2" in problem.message
    assert "升级" in problem.advice


def test_a_wrong_type_is_named_with_its_line(copy: Path) -> None:
    line = replace(copy, "plans/environment_plan.toml", 'code = "7"', "code = 7")

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("plans/environment_plan.toml", line)
    assert "应当是文字" in problem.message


@pytest.mark.parametrize("written", ["0", '"86400"', '"2026年8月25日"', "2026-08-25T08:00:00"])
def test_a_day_is_written_as_a_day(copy: Path, written: str) -> None:
    line = replace(copy, "plans/environment_plan.toml", 'due_on = "{year}-08-25"', f"due_on = {written}")

    problem = only_problem(copy)

    assert problem.line == line
    assert "不是日期" in problem.message


def test_a_mistake_inside_a_form_has_its_line(copy: Path) -> None:
    line = replace(copy, "forms/findings_ledger.toml", "max = 40", 'max = "many"')

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("forms/findings_ledger.toml", line)
    assert problem.path == "fields[0].max"


def test_a_target_reported_by_no_single_unit_is_refused(copy: Path) -> None:
    line = replace(copy, "targets.toml", 'responsible_unit = "health"', 'responsible_unit = ["health"]')

    assert only_problem(copy).line == line


def test_a_mistake_inside_a_scheme_has_its_line(copy: Path) -> None:
    line = replace(copy, "schemes/town_environment.toml", 'ties = "shared"', 'ties = "by_mood"')

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("schemes/town_environment.toml", line)


def test_a_mistake_inside_a_window_has_its_line(copy: Path) -> None:
    line = replace(copy, "collections.toml", "due_inclusive = false ", "due_inclusive = 1 ")

    assert only_problem(copy).line == line


def test_text_that_is_not_toml_has_its_line(copy: Path) -> None:
    line = append(copy, "routes.toml", "name = “中文引号”")

    problems = problems_of(copy)

    assert [(p.file, p.line) for p in problems if "不是有效的 TOML" in p.message] == [("routes.toml", line)]


def test_an_unknown_placeholder_is_named(copy: Path) -> None:
    line = replace(copy, "plans/environment_plan.toml", "清禾县{year}年农村", "清禾县{yaer}年农村")

    problem = only_problem(copy)

    assert problem.line == line
    assert "{yaer}" in problem.message


def test_an_unknown_parent_is_named(copy: Path) -> None:
    line = append(copy, "org/units.csv", "V9901,新设村,新设,village,T99,,,,,,,,,")

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("org/units.csv", line)
    assert "T99" in problem.message


def test_an_unknown_unit_in_a_plan_is_named(copy: Path) -> None:
    replace(copy, "plans/environment_plan.toml", 'unit = "forestry"', 'unit = "woods"')

    problem = only_problem(copy)

    assert problem.file == "plans/environment_plan.toml"
    assert problem.path == "tasks[10].parts[0].units"
    assert "woods" in problem.message


def test_a_duplicate_code_names_both_lines(copy: Path) -> None:
    line = append(copy, "org/units.csv", "V0101,又一村,又一,village,T01,,,,,,,,,")

    problem = only_problem(copy)

    assert problem.line == line
    assert "“V0101”重复" in problem.message


def test_two_forms_with_one_code_are_refused(copy: Path) -> None:
    shutil.copy(copy / "forms/findings_ledger.toml", copy / "forms/second.toml")

    messages = [problem.message for problem in problems_of(copy)]

    assert any("表单代码“findings_ledger”重复" in message for message in messages)


def test_a_cycle_is_shown_as_a_ring(copy: Path) -> None:
    append(copy, "org/units.csv", "V9901,甲村,甲,village,V9902,,,,,,,,,")
    append(copy, "org/units.csv", "V9902,乙村,乙,village,V9901,,,,,,,,,")

    messages = [problem.message for problem in problems_of(copy)]

    assert "上下级成了一个圈：甲村 → 乙村 → 甲村" in messages


def test_a_second_root_is_refused(copy: Path) -> None:
    line = append(copy, "org/units.csv", "other,另一县,另一,county,,,,,,,,,,")

    problem = only_problem(copy)

    assert problem.line == line
    assert "已是最上级" in problem.message


def test_a_unit_under_the_wrong_type_is_refused(copy: Path) -> None:
    line = append(copy, "org/units.csv", "V9901,新设村,新设,village,health,,,,,,,,,")

    assert only_problem(copy).line == line


@pytest.mark.parametrize(
    ("cells", "expected"),
    [("三百,900", "整数"), ("300,9e2", "整数"), ("٣٠٠,900", "整数")],
)
def test_an_attribute_of_the_wrong_type_is_named(copy: Path, cells: str, expected: str) -> None:
    line = append(copy, "org/units.csv", f"V9901,新设村,新设,village,T01,{cells},,,,,,,")

    problem = only_problem(copy)

    assert problem.line == line
    assert expected in problem.advice


def test_an_attribute_of_another_type_is_refused(copy: Path) -> None:
    line = append(copy, "org/units.csv", "V9901,新设村,新设,village,T01,,,,,,,,,14")

    assert only_problem(copy).line == line


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3"])
def test_a_cell_that_a_spreadsheet_would_run_is_refused(copy: Path, name: str) -> None:
    line = append(copy, "org/posts.csv", f"T01,{name},town_officer,90")

    assert any(p.line == line and "公式" in p.message for p in problems_of(copy))


def test_an_overlong_name_is_refused(copy: Path) -> None:
    line = append(copy, "org/posts.csv", f"T01,{'长' * 81},town_officer,90")

    problem = only_problem(copy)

    assert problem.line == line
    assert "81 个字符，超过 80" in problem.message


def test_an_overlong_cell_is_refused(copy: Path) -> None:
    line = append(copy, "org/posts.csv", f"T01,{'长' * 2001},town_officer,90")

    assert any(p.line == line and "超过 2000" in p.message for p in problems_of(copy))


def test_gb18030_is_recognised_and_said(copy: Path) -> None:
    path = copy / "org/posts.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))

    problems = [p for p in problems_of(copy) if p.file == "org/posts.csv"]

    assert len(problems) == 1
    assert "GB18030" in problems[0].message
    assert "UTF-8" in problems[0].advice


def test_utf16_is_recognised_and_said(copy: Path) -> None:
    path = copy / "org/links.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))

    assert "UTF-16" in only_problem(copy).message


def test_a_byte_order_mark_and_windows_line_ends_are_fine(copy: Path) -> None:
    for name in ("org/units.csv", "collections.toml"):
        path = copy / name
        text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert len(read_pack(copy, year=YEAR).organisation.units) == 180


def test_a_control_character_is_refused(copy: Path) -> None:
    line = append(copy, "org/posts.csv", "T01,专\x00干,town_officer,90")

    problems = [p for p in problems_of(copy) if p.file == "org/posts.csv"]

    assert [p.line for p in problems] == [line]


def test_a_row_with_too_many_cells_is_refused(copy: Path) -> None:
    line = append(copy, "org/posts.csv", "T01,专职,检查员,town_officer,90")

    problem = only_problem(copy)

    assert problem.line == line
    assert "5 格，表头有 4 格" in problem.message


def test_an_unpaired_quote_is_refused(copy: Path) -> None:
    line = append(copy, "org/posts.csv", 'T01,"专职,town_officer,90')

    assert only_problem(copy).line == line


def test_an_unknown_role_lists_the_roles(copy: Path) -> None:
    line = append(copy, "org/posts.csv", "T01,顾问,adviser,90")

    problem = only_problem(copy)

    assert problem.line == line
    assert "town_officer" in problem.advice


def test_an_unknown_column_is_named(copy: Path) -> None:
    replace(copy, "org/posts.csv", "unit,name,roles,sort_order", "unit,name,roles,order")

    messages = [p.message for p in problems_of(copy) if p.file == "org/posts.csv"]

    assert messages == ["表头缺少列：sort_order", "表头有不认识的列“order”"]


def test_an_administrator_holds_nothing_else(copy: Path) -> None:
    replace(copy, "org/people.csv", "qinghe/审计管理员", "qinghe/审计管理员|T01/镇长")

    problem = only_problem(copy)

    assert problem.file == "org/people.csv"
    assert "三员分立" in problem.advice


def test_a_person_in_an_unknown_post_is_named(copy: Path) -> None:
    replace(copy, "org/people.csv", "T01/镇长", "T01/区长")

    assert "没有岗位“T01/区长”" in only_problem(copy).message


def test_a_link_to_an_unknown_person_is_named(copy: Path) -> None:
    line = append(copy, "org/links.csv", "包片,nobody,,V0101,2024-03-01,")

    problem = only_problem(copy)

    assert problem.line == line
    assert "nobody" in problem.message


def test_a_countersigning_unit_needs_somebody_who_may(copy: Path) -> None:
    line = replace(
        copy, "plans/village_cleaning.toml", '"agriculture", "finance"]', '"agriculture", "T01", "qinghe", "V0101"]'
    )

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("plans/village_cleaning.toml", line)
    assert "会签单位“V0101”没有人担任“leader”" in problem.message


def test_a_cohort_without_units_is_refused(copy: Path) -> None:
    replace(copy, "collections.toml", 'unit_types = ["village"] }', 'unit_types = ["village"], under = ["health"] }')

    assert "一个单位也没有" in only_problem(copy).message


def test_a_rule_that_no_field_fills_is_reported(copy: Path) -> None:
    line = replace(copy, "schemes/town_environment.toml", 'code = "b1_responsibility"', 'code = "b9_nothing"')

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("schemes/town_environment.toml", line)
    assert "b9_nothing" in problem.message


def test_history_of_a_unit_that_is_not_asked_is_refused(copy: Path) -> None:
    line = replace(copy, "history.toml", 'units = ["V0708", "V1203"]', 'units = ["T01", "V1203"]')

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("history.toml", line)
    assert "T01" in problem.message


def test_a_return_in_the_history_needs_its_reason(copy: Path) -> None:
    replace(copy, "history.toml", 'reason = "问题农户只写了数量，请补填门牌号。"\n', "")

    assert "reason" in only_problem(copy).message


def test_a_link_instead_of_a_file_is_refused(copy: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.toml"
    (copy / "routes.toml").rename(outside)
    (copy / "routes.toml").symlink_to(outside)

    assert any(p.file == "routes.toml" and "链接" in p.message for p in problems_of(copy))


def test_all_problems_are_listed_at_once(copy: Path) -> None:
    append(copy, "org/posts.csv", "T01,顾问,adviser,90")
    replace(copy, "pack.toml", 'slug = "qinghe"', 'slug = "Qing He"')
    replace(copy, "routes.toml", 'kind = "review"', 'kind = "glance"')

    problems = problems_of(copy)

    assert [problem.file for problem in problems] == ["org/posts.csv", "pack.toml", "routes.toml"]
    with pytest.raises(PackError, match="有 3 处问题"):
        read_pack(copy, year=YEAR)
