"""Form fields that every feature uses."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from wtforms import IntegerField

MAX_DIGITS = 18  # what a database column holds


class WholeNumberField(IntegerField):
    """A whole number. One with more digits than could be kept is refused beside the field, before any arithmetic."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist and len(str(valuelist[0]).strip()) > MAX_DIGITS:
            raise ValueError(gettext("数字过大"))
        super().process_formdata(valuelist)
