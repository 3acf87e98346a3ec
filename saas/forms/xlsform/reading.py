"""Reading an XLSForm workbook: the survey, its choices and settings, and a remark for what could not be taken over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from saas.domain.errors import FormError
from saas.domain.expressions import ExpressionError, compile_expression
from saas.domain.fields import CONTAINERS, FILES, SELECTS, FieldType, FormDefinition, form_from_mapping
from saas.domain.fields.model import FROM_REPEAT
from saas.domain.reading import CODE
from saas.forms.xlsform.choices import ChoiceLists, read_choices, with_columns_of
from saas.forms.xlsform.former import former_name, former_values, with_former_values
from saas.forms.xlsform.lookups import lookups, sources_in
from saas.forms.xlsform.mistakes import built, refuse
from saas.forms.xlsform.sheets import Line, Remark, read_sheets, truth
from saas.forms.xlsform.words import MOMENTS, OTHER, OURS, PLAIN, PREFIX, RECORDED, TRANSLATED, TYPES, UNUSED

_BEGIN = re.compile(r"begin[ _](group|repeat|loop)(?:\s.*)?$")
_END = re.compile(r"end[ _](group|repeat|loop)(?:\s.*)?$")
_SELECT = re.compile(r"(.+?)\s+(\$\{[^}]*\}|\S+?)(\s+or[ _]other|\s+or specify other)?$")
_PARAMETER = re.compile(r"(\w+)\s*=\s*([^\s,;]+)")
_NAME = re.compile(r"[^\W\d][\w-]{0,63}")
_REFERENCE = re.compile(r"\$\{\s*([^}]+?)\s*\}")
_EXPRESSION = re.compile(r"\$\{|\w\(")
_FLEETING = re.compile(r"\b(?:now|today|random|uuid)\s*\(")  # another value every time
_NAMELESS = re.compile(r"note$|begin[ _]group")  # XLSForm gives them names of its own
_LOOP = re.compile(r"begin[ _]loop\s+over\s+(\S+)", re.IGNORECASE)
_FROM_FILE = re.compile(r"from[ _]file\s", re.IGNORECASE)
_DIRECT = ("relevant", "constraint", "calculation", "choice_filter", "repeat_count")


@dataclass(frozen=True, slots=True)
class Imported:
    """A form that was read, and what of the workbook it does not have."""

    definition: FormDefinition
    remarks: tuple[Remark, ...]


def form_from_xlsform(content: bytes, name: str) -> Imported:
    """Read a workbook. Raise FormError, with sheet, row and advice, for what would make the form behave otherwise.

    SpreadsheetRefused is raised for a file that is no sound workbook.
    """
    sheets = read_sheets(content, name)
    known, beside = read_choices(sheets.choices, sheets.remarks), read_choices(sheets.external, sheets.remarks)
    lists = ChoiceLists(beside.by_name | known.by_name)
    lines, before = with_former_values(sheets.survey)
    reader = _Reader(lists, sheets.remarks, sheets.default_language, _referenced(lines))
    fields = reader.block(lines, 0, len(lines))
    if fields:
        fields = [*former_values(before), *fields, *lookups(lines, sources_in(fields), sheets.remarks)]
    if not fields:
        refuse(reader.mistakes)
        raise FormError("survey", "工作表 survey 里没有题目", code="empty_form", advice="每行写 type、name、label")
    mapping: dict[str, Any] = {
        "code": _code(sheets.settings.get("form_id") or sheets.settings.get("id_string") or name.rpartition(".")[0]),
        "name": sheets.settings.get("form_title") or sheets.settings.get("title") or name.rpartition(".")[0] or name,
        "fields": fields,
    }
    if sheets.default_language:
        mapping["default_language"] = sheets.default_language
    return Imported(built(mapping, reader.lines, reader.mistakes), tuple(sheets.remarks))


def _referenced(lines: Sequence[Line]) -> frozenset[str]:
    """The names that anything in the survey refers to."""
    return frozenset(name for line in lines for text in line.cells.values() for name in _REFERENCE.findall(text))


def _code(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:64]
    return plain if plain and CODE.fullmatch(plain) else "form_imported"


@dataclass(slots=True)
class _Reader:
    lists: ChoiceLists
    remarks: list[Remark]
    language: str
    referenced: frozenset[str]
    path: list[str] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)
    mistakes: list[FormError] = field(default_factory=list)
    repeats: int = 0  # how many repeats are open

    @property
    def is_repeated(self) -> bool:
        """Whether what is read now stands in a repeat."""
        return self.repeats > 0

    def block(self, lines: Sequence[Line], start: int, end: int) -> list[dict[str, Any]]:
        """The fields of some lines; what stands between `begin` and `end` becomes a group or a repeat."""
        fields: list[dict[str, Any]] = []
        place = start
        while place < end:
            line = lines[place]
            kind = line.get("type").lower()
            if not kind and not line.get("name") and not line.get("label"):
                place += 1  # a comment
                continue
            if truth(line.get("disabled")):
                place = self._closing(lines, place, end) + 1 if _BEGIN.match(kind) else place + 1
                continue
            if _END.match(kind):
                raise line.fail("type", "“{kind}”前面没有对应的 begin", kind=kind, advice="删去这一行，或补上 begin")
            if _BEGIN.match(kind):
                closing = self._closing(lines, place, end)
                fields += self.sound(line, partial(self.container, lines, place, closing))
                place = closing + 1
                continue
            fields += self.sound(line, partial(self.question, line, kind))
            place += 1
        return fields

    def sound(self, line: Line, read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """What was read of a line. A mistake is noted, and the name stays known to those that refer to it."""
        depth = len(self.path)
        try:
            return read()
        except FormError as error:
            self.mistakes.append(error)
            del self.path[depth:]
            name = line.get("name")
            return [{"type": FieldType.HIDDEN.value, "name": name, "label": name}] if _NAME.fullmatch(name) else []

    @staticmethod
    def _closing(lines: Sequence[Line], start: int, end: int) -> int:
        depth = 0
        for place in range(start, end):
            kind = lines[place].get("type").lower()
            depth += bool(_BEGIN.match(kind)) - bool(_END.match(kind))
            if depth == 0:
                return place
        raise lines[start].fail("type", "缺少对应的 end", advice="在这一组的最后加一行 end group 或 end repeat")

    def container(self, lines: Sequence[Line], start: int, closing: int) -> list[dict[str, Any]]:
        line = lines[start]
        kind = _BEGIN.match(line.get("type").lower())
        if kind is None or kind[1] == "loop":
            return self.loop(lines, start, closing)
        name = self.name(line)
        self.path.append(name)
        self.repeats += kind[1] == "repeat"
        inner = self.block(lines, start + 1, closing)
        self.repeats -= kind[1] == "repeat"
        self.path.pop()
        if not inner:
            self.remark(line, "type", f"空的分组“{name}”没有题目，已略去")
            return []
        word = FieldType.GROUP if kind[1] == "group" else FieldType.REPEAT
        mapping = {"type": word.value, "name": name, "label": line.get("label") or name, "fields": inner}
        return [mapping | self.common(line, word)]

    def loop(self, lines: Sequence[Line], start: int, closing: int) -> list[dict[str, Any]]:
        """The same questions for every choice of a list: a group for each, with its name and label in the texts."""
        line = lines[start]
        found = _LOOP.match(line.get("type"))
        if found is None:
            raise line.fail("type", "loop 没有写明列表", advice="写 begin loop over 列表名")
        name, groups = self.name(line), []
        self.path.append(name)
        for choice in self.lists.get(line, found[1]):
            self.path.append(choice["name"])
            inner = self.block(told := [each.about(choice) for each in lines[start + 1 : closing]], 0, len(told))
            self.path.pop()
            group = {"type": FieldType.GROUP.value, "name": choice["name"], "label": choice["label"], "fields": inner}
            groups += [group] if inner else []
        self.path.pop()
        mapping = {"type": FieldType.GROUP.value, "name": name, "label": line.get("label") or name, "fields": groups}
        return [mapping | self.common(line, FieldType.GROUP)] if groups else []

    def question(self, line: Line, kind: str) -> list[dict[str, Any]]:
        if kind.removeprefix("uri:") in RECORDED:
            return self.recorded(line, kind)
        word, list_name, has_other = self.type_of(line, kind)
        name = self.name(line)
        mapping: dict[str, Any] = {"type": word.value, "name": name, "label": line.get("label") or name}
        if not line.get("label") and word not in {FieldType.CALCULATE, FieldType.HIDDEN}:
            self.remark(line, "label", f"“{name}”没有写题目，用字段名代替")
        mapping |= self.common(line, word)
        if word is FieldType.RANK and "${" in list_name:
            raise line.fail("type", "排序题的选项不能来自填写的内容", advice="改用固定的选项列表")
        if word in SELECTS:
            mapping |= self.choosing(line, list_name, has_other=has_other)
        if word is FieldType.CALCULATE and "calculation" not in mapping:
            mapping["type"] = FieldType.HIDDEN.value
            self.remark(line, "calculation", "没有算式，按隐藏项保留")
        if "default" in mapping and not _is_answer(mapping):
            self.remark(line, "default", f"默认值“{mapping.pop('default')}”不是可填的答案，已略去")
        return [mapping, self.specify(mapping)] if has_other else [mapping]

    def recorded(self, line: Line, kind: str) -> list[dict[str, Any]]:
        """What a phone notes by itself: left out, unless something in the form refers to it."""
        if line.get("name") not in self.referenced:
            self.remark(line, "type", f"“{kind}”由系统自动记录，已略去")
            return []
        mapping = {"name": self.name(line), "label": line.get("label") or line.get("name")}
        if kind in MOMENTS:
            return [mapping | {"type": FieldType.CALCULATE.value, "calculation": MOMENTS[kind]}]
        self.remark(line, "type", f"“{kind}”由系统自动记录，引用它的地方为空")
        return [mapping | {"type": FieldType.HIDDEN.value}]

    def choosing(self, line: Line, list_name: str, *, has_other: bool) -> dict[str, Any]:
        """The choices of a question: of the workbook, or from where they are kept."""
        if line.get(PREFIX + "choices_from"):
            return {}
        shown = _REFERENCE.fullmatch(list_name)
        if shown is not None and not has_other:
            return {"choices_from": FROM_REPEAT + shown[1]}
        if _FROM_FILE.search(line.get("type")):
            code = re.sub(r"[^\w.-]", "_", list_name.rpartition(".")[0] or list_name)[:64]
            self.remark(line, "type", f"选项来自文件“{list_name}”：请建立编码为“{code}”的公用选项")
            return {"choices_from": f"list:{code}"}
        choices, missing = with_columns_of(self.lists.get(line, list_name), line.get("choice_filter"))
        for column in missing:
            text = f"选项表没有“{column}”这一列，按空值比较；如果是文字，请写成 '{column}'"
            self.remark(line, "choice_filter", text)
        if has_other and all(choice["name"] != OTHER for choice in choices):
            choices.append({"name": OTHER, "label": "其他"})
        return {"choices": choices}

    def specify(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """The text behind “other”, as XLSForm makes it."""
        name = f"{mapping['name']}_other"
        relevant = f"selected(${{{mapping['name']}}}, '{OTHER}')"
        return {"type": "text", "name": name, "label": "请注明其他", "relevant": relevant}

    def type_of(self, line: Line, kind: str) -> tuple[FieldType, str, bool]:
        kind = "osm" if kind.startswith("osm ") else kind
        if kind in TYPES and TYPES[kind] not in SELECTS:
            if kind in PLAIN:
                self.remark(line, "type", f"“{kind}”{PLAIN[kind]}")
            return TYPES[kind], "", False
        match = _SELECT.match(line.get("type").strip())
        word = match[1].lower() if match else kind
        if match is None or word not in TYPES or TYPES[word] not in SELECTS:
            advice = (
                "可用：text、integer、decimal、date、time、dateTime、select_one、select_multiple、rank、note、image 等"
            )
            raise line.fail("type", "不支持的类型“{kind}”", kind=kind[:40], advice=advice)
        return TYPES[word], match[2], bool(match[3])

    def name(self, line: Line) -> str:
        name = line.get("name")
        if not name and _NAMELESS.match(line.get("type").lower()):
            name = f"generated_{line.row}"
        if not name:
            raise line.fail("name", "缺少 name", advice="写一个字母开头的字段名")
        if not _NAME.fullmatch(name):
            raise line.fail("name", "字段名“{name}”不合规", name=name[:64], advice="以字母开头，用字母、数字、_ 和 -")
        self.lines[".".join([*self.path, name])] = line
        return name

    def common(self, line: Line, word: FieldType) -> dict[str, Any]:
        """The settings that the type takes; the others are remarked."""
        mapping: dict[str, Any] = {key: line.get(key) for key in ("hint", "appearance", *_DIRECT) if line.get(key)}
        mapping |= self.translations(line)
        if word not in CONTAINERS and word is not FieldType.NOTE:
            mapping |= self.answering(line)
        self.parameters(line, word, mapping)
        for key in OURS:
            text = line.get(PREFIX + key)
            if text:
                mapping[key] = _ours(key, text)
        if line.get(PREFIX + "constraint"):
            mapping["constraint"] = line.get(PREFIX + "constraint").removeprefix("none")
        return self.fitting(line, word, {key: value for key, value in mapping.items() if value != ""})

    def answering(self, line: Line) -> dict[str, Any]:
        mapping: dict[str, Any] = {
            key: line.get(key) for key in ("required_message", "constraint_message") if line.get(key)
        }
        required = line.get("required")
        if required and required.lower() not in {"no", "false", "false()", "0"}:
            mapping["required"] = True if truth(required) or required.lower() == "true()" else required
        if truth(line.get("read_only")) or line.get("read_only").lower() == "true()":
            mapping["read_only"] = True
        return mapping | self.beginning(line)

    def beginning(self, line: Line) -> dict[str, Any]:
        """The first value: a fixed one, the last report's, or one that is computed when the report is begun."""
        default = line.get("default")
        if not default or not _EXPRESSION.search(default):
            return {"default": default} if default else {}
        if _REFERENCE.fullmatch(default) and former_name(line.get("name")) in default and not self.is_repeated:
            return {"prefill": "last"}
        if line.get("calculation"):
            return {}  # it is computed in any case
        try:
            compile_expression(default)
        except ExpressionError as error:
            if "${" not in default and line.get("type").lower() in {"text", "string"}:
                return {"default": default}  # a text with a bracket
            self.remark(line, "default", f"默认值的算式不能用，已略去：{error}")
            return {}
        return {"calculation": f"once({default})"} if line.get("type").lower() == "calculate" else {"initial": default}

    def translations(self, line: Line) -> dict[str, Any]:
        found: dict[str, dict[str, str]] = {}
        for key in TRANSLATED:
            for language, text in line.languages(key).items():
                if text and language != self.language:
                    found.setdefault(language, {})[key] = text
        return {"translations": found} if found else {}

    def parameters(self, line: Line, word: FieldType, mapping: dict[str, Any]) -> None:
        found = {key.lower(): value for key, value in _PARAMETER.findall(line.get("parameters"))}
        if word is FieldType.RANGE:
            mapping["min"], mapping["max"] = found.pop("start", "1"), found.pop("end", "10")
            mapping["step"] = found.pop("step", "1")
        if found:
            self.remark(line, "parameters", f"参数 {'、'.join(found)} 未使用")

    def fitting(self, line: Line, word: FieldType, mapping: dict[str, Any]) -> dict[str, Any]:
        """Leave out what this type of field cannot have; say so where it would change how the form behaves."""
        unfit = _UNFIT.get(word, frozenset())
        for key in sorted(unfit & set(mapping)):
            del mapping[key]
            if key not in {"hint", "appearance", "read_only", "required"}:
                self.remark(line, key, f"这种类型的题目没有“{key}”，已略去")
        self.triggered(line, mapping)
        for key in UNUSED:
            if line.get(key):
                self.remark(line, key, f"“{key}”没有用到，已略去")
        if "search(" in line.get("appearance"):
            self.remark(line, "appearance", "选项原由手机从文件中查找，这里只有工作簿里写出的选项")
        return mapping

    def triggered(self, line: Line, mapping: dict[str, Any]) -> None:
        """What is computed when another question is answered: a moment or a lot is kept from its first answer on."""
        names, expression = _REFERENCE.findall(line.get("trigger")), mapping.get("calculation", "")
        if names and _FLEETING.search(expression):
            answered = " and ".join(f"${{{name}}} != ''" for name in names)
            mapping["calculation"] = f"if({answered}, once({expression}), '')"
            self.remark(line, "trigger", f"在“{'、'.join(names)}”第一次填写时定下，以后再改不重新计算")
        elif names and expression:
            self.remark(line, "trigger", "没有用到：这一项随所引用的回答重新计算")

    def remark(self, line: Line, column: str, text: str) -> None:
        self.remarks.append(Remark(line.sheet, line.row, column, text))


_ASKING = frozenset({"required", "required_message", "constraint", "constraint_message", "calculation", "read_only"})
_UNFIT: Mapping[FieldType, frozenset[str]] = {
    **dict.fromkeys(CONTAINERS, _ASKING | {"default", "initial", "choice_filter"}),
    FieldType.NOTE: _ASKING | {"default", "initial", "choice_filter", "repeat_count"},
    **dict.fromkeys(FILES, frozenset({"default", "initial", "choice_filter", "repeat_count"})),
    FieldType.RANK: frozenset({"default", "initial", "choice_filter", "repeat_count"}),
    **{
        kind: frozenset({"choice_filter", "repeat_count"})
        for kind in FieldType
        if kind not in SELECTS and kind not in CONTAINERS and kind not in FILES and kind is not FieldType.NOTE
    },
    FieldType.ACKNOWLEDGE: frozenset({"initial", "choice_filter", "repeat_count"}),
    FieldType.SELECT_ONE: frozenset({"repeat_count"}),
    FieldType.SELECT_MULTIPLE: frozenset({"repeat_count"}),
    FieldType.GROUP: _ASKING | {"default", "initial", "choice_filter", "repeat_count"},
}


def _is_answer(mapping: Mapping[str, Any]) -> bool:
    """Whether the default is one that could be typed."""
    keys = ("type", "name", "label", "default", "choices", "choices_from", "min", "max", "step")
    try:
        form_from_mapping({"code": "probe", "name": "probe", "fields": [{k: mapping[k] for k in keys if k in mapping}]})
    except FormError as error:
        return error.code != "bad_default"
    return True


def _ours(key: str, text: str) -> Any:
    if key in {"not_applicable", "total", "unique", "locked", "mark"}:
        return truth(text)
    if key in {"decimals", "max_length", "min_count", "max_count"}:
        return int(text) if text.isascii() and text.isdigit() else text
    return text
