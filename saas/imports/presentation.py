"""How imports are worded on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.imports.handlers import RowState
from saas.imports.models import ImportStatus

# Words, tone and icon of the component `tag`.
STATUS_TAGS: Mapping[ImportStatus, tuple[object, str, str]] = {
    ImportStatus.DRAFT: (_l("选择中"), "neutral", "pencil"),
    ImportStatus.CHECKING: (_l("核对中"), "info", "half"),
    ImportStatus.CHECKED: (_l("待确认"), "warning", "circle"),
    ImportStatus.APPLYING: (_l("写入中"), "info", "half"),
    ImportStatus.APPLIED: (_l("已写入"), "success", "check"),
    ImportStatus.REFUSED: (_l("文件不能用"), "danger", "alert"),
    ImportStatus.DISCARDED: (_l("已放弃"), "neutral", "dash"),
}
STATE_LABELS: Mapping[RowState, object] = {
    RowState.NEW: _l("新增"),
    RowState.CHANGED: _l("修改"),
    RowState.SAME: _l("不变"),
    RowState.BAD: _l("有错误"),
}


def in_words(stored: Mapping[str, Any]) -> str:
    """A message that was kept in the details, in the reader's language."""
    return str(gettext(stored["text"])).format(**stored["params"])
