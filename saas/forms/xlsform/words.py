"""The words of XLSForm that both directions share: types, columns, and ours that XLSForm has no word for."""

from __future__ import annotations

from collections.abc import Mapping

from saas.domain.fields import FieldType

TYPES: Mapping[str, FieldType] = {
    "text": FieldType.TEXT, "string": FieldType.TEXT, "barcode": FieldType.TEXT, "integer": FieldType.INTEGER,
    "int": FieldType.INTEGER, "decimal": FieldType.DECIMAL, "date": FieldType.DATE, "time": FieldType.TIME,
    "datetime": FieldType.DATETIME, "range": FieldType.RANGE, "geopoint": FieldType.GEOPOINT,
    "acknowledge": FieldType.ACKNOWLEDGE, "trigger": FieldType.ACKNOWLEDGE, "image": FieldType.IMAGE,
    "photo": FieldType.IMAGE, "file": FieldType.FILE, "audio": FieldType.FILE, "video": FieldType.FILE,
    "calculate": FieldType.CALCULATE, "hidden": FieldType.HIDDEN, "note": FieldType.NOTE,
    "select_one": FieldType.SELECT_ONE, "select_multiple": FieldType.SELECT_MULTIPLE, "rank": FieldType.RANK,
    "select one": FieldType.SELECT_ONE, "select1": FieldType.SELECT_ONE, "select multiple": FieldType.SELECT_MULTIPLE,
    "select all that apply": FieldType.SELECT_MULTIPLE, "select all that apply from": FieldType.SELECT_MULTIPLE,
    "select one from": FieldType.SELECT_ONE, "add select one prompt using": FieldType.SELECT_ONE,
    "add select multiple prompt using": FieldType.SELECT_MULTIPLE, "add integer prompt": FieldType.INTEGER,
    "add text prompt": FieldType.TEXT, "add decimal prompt": FieldType.DECIMAL, "add date prompt": FieldType.DATE,
    "add note prompt": FieldType.NOTE, "photo prompt": FieldType.IMAGE, "location": FieldType.GEOPOINT,
    "select_one_external": FieldType.SELECT_ONE, "select_one_from_file": FieldType.SELECT_ONE,
    "select_multiple_from_file": FieldType.SELECT_MULTIPLE, "select one from file": FieldType.SELECT_ONE,
    "select multiple from file": FieldType.SELECT_MULTIPLE, "gps": FieldType.GEOPOINT,
    "geotrace": FieldType.TEXT, "geoshape": FieldType.TEXT, "osm": FieldType.FILE,
    "phone number": FieldType.TEXT, "number of days in last month": FieldType.INTEGER,
}  # fmt: skip
"""XLSForm's types, with the older spellings that it still takes, in lower case."""

PLAIN: Mapping[str, str] = {
    "audio": "按文件收取", "video": "按文件收取", "osm": "按文件收取",
    "geotrace": "按文字填写", "geoshape": "按文字填写",
}  # fmt: skip
"""Types that are taken over in a plainer way, and how."""

RECORDED = frozenset({
    "start", "end", "today", "deviceid", "device id", "subscriberid", "simserial", "phonenumber", "username", "email",
    "audit", "start-geopoint", "background-audio", "background-geopoint", "xml-external", "csv-external", "imei",
})  # fmt: skip
"""What a phone would note by itself: our server knows who filled what and when."""

MOMENTS: Mapping[str, str] = {"start": "once(now())", "end": "now()", "today": "once(today())"}
"""Those of them that an expression may need, and how they are computed here."""

UNUSED = ("save_to", "guidance_hint", "media", "image", "big-image", "audio", "video")
"""Columns that mean something to other programs and nothing here."""

COLUMNS: Mapping[str, str] = {
    "type": "type", "command": "type", "name": "name", "value": "name", "label": "label", "caption": "label",
    "hint": "hint", "guidance_hint": "guidance_hint", "required": "required", "required_message": "required_message",
    "relevant": "relevant", "relevance": "relevant", "skippattern": "relevant", "constraint": "constraint",
    "constraint_message": "constraint_message", "constraint-msg": "constraint_message", "calculation": "calculation",
    "calculate": "calculation", "default": "default", "read_only": "read_only", "readonly": "read_only",
    "appearance": "appearance", "choice_filter": "choice_filter", "repeat_count": "repeat_count",
    "count": "repeat_count", "parameters": "parameters", "disabled": "disabled", "bind:relevant": "relevant",
    "bind:constraint": "constraint", "bind:required": "required", "bind:calculate": "calculation",
    "bind:readonly": "read_only", "bind:jr:constraintmsg": "constraint_message", "jr:count": "repeat_count",
    "control:appearance": "appearance", "body:appearance": "appearance",
}  # fmt: skip
OURS = (
    "measure", "min", "max", "decimals", "max_length", "not_applicable", "min_count", "max_count", "prefill",
    "evidence", "demand", "sensitivity", "mask", "expected_min", "expected_max", "total", "unique", "choices_from",
    "locked", "mark",
)  # fmt: skip
PREFIX = "jiceng_"
"""Columns of ours stand behind this prefix: ODK and KoboToolbox pass over columns that they do not know."""

TRANSLATED = ("label", "hint", "required_message", "constraint_message")
OTHER = "other"
