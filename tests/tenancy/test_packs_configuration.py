"""A broken pack says where, what and what to do: head, forms, routes, schemes, plans and history."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from saas.domain.compiling import Compiling
from saas.domain.fillers import PARENT, Filler
from saas.tenancy.packs import PackError, read_pack
from tests.tenancy.broken_packs import TENANTS, YEAR, append, only_problem, problems_of, replace


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A pack to break."""
    return shutil.copytree(TENANTS / "rural-county", tmp_path / "pack")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "没有这个文件夹" in only_problem(tmp_path / "nowhere").message


def test_a_missing_head_is_named(copy: Path) -> None:
    (copy / "pack.toml").unlink()

    problem = only_problem(copy)

    assert (problem.file, problem.message) == ("pack.toml", "缺少文件")


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
    line = replace(copy, "pack.toml", "schema = 2", "schema = 3")

    problem = only_problem(copy)

    assert problem.line == line
    assert "格式版本是 3" in problem.message
    assert "升级" in problem.advice


def test_a_pack_of_the_first_schema_is_brought_up_to_the_newest(copy: Path) -> None:
    replace(copy, "pack.toml", 'schema = 2\nversion = "1.0"', "schema = 1")

    head = read_pack(copy, year=YEAR).head

    assert (head.schema_version, head.version) == (2, "1.0")


def test_a_pack_of_the_present_schema_says_its_own_version(copy: Path) -> None:
    replace(copy, "pack.toml", 'version = "1.0"\n', "")

    problem = only_problem(copy)

    assert (problem.file, problem.message) == ("pack.toml", "缺少“version”")


def test_a_folder_of_a_later_format_is_refused_in_words(copy: Path) -> None:
    (copy / "documents").mkdir()
    (copy / "documents/notice.toml").write_text('title = "通知"\n', encoding="utf-8")

    problem = only_problem(copy)

    assert problem.file == "documents/notice.toml"
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


def test_an_own_window_says_its_days_and_other_cadences_do_not(copy: Path) -> None:
    replace(copy, "collections.toml", 'cadence = "month"', 'cadence = "window"')

    problem = only_problem(copy)

    assert (problem.file, problem.path) == ("collections.toml", "collections[0].own")
    assert "own 与周期不符" in problem.message


def test_text_that_is_not_toml_has_its_line(copy: Path) -> None:
    line = append(copy, "routes.toml", "name = “中文引号”")

    problems = problems_of(copy)

    assert [(p.file, p.line) for p in problems if "不是有效的 TOML" in p.message] == [("routes.toml", line)]


def test_an_unknown_placeholder_is_named(copy: Path) -> None:
    line = replace(copy, "plans/environment_plan.toml", "清禾县{year}年农村", "清禾县{yaer}年农村")

    problem = only_problem(copy)

    assert problem.line == line
    assert "{yaer}" in problem.message


def test_an_unknown_unit_in_a_plan_is_named(copy: Path) -> None:
    replace(copy, "plans/environment_plan.toml", 'unit = "forestry"', 'unit = "woods"')

    problem = only_problem(copy)

    assert problem.file == "plans/environment_plan.toml"
    assert problem.path == "tasks[10].parts[0].units"
    assert "woods" in problem.message


def test_two_forms_with_one_code_are_refused(copy: Path) -> None:
    shutil.copy(copy / "forms/findings_ledger.toml", copy / "forms/second.toml")

    messages = [problem.message for problem in problems_of(copy)]

    assert any("表单代码“findings_ledger”重复" in message for message in messages)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(copy: Path) -> None:
    for name in ("org/units.csv", "collections.toml"):
        path = copy / name
        text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert len(read_pack(copy, year=YEAR).organisation.units) == 180


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


FILLED = 'cohort = { unit_types = ["village"] }\nfilled_by = %s\ncompiling = %s'


def test_who_fills_and_who_compiles_are_read(copy: Path) -> None:
    before = 'cohort = { unit_types = ["village"] }'
    replace(copy, "collections.toml", before, FILLED % ('{ superior = "township" }', '{ by = "superior", days = 3 }'))

    entry = read_pack(copy, year=YEAR).configuration.collections[0]

    assert entry.filler == Filler(superior="township")
    assert entry.compiling == Compiling(PARENT, 3)


@pytest.mark.parametrize(
    ("filled_by", "compiling", "message"),
    [
        ('{ unit = "nowhere" }', "{}", "nowhere"),
        ('{ superior = "street" }', "{}", "street"),
        ('{ unit = "a", function = "b" }', "{}", "只能写一个"),
        ("{}", '{ by = "street", days = 3 }', "street"),
        ("{}", '{ by = "superior" }', "days"),
    ],
)
def test_a_filler_or_a_compiler_that_does_not_exist_is_refused(
    copy: Path, filled_by: str, compiling: str, message: str
) -> None:
    before = 'cohort = { unit_types = ["village"] }'
    replace(copy, "collections.toml", before, FILLED % (filled_by, compiling))

    assert message in only_problem(copy).message
