"""Reading an XLSForm workbook: the survey, its choices and settings, and a remark for what could not be taken over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saas.domain.errors import FormError
from saas.domain.fields import CONTAINERS, FILES, SELECTS, FieldType, FormDefinition, form_from_mapping
from saas.domain.reading import CODE
from saas.forms.xlsform.choices import ChoiceLists, read_choices
from saas.forms.xlsform.sheets import Line, Remark, read_sheets, truth
from saas.forms.xlsform.words import OTHER, OURS, PREFIX, RECORDED, TRANSLATED, TYPES

_BEGIN = re.compile(r"begin[ _](group|repeat|loop)(?:\s.*)?$")
_END = re.compile(r"end[ _](group|repeat|loop)(?:\s.*)?$")
_SELECT = re.compile(r"(.+?)\s+(\S+?)(\s+or[ _]other|\s+or specify other)?$")
_PARAMETER = re.compile(r"(\w+)\s*=\s*([^\s,;]+)")
_NAME = re.compile(r"[^\W\d][\w-]{0,63}")
_EXPRESSION = re.compile(r"\$\{|\w\(")
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
    reader = _Reader(read_choices(sheets.choices, sheets.remarks), sheets.remarks, sheets.default_language)
    fields = reader.block(iter_lines := list(sheets.survey), 0, len(iter_lines))
    if not fields:
        raise FormError("survey", "工作表 survey 里没有题目", code="empty_form", advice="每行写 type、name、label")
    mapping: dict[str, Any] = {
        "code": _code(sheets.settings.get("form_id") or sheets.settings.get("id_string") or name.rpartition(".")[0]),
        "name": sheets.settings.get("form_title") or sheets.settings.get("title") or name.rpartition(".")[0] or name,
        "fields": fields,
    }
    if sheets.default_language:
        mapping["default_language"] = sheets.default_language
    return Imported(_built(mapping, reader.rows), tuple(sheets.remarks))


def _built(mapping: dict[str, Any], rows: Mapping[str, int]) -> FormDefinition:
    """The form; a mistake is told with the row of the workbook, if it is known."""
    try:
        return form_from_mapping(mapping)
    except FormError as error:
        path = re.sub(r"\.[a-z_]+$", "", error.path)
        row = rows.get(path) or rows.get(_named(mapping, path))
        if row is None:
            raise
        raise FormError(
            f"survey 第 {row} 行", "{reason}", code=error.code, reason=str(error.message), advice=error.advice
        ) from None


def _named(mapping: Mapping[str, Any], path: str) -> str:
    """`fields[2].fields[0].min` as the names of the fields."""
    here: Any = mapping
    names = []
    for number in re.findall(r"fields\[(\d+)\]", path):
        here = here["fields"][int(number)]
        names.append(here["name"])
    return ".".join(names)


def _code(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:64]
    return plain if plain and CODE.fullmatch(plain) else "form_imported"


@dataclass(slots=True)
class _Reader:
    lists: ChoiceLists
    remarks: list[Remark]
    language: str
    path: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def block(self, lines: Sequence[Line], start: int, end: int) -> list[dict[str, Any]]:
        """The fields of some lines; what stands between `begin` and `end` becomes a group or a repeat."""
        fields: list[dict[str, Any]] = []
        place = start
        while place < end:
            line = lines[place]
            kind = line.get("type").lower()
            if truth(line.get("disabled")):
                place = self._closing(lines, place, end) + 1 if _BEGIN.match(kind) else place + 1
                continue
            if _END.match(kind):
                raise line.fail("type", "“{kind}”前面没有对应的 begin", kind=kind, advice="删去这一行，或补上 begin")
            if _BEGIN.match(kind):
                closing = self._closing(lines, place, end)
                fields += self.container(lines, place, closing)
                place = closing + 1
                continue
            fields += self.question(line, kind)
            place += 1
        return fields

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
            raise line.fail("type", "暂不支持 loop", advice="改用 begin repeat")
        name = self.name(line)
        self.path.append(name)
        inner = self.block(lines, start + 1, closing)
        self.path.pop()
        if not inner:
            self.remark(line, "type", f"空的分组“{name}”没有题目，已略去")
            return []
        word = FieldType.GROUP if kind[1] == "group" else FieldType.REPEAT
        mapping = {"type": word.value, "name": name, "label": line.get("label") or name, "fields": inner}
        return [mapping | self.common(line, word)]

    def question(self, line: Line, kind: str) -> list[dict[str, Any]]:
        if kind in RECORDED:
            self.remark(line, "type", f"“{kind}”由系统自动记录，已略去")
            return []
        word, list_name, has_other = self.type_of(line, kind)
        name = self.name(line)
        mapping: dict[str, Any] = {"type": word.value, "name": name, "label": line.get("label") or name}
        if not line.get("label") and word not in {FieldType.CALCULATE, FieldType.HIDDEN}:
            self.remark(line, "label", f"“{name}”没有写题目，用字段名代替")
        mapping |= self.common(line, word)
        if word in SELECTS:
            choices = list(self.lists.get(line, list_name))
            if has_other and all(choice["name"] != OTHER for choice in choices):
                choices.append({"name": OTHER, "label": "其他"})
            mapping["choices"] = choices
        fields = [mapping]
        if has_other:
            fields.append(self.specify(mapping))
        return fields

    def specify(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """The text behind “other”, as XLSForm makes it."""
        name = f"{mapping['name']}_other"
        self.rows[".".join([*self.path, name])] = 0
        relevant = f"selected(${{{mapping['name']}}}, '{OTHER}')"
        return {"type": "text", "name": name, "label": "请注明其他", "relevant": relevant}

    def type_of(self, line: Line, kind: str) -> tuple[FieldType, str, bool]:
        if kind in TYPES and TYPES[kind] not in SELECTS:
            if kind in {"audio", "video"}:
                self.remark(line, "type", f"“{kind}”按文件收取")
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
        if not name:
            raise line.fail("name", "缺少 name", advice="写一个字母开头的字段名")
        if not _NAME.fullmatch(name):
            raise line.fail("name", "字段名“{name}”不合规", name=name[:64], advice="以字母开头，用字母、数字、_ 和 -")
        self.rows[".".join([*self.path, name])] = line.row
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
        default = line.get("default")
        if default and _EXPRESSION.search(default):
            self.remark(line, "default", "默认值是表达式，暂不支持，已略去；固定的默认值可以保留")
        elif default:
            mapping["default"] = default
        return mapping

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
        for key in ("guidance_hint", "media", "image", "audio", "video"):
            if line.get(key):
                self.remark(line, key, f"“{key}”不显示，已略去")
        return mapping

    def remark(self, line: Line, column: str, text: str) -> None:
        self.remarks.append(Remark(line.sheet, line.row, column, text))


_ASKING = frozenset({"required", "required_message", "constraint", "constraint_message", "calculation", "read_only"})
_UNFIT: Mapping[FieldType, frozenset[str]] = {
    **dict.fromkeys(CONTAINERS, _ASKING | {"default", "choice_filter"}),
    FieldType.NOTE: _ASKING | {"default", "choice_filter", "repeat_count"},
    **dict.fromkeys(FILES, frozenset({"default", "choice_filter", "repeat_count"})),
    FieldType.RANK: frozenset({"default", "choice_filter", "repeat_count"}),
    **{
        kind: frozenset({"choice_filter", "repeat_count"})
        for kind in FieldType
        if kind not in SELECTS and kind not in CONTAINERS and kind not in FILES and kind is not FieldType.NOTE
    },
    FieldType.SELECT_ONE: frozenset({"repeat_count"}),
    FieldType.SELECT_MULTIPLE: frozenset({"repeat_count"}),
    FieldType.GROUP: _ASKING | {"default", "choice_filter", "repeat_count"},
}


def _ours(key: str, text: str) -> Any:
    if key == "not_applicable":
        return truth(text)
    if key in {"decimals", "max_length", "min_count", "max_count"}:
        return int(text) if text.isascii() and text.isdigit() else text
    return text
