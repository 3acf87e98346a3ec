"""The organisation chart as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

from saas.charts.organisation import Box, count_leaves, organisation_chart, split_pages

SVG = "{http://www.w3.org/2000/svg}"
COUNTY = Box("青山县", (Box("东镇", tuple(Box(f"{number}村") for number in "甲乙丙丁")), Box("水利局", more=3)))


def drawn(root: Box) -> ElementTree.Element:
    return ElementTree.fromstring(str(organisation_chart(root, title="机构图", description="今天的机构")))


def words(picture: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def test_the_picture_says_what_it_is() -> None:
    picture = drawn(COUNTY)

    assert picture.get("role") == "img"
    assert picture.get("aria-label") == "机构图"
    assert picture.findtext(f"{SVG}desc") == "今天的机构"


def test_every_unit_is_on_it_and_what_is_left_out_is_counted() -> None:
    found = words(drawn(COUNTY))

    assert {"青山县", "东镇", "水利局", "+3"} <= set(found)
    assert found.count("村") == 4  # a crowded last row is written downwards, character by character


def test_a_long_name_is_cut_into_lines_and_nothing_is_lost() -> None:
    name = "青山县农村人居环境整治工作领导小组办公室"

    found = words(drawn(Box(name, (Box("一科"),))))

    assert "".join(each for each in found if each != "一科") == name
    assert max(len(each) for each in found) <= 9


def test_nothing_is_drawn_outside_the_picture_and_boxes_of_a_row_do_not_overlap() -> None:
    wide = Box("县", tuple(Box(f"第{town}镇", tuple(Box(f"{town}{v}村") for v in range(5))) for town in range(6)))
    picture = drawn(wide)
    width, height = float(picture.get("width", "0")), float(picture.get("height", "0"))
    rows: dict[str, list[tuple[float, float]]] = {}

    for box in picture.iter(f"{SVG}rect"):
        left, top = float(box.get("x", "0")), float(box.get("y", "0"))
        right, foot = left + float(box.get("width", "0")), top + float(box.get("height", "0"))
        assert left >= 0
        assert right <= width
        assert foot <= height
        if box.get("rx") == "3":
            rows.setdefault(box.get("y", ""), []).append((left, right))
    for row in rows.values():
        in_order = sorted(row)
        assert all(before[1] <= after[0] for before, after in zip(in_order, in_order[1:], strict=False))
    assert [len(row) for row in rows.values()] == [1, 6, 30]


def test_a_wide_chart_is_spread_over_pages_with_the_root_on_each() -> None:
    root = Box("县", tuple(Box(f"第{town}镇", tuple(Box(f"{town}{v}村") for v in range(10))) for town in range(5)))

    pages = split_pages(root, 25)

    assert [page.name for page in pages] == ["县"] * 3
    assert [count_leaves(page) for page in pages] == [20, 20, 10]
    assert [child.name for page in pages for child in page.children] == [f"第{town}镇" for town in range(5)]


def test_a_name_is_text_and_never_markup() -> None:
    assert "<script>" not in str(organisation_chart(Box("<script>"), title="x", description="y"))
