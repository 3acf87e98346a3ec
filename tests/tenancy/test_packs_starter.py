"""Starter packs bring no units: they name the county's own by `@root`, by type and by function."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from saas.tenancy.pack_files import ROOT_PLACEHOLDER
from saas.tenancy.packs import read_pack
from tests.tenancy.broken_packs import YEAR, append, only_problem, replace
from tests.tenancy.starter_pack import write_starter


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_starter(tmp_path / "village-works")


def test_the_root_stands_for_the_county_wherever_a_unit_is_named(starter: Path) -> None:
    pack = read_pack(starter, year=YEAR, root="qingshan")
    plan = pack.configuration.plans[0].plan

    assert pack.root == "qingshan"
    assert pack.head.branding is not None
    assert pack.head.branding.issuing_unit == "qingshan"
    assert {post.unit for post in pack.organisation.posts} == {"qingshan"}
    assert pack.configuration.routes[0].route.steps[0].who.at == "unit:qingshan"
    assert pack.configuration.collections[0].cohort.under == ("qingshan",)
    assert pack.configuration.bodies[0].table.seats[0].post == "qingshan/分管副县长"
    assert plan.tasks[0].parts[0].units[2].unit == "qingshan"


def test_a_starter_pack_can_be_checked_before_the_county_is_known(starter: Path) -> None:
    assert read_pack(starter, year=YEAR).root == ROOT_PLACEHOLDER


def test_a_county_packs_root_is_its_own(tmp_path: Path) -> None:
    pack = read_pack(Path(__file__).parents[2] / "tenants/rural-county", year=YEAR, root="elsewhere")

    assert pack.root == "qinghe"


def test_a_starter_pack_brings_no_units(starter: Path) -> None:
    (starter / "org/units.csv").write_text("code,name,short_name,type,parent\nT01,某镇,,township,\n", encoding="utf-8")

    problem = only_problem(starter)

    assert problem.file == "org/units.csv"
    assert "@root" in problem.advice


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "said"),
    [
        ("plans/affairs_plan.toml", 'unit = "@root"', 'unit = "T01"', "unit", "没有代码为“T01”的单位"),
        ("collections.toml", '["village"]', '["hamlet"]', "collections[0].cohort", "没有代码为“hamlet”的单位类型"),
        ("cohorts.toml", '"is_pilot"', '"is_first"', "cohorts[0].definition", "没有代码为“is_first”的单位属性"),
        ("bodies.toml", "@root/分管副县长", "@root/县长", "bodies[0].seats[0].post", "没有岗位“county-root/县长”"),
        ("bodies.toml", 'by = "function"', 'by = "unit"', "templates[0].seats[1]", "要写且只写 unit"),
        ("bodies.toml", "head = [1, 1], deputy", "head = [0, 0], deputy", "templates[0].seats", "最多 0 个"),
        (
            "bodies.toml",
            'parent = "affairs_group"',
            'parent = "nobody"',
            "bodies[1].parent",
            "没有代码为“nobody”的机构",
        ),
        ("bodies.toml", 'parent = "affairs_group"', 'parent = "affairs_office"', "bodies[1].parent", "自己名下"),
        ("org/post_templates.csv", "village,事务专干", "hamlet,事务专干", "unit_type", "没有“hamlet”这种单位类型"),
        ("org/functions.csv", "@root,统筹", "T01,统筹", "unit", "没有代码为“T01”的单位"),
        ("org/link_kinds.csv", "village,一级", "hamlet,一级", "to_types", "没有“hamlet”这种单位类型"),
        ("org/hierarchies.csv", "party,党组织", "administrative,党组织", "code", "行政层级不写在这里"),
        ("plans/affairs_plan.toml", '{ function = "宣传",', '{ function = "宣传", label = "x",', "units", "且只写一个"),
    ],
)
def test_what_leads_nowhere_is_named_with_its_place(
    starter: Path, file: str, old: str, new: str, path: str, said: str
) -> None:
    line = replace(starter, file, old, new)

    problem = only_problem(starter)

    assert problem.file == file
    assert said in problem.message
    assert path in problem.path
    assert problem.line is not None
    assert abs(problem.line - line) <= 12  # a mistake inside a table is reported where the table begins


def test_two_parents_at_one_time_and_rings_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(Path(__file__).parents[2] / "tenants/rural-county", tmp_path / "pack")
    (folder / "org/hierarchies.csv").write_text("code,name,purpose\nline,条线,line\n", encoding="utf-8")
    places = folder / "org/placements.csv"
    places.write_text("hierarchy,unit,parent,starts_on,ends_on\nline,T01,qinghe,2024-01-01,\n", encoding="utf-8")

    line = append(folder, "org/placements.csv", "line,T01,T02,2024-06-01,")
    assert (only_problem(folder).line, only_problem(folder).path) == (line, "unit")

    places.write_text(
        "hierarchy,unit,parent,starts_on,ends_on\nline,T01,T02,2024-01-01,\nline,T02,T01,2024-06-01,\n",
        encoding="utf-8",
    )
    assert "成了一个圈" in only_problem(folder).message


def test_a_seal_is_an_image_in_the_pack(starter: Path) -> None:
    replace(starter, "pack.toml", 'issuing_unit = "@root"', 'issuing_unit = "@root"\nseal = "assets/seal.png"')
    assert only_problem(starter).message == "没有文件“assets/seal.png”"

    (starter / "assets").mkdir()
    (starter / "assets/seal.png").write_bytes(b"GIF89a")
    assert "不是 PNG" in only_problem(starter).message

    (starter / "assets/seal.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert read_pack(starter, year=YEAR).head.branding is not None
