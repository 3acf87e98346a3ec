"""A broken pack says where, what and what to do: the organisation."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from saas.tenancy.packs import read_pack
from tests.tenancy.broken_packs import TENANTS, YEAR, append, only_problem, problems_of, replace


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A pack to break."""
    return shutil.copytree(TENANTS / "rural-county", tmp_path / "pack")


def test_a_county_pack_needs_its_posts(copy: Path) -> None:
    for file in ("org/posts.csv", "org/people.csv", "org/links.csv"):
        (copy / file).unlink()

    assert ("org/posts.csv", "缺少文件") in {(problem.file, problem.message) for problem in problems_of(copy)}


def test_a_county_pack_may_leave_its_people_out(copy: Path) -> None:
    for file in ("org/people.csv", "org/links.csv", "history.toml"):
        (copy / file).unlink()

    assert read_pack(copy, year=YEAR).organisation.people == ()


def test_an_unknown_parent_is_named(copy: Path) -> None:
    line = append(copy, "org/units.csv", "V9901,新设村,新设,village,T99,,,,,,,,,")

    problem = only_problem(copy)

    assert (problem.file, problem.line) == ("org/units.csv", line)
    assert "T99" in problem.message


def test_a_duplicate_code_names_both_lines(copy: Path) -> None:
    line = append(copy, "org/units.csv", "V0101,又一村,又一,village,T01,,,,,,,,,")

    problem = only_problem(copy)

    assert problem.line == line
    assert "“V0101”重复" in problem.message


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
