"""Addresses of e-mail, as far as they can be told from their letters."""

from __future__ import annotations

import re

MAX_LENGTH = 120
_PLAIN = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def is_email(text: str) -> bool:
    """Whether this is one plain e-mail address, without a name and without anything that a mail's head would read."""
    return len(text) <= MAX_LENGTH and ".." not in text and _PLAIN.fullmatch(text) is not None


def masked_email(text: str) -> str:
    """An address as lists show it: its first letter and where it is."""
    name, _, host = text.partition("@")
    return f"{name[:1]}***@{host}" if host else ""
