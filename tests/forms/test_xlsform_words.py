"""What forms made for ODK use besides questions: former answers, lists elsewhere, metadata, loops, remarks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from pyxform.xls2xform import convert

from saas.domain.answers import parse_answers
from saas.domain.begun import Begun
from saas.domain.errors import FormError
from saas.domain.fields import Choice, FieldType, FormDefinition, form_from_mapping
from saas.domain.fields.model import iter_fields
from saas.domain.fields.sources import exchange_choices
from saas.domain.form_logic import FormLogic
from saas.forms.xlsform import form_from_xlsform, form_to_xlsform, mistakes_of
from tests.forms.test_xlsform import NOW, Rows, imported

HEAD = ["type", "name", "label", "calculation", "default", "choice_filter", "relevant"]
LISTS: Rows = [["list_name", "name", "label"], ["kinds", "a", "甲"], ["kinds", "b", "乙"]]


def rows(*lines: Sequence[Any]) -> Rows:
    return [HEAD, *lines]


def fields(form: FormDefinition) -> dict[str, Any]:
    return dict(iter_fields(form))


def told(survey: Rows, choices: Rows = LISTS) -> str:
    return "\n".join(str(each) for each in imported(survey, choices).remarks)


def test_a_former_answer_comes_from_the_last_report() -> None:
    form = imported(
        rows(["integer", "n", "户数", None, "${last-saved#n}"], ["calculate", "more", "", "${n} - ${last-saved#n}"])
    ).definition

    found = fields(form)
    assert found["n"].prefill == "last"
    assert (found["last_saved_n"].type, found["last_saved_n"].prefill) == (FieldType.HIDDEN, "last:n")
    parsed = parse_answers(form, {"n": ["9"]}, known={"last_saved_n": "4"}, now=NOW)
    assert parsed.answers["more"] == "5"


def test_choices_from_a_file_are_a_shared_list() -> None:
    survey = rows(["select_one_from_file crops.csv", "crop", "作物", None, None, "season = 'spring'"])

    form = imported(survey).definition

    assert fields(form)["crop"].choices_from == "list:crops"
    assert "公用选项" in told(survey)


def test_what_is_looked_up_in_a_file_is_looked_up_in_a_shared_list() -> None:
    survey = rows(["text", "code", "编号"], ["calculate", "who", "", "pulldata('homes', 'head', 'code_key', ${code})"])
    form = imported(survey).definition
    homes = (Choice("1", "一", {"code_key": "A1", "head": "张"}), Choice("2", "二", {"code_key": "A2", "head": "李"}))

    filled = exchange_choices(form, lambda item: homes)

    assert parse_answers(filled, {"code": ["A2"]}, now=NOW).answers["who"] == "李"
    assert parse_answers(filled, {"code": ["A3"]}, now=NOW).answers["who"] in {None, ""}
    assert "homes.csv" in told(survey)
    holder = fields(form)["list_homes"]
    assert not FormLogic(filled, {}, {}, NOW).is_relevant(fields(filled)[holder.name], holder.name)


def test_a_lookup_in_a_list_that_the_form_does_not_use_is_refused() -> None:
    lookup = {"type": "calculate", "name": "x", "label": "甲", "calculation": "pulldata('homes', 'a', 'b', 'c')"}

    with pytest.raises(FormError, match="homes"):
        form_from_mapping({"code": "f", "name": "表", "fields": [lookup]})


def test_metadata_is_left_out_unless_something_refers_to_it() -> None:
    survey = rows(
        ["start", "begun"],
        ["today", "day"],
        ["deviceid", "device"],
        ["username", "who"],
        ["text", "a", "${day} ${device}"],
    )

    form = imported(survey).definition

    assert set(fields(form)) == {"day", "device", "a"}
    assert parse_answers(form, {}, now=NOW).answers["day"] == "2026-03-05"
    assert "第 2 行" in told(survey)
    assert "第 4 行" in told(survey)
    assert "第 3 行" not in told(survey)


def test_a_loop_asks_the_same_of_every_choice() -> None:
    survey = rows(
        ["begin loop over kinds", "each", "各种"],
        ["integer", "all", "%(label)s总数"],
        ["integer", "good", "%(label)s完好（%(name)s）", None, None, None, "../all > 0"],
        ["end loop"],
    )

    form = imported(survey, LISTS).definition

    found = fields(form)
    assert [path for path in found if path.endswith("good")] == ["each.a.good", "each.b.good"]
    assert found["each.b.good"].label == "乙完好（b）"
    answers = parse_answers(form, {"each.a.all": ["0"], "each.b.all": ["2"], "each.b.good": ["1"]}, now=NOW).answers
    assert (answers["each"]["a"]["good"], answers["each"]["b"]["good"]) == (None, 1)


def test_the_same_name_under_two_superiors_is_two_choices() -> None:
    choices = [
        ["list_name", "name", "label", "up"],
        ["t", "x", "一", "a"],
        ["t", "x", "二", "b"],
        ["t", "y", "三", "b"],
    ]
    survey = rows(["text", "up", "上级"], ["select_one t", "q", "选", None, None, "up = ${up}"])

    form = imported(survey, choices).definition

    logic = FormLogic(form, {"up": "b"}, {}, NOW)
    assert [choice.label for choice in logic.choices_of(fields(form)["q"], "q")] == ["二", "三"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["integer", "a", "甲", None, "many"], "不是可填的答案"),
        (["integer", "a", "甲", None, "instance('x') + ${b}"], "默认值的算式不能用"),
        (["geoshape", "a", "甲"], "按文字填写"),
        (["osm tags", "a", "甲"], "按文件收取"),
        (["calculate", "a", "甲"], "没有算式"),
        (["select_one kinds", "a", "甲", None, None, "up = 1"], "没有“up”这一列"),
    ],
)
def test_what_differs_is_told_with_its_row(line: Sequence[Any], words: str) -> None:
    survey = rows(["integer", "b", "乙"], line)

    assert any("第 3 行" in each and words in each for each in told(survey).splitlines())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["select_one ${b}", "a", "甲"], "“b”不能作选项"),
        (["select_one ${c}", "a", "甲"], "字段“c”不存在"),
        (["select_one ${b} or_other", "a", "甲"], "没有选项列表"),
        (["rank ${b}", "a", "甲"], "不能来自填写的内容"),
        (["calculate", "a", "甲", "${b} + random()"], "随机数会随其他回答变化"),
        (["integer", "a", "甲", None, None, None, "random() > 0.5"], "只能由计算式抽取"),
        (["calculate", "a", "甲", "instance('x')"], "choice_filter"),
        (["calculate", "a", "甲", "length(${b})"], "没有函数“length”"),
        (["calculate", "a", "甲", "/data/b + 1"], "${"),
        (["begin loop", "a", "甲"], "end"),
    ],
)
def test_what_would_behave_otherwise_says_what_to_do(line: Sequence[Any], words: str) -> None:
    with pytest.raises(FormError) as refusal:
        imported(rows(["integer", "b", "乙"], line), LISTS)

    assert "第 3 行" in str(refusal.value)
    assert words in str(refusal.value)


def test_a_first_value_that_is_computed_comes_along_and_goes_back() -> None:
    lot, what = ["hidden", "lot", "", None, "once(random())"], ["text", "what", "事项", None, "办理(一次)"]
    survey = rows(["date", "day", "日期", None, "today()"], lot, what)

    form = imported(survey).definition

    found = fields(form)
    assert (found["day"].initial, found["lot"].initial) == ("today()", "once(random())")
    assert (found["what"].default, found["what"].initial) == ("办理(一次)", "")
    assert form_from_xlsform(form_to_xlsform(form), "again.xlsx").definition.fields == form.fields


def test_comments_and_notes_without_a_name_are_no_mistake() -> None:
    survey = rows(["", "", ""], ["note", "", "请如实填写"], ["text", "a", "甲"])

    assert [item.label for item in fields(imported(survey).definition).values()] == ["请如实填写", "甲"]


def test_a_question_of_another_language_is_asked_in_the_one_that_it_has() -> None:
    survey: Rows = [
        ["type", "name", "label::中文", "label::English"],
        ["text", "a", "甲", "A"],
        ["text", "b", None, "B"],
    ]

    assert [item.label for item in imported(survey).definition.fields] == ["甲", "B"]


def test_our_own_words_come_back_from_the_workbook() -> None:
    form = form_from_mapping(
        {
            "code": "ours",
            "name": "表",
            "fields": [
                {"type": "image", "name": "photo", "label": "照片"},
                {
                    "type": "integer", "name": "n", "label": "户数", "prefill": "last", "evidence": "photo",
                    "expected_min": "1", "expected_max": "90", "sensitivity": "personal", "mask": "all",
                },
                {
                    "type": "select_one", "name": "ban", "label": "无明火", "demand": "must",
                    "choices": [{"name": "yes", "label": "是"}, {"name": "no", "label": "否"}],
                },
                {"type": "select_one", "name": "village", "label": "村", "choices_from": "units:village:own"},
                {
                    "type": "begin_repeat", "name": "lines", "label": "明细",
                    "fields": [{"type": "integer", "name": "m", "label": "数", "total": True}],
                },
            ],
        }
    )  # fmt: skip

    content = form_to_xlsform(form)

    again = form_from_xlsform(content, "ours.xlsx")
    keys = ("prefill", "evidence", "demand", "sensitivity", "mask", "choices_from", "total", "expected_maximum")
    assert [[getattr(item, key) for key in keys] for _path, item in iter_fields(again.definition)] == [
        [getattr(item, key) for key in keys] for _path, item in iter_fields(form)
    ]
    assert again.remarks == ()
    assert convert(xlsform=io.BytesIO(content), file_type=".xlsx").xform.startswith("<?xml")


def test_choices_that_are_rows_come_from_other_programs_and_go_back_to_them() -> None:
    survey = rows(
        ["begin repeat", "member", "成员"],
        ["text", "who", "姓名"],
        ["end repeat"],
        ["select_one ${who}", "head", "户主"],
        ["select_multiple ${ who }", "present", "在场"],
    )

    form = imported(survey, LISTS).definition

    assert [fields(form)[name].choices_from for name in ("head", "present")] == ["repeat:who", "repeat:who"]
    content = form_to_xlsform(form)
    assert form_from_xlsform(content, "again.xlsx").definition == form


def test_other_programs_make_the_same_of_a_choice_among_rows() -> None:
    survey = rows(["begin repeat", "member", "成员"], ["text", "who", "姓名"], ["end repeat"])
    form = imported([*survey, ["select_one ${who}", "head", "户主"]], LISTS).definition

    xform = convert(xlsform=io.BytesIO(form_to_xlsform(form)), file_type=".xlsx").xform

    assert "/member[./who != '']\"" in xform


def test_a_moment_that_another_answer_triggers_is_that_of_its_first_answer() -> None:
    head = [*HEAD, "trigger"]
    at = ["calculate", "at", "", "now()", None, None, None, "${met}"]
    double = ["calculate", "twice", "", "${met} * 2", None, None, None, "${met}"]
    read = imported([head, ["integer", "met", "见到几人"], at, double])
    form = read.definition

    def kept(met: str, hour: int, before: dict[str, str]) -> dict[str, str]:
        now = NOW.replace(hour=hour)
        found = parse_answers(form, {"met": [met]}, now=now, is_draft=True, begun=Begun(before)).answers
        return {"at": found["at"] or ""}

    assert kept("", 9, {}) == {"at": ""}
    first = kept("3", 10, {"at": ""})
    assert first["at"].endswith("T10:00:00")
    assert kept("4", 11, first) == first
    assert ["第一次填写时定下" in str(each) or "重新计算" in str(each) for each in read.remarks] == [True, True]


def test_all_mistakes_are_told_at_once_each_with_its_cell() -> None:
    survey = rows(
        ["integer", "a", "甲"],
        ["select_one nothing", "b", "乙"],
        ["text", "the c", "丙"],
        ["integer", "d", "丁", None, None, None, "${a} >"],
        ["integer", "e", "戊", "${gone} + ${b}"],
        ["begin group", "1g", "组"],
        ["integer", "f", "己"],
        ["end group"],
    )

    with pytest.raises(FormError) as refusal:
        imported(survey, LISTS)

    told = mistakes_of(refusal.value)
    places = ["type（A3）", "name（B4）", "name（B7）", "relevant（G5）", "calculation（D6）"]
    assert len(told) == len(places)
    assert all(any(place in each for each in told) for place in places), told
    assert "没有选项列表“nothing”" in told[0]
    assert not any("“b”" in each for each in told), "what was mistaken before is no further mistake"


def test_one_mistake_is_told_as_it_is() -> None:
    with pytest.raises(FormError) as refusal:
        imported(rows(["integer", "a", "甲", None, None, None, "${gone} > 1"]))

    assert mistakes_of(refusal.value) == [str(refusal.value)]
    assert "survey 第 2 行 relevant（G2）：表达式里的字段“gone”不存在" in str(refusal.value)
