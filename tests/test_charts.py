"""Charts show what is known, name what is not, and are safe to print anywhere."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from jinja2 import Environment

from saas.charts import (
    Look,
    Point,
    RankingRow,
    Share,
    Svg,
    TargetRow,
    Tone,
    donut,
    ranking_bars,
    score_distribution,
    sparkline,
    stacked_bar,
    target_progress,
    trend,
)
from saas.domain.amounts import Amount, determined, missing, not_applicable, undetermined

NAMESPACE = "{http://www.w3.org/2000/svg}"
STYLELESS = ("style", "class", "id", "onload", "href")


def known(value: str) -> Amount:
    return determined(Decimal(value))


def months(*amounts: Amount) -> list[Point]:
    return [Point(f"{number}月", amount) for number, amount in enumerate(amounts, 1)]


def elements(svg: Svg, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(str(svg)).iter(NAMESPACE + name))


def words(svg: Svg) -> list[str]:
    return [element.text or "" for element in elements(svg, "text")]


def attribute(element: ElementTree.Element, name: str) -> Decimal:
    return Decimal(element.attrib[name])


EVERY_CHART: list[Callable[[str], Svg]] = [
    lambda name: target_progress(name, [TargetRow(name, known("3"), known("5"), milestones=(Decimal(2),))]),
    lambda name: score_distribution(name, [known("61"), missing()], [Decimal(60)]),
    lambda name: ranking_bars(name, [RankingRow(name, known("3"), "1", is_highlighted=True)]),
    lambda name: trend(name, [Point(name, known("3")), Point(name, undetermined())], target=known("4")),
    lambda name: sparkline(name, [Point(name, known("3")), Point(name, missing())]),
    lambda name: stacked_bar(name, [Share(name, 3), Share(name, 1, Tone.ABSENT)]),
    lambda name: donut(name, [Share(name, 3), Share(name, 1, Tone.ABSENT)]),
]


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_every_text_is_escaped(chart: Callable[[str], Svg]) -> None:
    hostile = '<script>alert("1")</script>&\x00\x0b'

    svg = chart(hostile)

    assert not elements(svg, "script")
    assert "\x00" not in str(svg)
    assert ElementTree.fromstring(str(svg)).attrib["aria-label"] == '<script>alert("1")</script>&'


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_every_chart_obeys_the_content_policy_and_may_stand_twice_on_a_page(chart: Callable[[str], Svg]) -> None:
    tree = ElementTree.fromstring(str(chart("柳湾村")))
    used = {name for element in tree.iter() for name in element.attrib}
    assert not used & set(STYLELESS)


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_every_chart_says_in_words_what_it_shows(chart: Callable[[str], Svg]) -> None:
    tree = ElementTree.fromstring(str(chart("柳湾村")))
    title, description = tree[0], tree[1]

    assert tree.attrib["role"] == "img"
    assert (title.tag, title.text) == (f"{NAMESPACE}title", "柳湾村")
    assert description.tag == f"{NAMESPACE}desc"
    assert description.text


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_the_same_figures_give_the_same_picture(chart: Callable[[str], Svg]) -> None:
    assert chart("柳湾村") == chart("柳湾村")


def test_another_look_has_its_own_font_and_words() -> None:
    svg = trend("柳湾村", months(known("3"), missing()), look=Look(font_family="FangSong", missing="none"))
    assert 'font-family="FangSong"' in str(svg)
    assert "none" in words(svg)


def test_a_template_prints_a_chart_unescaped() -> None:
    svg = trend("走势", months(known("3")))
    assert Environment(autoescape=True).from_string("{{ svg }}").render(svg=svg) == str(svg)


def test_a_met_target_says_so_in_words_and_shows_a_tick() -> None:
    svg = target_progress("目标", [TargetRow("改厕率", known("96.7"), known("95"), "%", is_met=True)])

    assert "96.7 / 95 % 达标" in words(svg)
    assert any(attribute(line, "stroke-width") == 2 for line in elements(svg, "line"))


def test_the_bar_of_a_target_has_the_length_of_its_share() -> None:
    row = TargetRow("改厕率", known("25"), known("50"), "%", maximum=Decimal(100))

    track, filled = elements(target_progress("目标", [row], width=400), "rect")

    assert attribute(track, "width") == 400
    assert attribute(filled, "width") == 100


def test_a_target_that_is_undetermined_has_no_tick_in_its_row() -> None:
    svg = target_progress("目标", [TargetRow("粪污处理", known("12"), undetermined(), "户")])

    assert "12 户 / 目标未定" in words(svg)
    assert all(attribute(line, "y1") > 56 for line in elements(svg, "line"))  # only the key below has one


def test_progress_towards_an_undetermined_target_has_no_length() -> None:
    svg = target_progress("目标", [TargetRow("粪污处理", known("12"), undetermined(), "户")])

    (box,) = elements(svg, "rect")
    assert box.attrib["stroke-dasharray"]


def test_nothing_reported_is_hatched_and_not_an_empty_bar() -> None:
    svg = target_progress("目标", [TargetRow("满意度", missing(), known("90"), "%")])

    (box,) = elements(svg, "rect")
    assert "未报 / 90 %" in words(svg)
    assert box.attrib["stroke-dasharray"]


def test_zero_is_a_figure() -> None:
    svg = target_progress("目标", [TargetRow("积存垃圾", known("0"), known("0"), "处", is_met=True)])
    assert "0 / 0 处 达标" in words(svg)


@pytest.mark.parametrize(
    ("score", "band"),
    [("59.99", "<60"), ("60", "60–80"), ("79.999", "60–80"), ("80", "≥80"), ("104", "≥80"), ("-3", "<60")],
)
def test_a_score_falls_into_one_band_compared_unrounded(score: str, band: str) -> None:
    svg = score_distribution("分布", [known(score)], [Decimal(60), Decimal(80)])
    assert f"{band}：1" in (elements(svg, "desc")[0].text or "")


def test_units_without_a_score_are_in_no_band() -> None:
    svg = score_distribution("分布", [known("70"), missing(), not_applicable(), not_applicable()], [Decimal(60)])
    assert elements(svg, "desc")[0].text == "<60：0；≥60：1；未报：1；不适用：2"


def test_a_loss_goes_to_the_left_of_zero() -> None:
    svg = ranking_bars("奖扣", [RankingRow("柳湾村", known("800")), RankingRow("东岭村", known("-600"))], measure="元")

    gain, loss = elements(svg, "rect")

    assert attribute(loss, "x") + attribute(loss, "width") == attribute(gain, "x")
    assert "−600 元" in words(svg)


def test_a_ranking_names_what_has_no_figure() -> None:
    svg = ranking_bars("排名", [RankingRow("城关镇", undetermined()), RankingRow("青石镇", known("0"))], measure="分")

    assert "未定" in words(svg)
    assert "0 分" in words(svg)


def test_a_missing_month_breaks_the_line() -> None:
    whole = trend("走势", months(known("1"), known("2"), known("3"), known("4")))
    broken = trend("走势", months(known("1"), known("2"), missing(), known("4"), known("5")))

    def lines(svg: Svg) -> int:
        return sum(1 for path in elements(svg, "path") if path.attrib.get("stroke-width") == "2")

    assert (lines(whole), lines(broken)) == (1, 2)
    assert "未报" in words(broken)


def test_only_the_months_without_a_figure_are_hatched() -> None:
    svg = trend("走势", months(known("1"), missing(), known("3")))
    assert sum("stroke-dasharray" in box.attrib for box in elements(svg, "rect")) == 1


def test_a_missing_month_has_no_dot_and_zero_has_one() -> None:
    assert len(elements(trend("走势", months(known("5"), missing(), known("0"))), "circle")) == 2


def test_a_single_month_between_gaps_is_seen_in_a_sparkline() -> None:
    svg = sparkline("走势", months(known("1"), missing(), known("3"), missing()))
    assert {dot.attrib["cx"] for dot in elements(svg, "circle")} == {"12", "60"}


def test_neighbouring_gaps_of_one_kind_are_named_once() -> None:
    svg = trend("走势", months(known("1"), undetermined(), undetermined(), missing(), known("2")))
    assert [word for word in words(svg) if word in ("未定", "未报")] == ["未定", "未报"]


@pytest.mark.parametrize(
    "values", [("0", "0"), ("95", "95"), ("-5", "3"), ("0.0001", "0.0002"), ("1", "123456789"), ("99.999", "100")]
)
def test_every_point_of_a_trend_lies_on_the_plot(values: tuple[str, str]) -> None:
    svg = trend("走势", months(*(known(value) for value in values)))
    assert all(24 <= attribute(dot, "cy") <= 144 for dot in elements(svg, "circle"))


def test_nothing_at_all_says_so() -> None:
    assert words(trend("走势", months(missing(), missing()))) == ["暂无数据"]
    assert words(stacked_bar("状态", [Share("已报", 0)])) == ["暂无数据"]


def test_a_stacked_bar_divides_the_whole_width() -> None:
    svg = stacked_bar("状态", [Share("已报", 3, Tone.SUCCESS), Share("不适用", 1, Tone.ABSENT)], width=400)

    filled, hatched = elements(svg, "rect")[:2]

    assert attribute(filled, "width") == 299  # one unit of air beside the next part
    assert attribute(hatched, "x") == 300
    assert attribute(hatched, "width") == 100
    assert {"已报 3", "不适用 1"} <= set(words(svg))


def test_a_ring_has_the_total_in_its_middle() -> None:
    assert "4" in words(donut("状态", [Share("已报", 3), Share("未报", 1, Tone.ABSENT)]))


def test_a_long_name_is_cut_and_stays_whole_in_the_description() -> None:
    name = "云岭回族彝族民族乡人民政府农村人居环境整治办公室"

    svg = ranking_bars("排名", [RankingRow(name, known("1"))])

    assert any(word.endswith("…") for word in words(svg))
    assert name in (elements(svg, "desc")[0].text or "")
