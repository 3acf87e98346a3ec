"""Lists in the order of the strokes of the surnames (姓氏笔画). All names are invented."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from saas.domain import name_order
from saas.domain.name_order import sort_by_strokes, stroke_key, strokes, unknown_characters
from saas.domain.stroke_order_compile import compile_order, main


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("丁某甲", "万某甲", "two strokes before three"),
        ("王某甲", "石某甲", "four strokes before five"),
        ("于某甲", "万某甲", "same number: the second stroke 横 comes before 撇"),
        ("王某甲", "毛某甲", "same number: the first stroke 横 comes before 撇"),
        ("毛某甲", "方某甲", "same number: the first stroke 撇 comes before 点"),
        ("方某甲", "尹某甲", "same number: the first stroke 点 comes before 折"),
        ("田某甲", "史某甲", "same first two strokes, the third decides"),
        ("王一", "王二", "same surname: the given name by its strokes"),
        ("王一丁", "王一七", "same surname and first character: the second one decides"),
        ("王霞", "王一丁", "same surname: one further character before two, whatever their strokes"),
        ("欧霞", "欧阳一", "a compound surname after its first character alone"),
        ("欧阳霞", "欧阳一丁", "the given name of a compound surname counts without the surname"),
        ("武某甲", "欧阳一丁", "a compound surname stands where its first character does"),
        ("丁 一", "丁七", "a space between the characters does not count"),
    ],
)
def test_one_name_stands_before_another(before: str, after: str, why: str) -> None:
    assert sort_by_strokes([after, before]) == [before, after], why


def test_common_surnames_stand_as_in_printed_lists() -> None:
    printed = list("丁于万马王毛文方尹孔邓石龙卢叶田史白冯吕朱乔任刘江汤许孙")

    assert sort_by_strokes(reversed(printed)) == printed


def test_the_order_does_not_depend_on_how_the_list_came() -> None:
    names = ["王一", "欧阳一", "丁某", "王一丁", "欧一"]

    assert {tuple(sort_by_strokes(shuffled)) for shuffled in itertools.permutations(names)} == {
        ("丁某", "王一", "王一丁", "欧一", "欧阳一")
    }


@pytest.mark.parametrize(
    ("character", "count"),
    [("一", 1), ("丁", 2), ("马", 3), ("王", 4), ("田", 5), ("张", 7), ("欧", 8), ("戴", 17), ("魏", 17), ("A", None)],
)
def test_the_number_of_strokes_is_the_one_of_today(character: str, count: int | None) -> None:
    assert strokes(character) == count


def test_what_is_not_known_stands_last_and_is_named() -> None:
    assert sort_by_strokes(["\u36c3某", "Anna", "龚某", "龚\u36c3"]) == ["龚某", "龚\u36c3", "Anna", "\u36c3某"]
    assert unknown_characters("龚\u36c3\u36c3") == ("\u36c3",)
    assert unknown_characters("阿依·某 某") == ()


def test_no_two_characters_are_equal() -> None:
    characters = "".join(chr(code) for code in range(0x4E00, 0xA000))
    known = [each for each in characters if strokes(each)]

    assert len(known) == 20_897
    assert len({stroke_key(each) for each in known}) == len(known)


def test_the_data_is_small_and_says_where_it_comes_from() -> None:
    path = Path(name_order.__file__).with_name("stroke_order.txt")

    assert path.stat().st_size < 150_000
    assert "cn-sort 0.14.0 (MIT)" in path.read_text(encoding="utf-8")[:200]


def test_compiling_follows_the_order_and_takes_only_the_numbers_from_the_counts(tmp_path: Path) -> None:
    order = ["一", "丁", "七", "万", "上"]
    entries = [{"chinese": each, "stroke_increment_level": place} for place, each in enumerate(order)]
    entries += [
        entries[0],
        {"chinese": "!", "stroke_increment_level": 0},
        {"chinese": "一丁", "stroke_increment_level": 9},
    ]
    (tmp_path / "order.json").write_text(json.dumps({"all_word": entries}), encoding="utf-8")

    counts = {"一": "1", "丁": "2", "七": "2", "万": "3 12", "上": "3"}
    lines = [f"U+{ord(each):X}\tkTotalStrokes\t{count}" for each, count in counts.items()]
    (tmp_path / "counts.txt").write_text("\n".join(["# a comment", *lines, "U+4E00\tkOther\t9"]), encoding="utf-8")

    count = compile_order(tmp_path / "order.json", tmp_path / "counts.txt", tmp_path / "compiled.txt")

    written = (tmp_path / "compiled.txt").read_text(encoding="utf-8").splitlines()
    assert count == 5
    assert [line for line in written if not line.startswith("#")] == ["1\t一", "2\t丁七", "3\t万上"]


def test_compiling_asks_for_its_three_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "kTotalStrokes" in capsys.readouterr().err
