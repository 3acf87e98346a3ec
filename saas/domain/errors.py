"""What the rules of the business say when they refuse, and how a refusal is worded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence for a person: a stable code, Chinese text with {placeholders}, and what fills them.

    The domain cannot translate. A caller translates `text` (it is the translation key) and fills in `params`;
    `str()` gives the Chinese sentence.
    """

    code: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.params)


def message(code: str, text: str, /, **params: Any) -> Message:
    """Return a Message with its parameters given by name."""
    return Message(code, text, params)


class DomainError(Exception):
    """A rule of the business says no. `code` is stable and names the kind; `message` is for a person."""

    code = "domain_error"

    def __init__(self, text: str, /, *, code: str | None = None, **params: Any) -> None:
        """Take Chinese text with {placeholders}; `code` overrides the class's own."""
        self.code = code or type(self).code
        self.message = Message(self.code, text, params)
        super().__init__(str(self.message))


class Incomplete(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """What is to be handed in lacks an answer, or has a wrong one."""

    code = "incomplete"


class InvalidTransition(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """The action is not possible in the present state (当前状态不允许)."""

    code = "invalid_transition"


class NotAllowed(DomainError):  # noqa: N818  (as above)
    """This person may not take this action on this subject, whatever the state (不得由本人办理)."""

    code = "not_allowed"


class FormatError(DomainError):
    """A definition (form, route, window, target, cohort) is not well formed.

    `path` says where in the definition, `advice` what to write instead.
    """

    code = "bad_definition"

    def __init__(self, path: str, text: str, /, *, advice: str = "", code: str | None = None, **params: Any) -> None:
        super().__init__(text, code=code, **params)
        self.path = path
        self.advice = advice

    def __str__(self) -> str:
        where = f"{self.path}：" if self.path else ""
        advice = f"（{self.advice}）" if self.advice else ""
        return f"{where}{self.message}{advice}"


class FormError(FormatError):
    """A form definition (表单定义) is not well formed."""

    code = "bad_form"


class HierarchyError(DomainError):
    """A placement would break the tree (机构隶属关系): a cycle, two parents, overlapping dates."""

    code = "bad_hierarchy"


class NumberingError(DomainError):
    """A document number (发文字号) cannot be given or read."""

    code = "bad_number"


class NotFixed(DomainError):  # noqa: N818  (as above)
    """A figure or date that the rule needs has not been set (待定), so nothing may be computed from it."""

    code = "not_fixed"
