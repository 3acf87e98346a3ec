"""What a workbook asks of the report before (`${last-saved#name}`): a hidden question that is pre-filled from there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from saas.forms.xlsform.sheets import Line

_FORMER = re.compile(r"\$\{\s*last-saved#([^}\s]+)\s*\}")


def former_name(name: str) -> str:
    """The name of the hidden question that carries the former answer of a question."""
    return f"last_saved_{name}"


def with_former_values(lines: Sequence[Line]) -> tuple[list[Line], list[str]]:
    """The lines with references to hidden questions instead; and the questions whose former answers are asked."""
    names = {name for line in lines for text in line.cells.values() for name in _FORMER.findall(text)}
    return [replace(line, cells={key: _renamed(text) for key, text in line.cells.items()}) for line in lines], sorted(
        names
    )


def _renamed(text: str) -> str:
    return _FORMER.sub(lambda found: "${" + former_name(found[1]) + "}", text)


def former_values(names: Iterable[str]) -> list[dict[str, Any]]:
    """The hidden questions."""
    return [
        {"type": "hidden", "name": former_name(name), "label": former_name(name), "prefill": f"last:{name}"}
        for name in names
    ]
