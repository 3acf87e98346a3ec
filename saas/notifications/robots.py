"""Addresses of group robots (群机器人), and what is kept of them. Pure.

Only the three services' own addresses are taken apart, and only the token is kept: an address that somebody typed is
never called. What is called is built from the token by the library that knows the services.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from saas.domain.emails import is_email
from saas.domain.errors import DomainError
from saas.notifications.models import ChannelKind

HOSTS: Mapping[ChannelKind, str] = {
    ChannelKind.DINGTALK: "oapi.dingtalk.com",
    ChannelKind.WECOM: "qyapi.weixin.qq.com",
    ChannelKind.FEISHU: "open.feishu.cn",
}
SERVICES: Mapping[ChannelKind, str] = {
    ChannelKind.DINGTALK: "钉钉",
    ChannelKind.WECOM: "企业微信",
    ChannelKind.FEISHU: "飞书",
}
_QUERY: Mapping[ChannelKind, tuple[str, str]] = {
    ChannelKind.DINGTALK: ("/robot/send", "access_token"),
    ChannelKind.WECOM: ("/cgi-bin/webhook/send", "key"),
}
_FEISHU_PATH = "/open-apis/bot/v2/hook/"
_TOKENS: Mapping[ChannelKind, re.Pattern[str]] = {
    ChannelKind.DINGTALK: re.compile(r"[A-Za-z0-9]{16,128}"),
    ChannelKind.WECOM: re.compile(r"[A-Za-z0-9_-]{16,128}"),
    ChannelKind.FEISHU: re.compile(r"[A-Za-z0-9_-]{16,128}"),
}
_SIGNING_KEY = re.compile(r"SEC[A-Za-z0-9]{16,128}")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a channel's messages go: a robot's token, with DingTalk's signing key (加签) if any, or an e-mail."""

    token: str
    signing_key: str = ""

    @property
    def text(self) -> str:
        """As it is kept, before it is encrypted."""
        return f"{self.token} {self.signing_key}".strip()

    @property
    def hint(self) -> str:
        """Enough to tell robots apart, not enough to use one."""
        return self.token[-4:] if "@" not in self.token else f"…@{self.token.rpartition('@')[2]}"


def destination_from(text: str) -> Destination:
    """The destination as it was kept."""
    token, _, signing_key = text.partition(" ")
    return Destination(token, signing_key)


def read_destination(kind: ChannelKind, typed: str, signing_key: str = "") -> Destination:
    """Read what was pasted: a robot's whole address or its token alone, or an e-mail address.

    Raises DomainError `bad_address` unless it is an https address of this very service, `bad_signing_key`.
    """
    typed, signing_key = typed.strip(), signing_key.strip()
    _refuse_others(kind, typed)
    if kind is ChannelKind.EMAIL:
        return Destination(_email(typed))
    token = _token(kind, typed) if "/" in typed or ":" in typed else typed
    if _TOKENS[kind].fullmatch(token) is None:
        raise _bad_address(kind)
    if signing_key and (kind is not ChannelKind.DINGTALK or _SIGNING_KEY.fullmatch(signing_key) is None):
        raise DomainError("加签密钥以 SEC 开头，只有钉钉机器人才有", code="bad_signing_key")
    return Destination(token, signing_key)


def _email(typed: str) -> str:
    if not is_email(typed):
        raise DomainError("请填写一个电子邮箱地址", code="bad_address")
    return typed


def _token(kind: ChannelKind, typed: str) -> str:
    if not typed.isascii() or any(ord(char) <= 0x20 or char == "\\" for char in typed):
        raise _bad_address(kind)
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise _bad_address(kind) from None
    if parts.scheme != "https" or parts.netloc not in {HOSTS[kind], f"{HOSTS[kind]}:443"} or port not in {None, 443}:
        raise _bad_address(kind)
    if parts.fragment:
        raise _bad_address(kind)
    if kind is ChannelKind.FEISHU:
        return _feishu_token(parts.path, parts.query)
    path, name = _QUERY[kind]
    given = parse_qsl(parts.query)
    if parts.path != path or [key for key, _value in given] != [name]:
        raise _bad_address(kind)
    return given[0][1]


def _feishu_token(path: str, query: str) -> str:
    if query or not path.startswith(_FEISHU_PATH):
        raise _bad_address(ChannelKind.FEISHU)
    return path.removeprefix(_FEISHU_PATH).removesuffix("/")


def _refuse_others(kind: ChannelKind, typed: str) -> None:
    """Say so if a robot's address was pasted that belongs to another service than the chosen one."""
    for other, host in HOSTS.items():
        if other is not kind and f"//{host}/" in typed:
            raise DomainError(
                "这是{service}机器人的地址，与上面选的不一致", code="bad_address", service=SERVICES[other]
            )


def _bad_address(kind: ChannelKind) -> DomainError:
    return DomainError(
        "请粘贴机器人的完整 Webhook 地址（https://{host}/…）或其中的令牌", code="bad_address", host=HOSTS[kind]
    )
