"""The way out: the only module that sends anything to somewhere else.

Group robots are written to through apprise, which knows how each service wants its messages. Its plug-ins send with
`requests.post`; here they send through a door instead, which calls the three services' own hosts and nothing else,
follows no redirect, and reads the answer: the services refuse with status 200 and a code in the body.
"""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from saas.config import MailServer
from saas.notifications.models import ChannelKind
from saas.notifications.robots import HOSTS, Destination

TIMEOUT = (4, 6)  # seconds to connect, and to wait for an answer
MAX_ANSWER = 16 * 1024  # bytes
MAX_TEXT = 1900  # bytes: WeCom takes 2,048, the others more
MAX_REASON = 200

# What the services call it when somebody sends too often: wait, it is nobody's mistake.
_TOO_OFTEN = {"45009", "130101", "410100", "11232", "9499"}
# A robot that was deleted, or whose safety settings refuse the message: trying again changes nothing.
_REASONS: Mapping[str, str] = {
    "93000": "机器人不存在或已被移除（93000）",
    "300001": "机器人不存在或已被移除（300001）",
    "310000": "被机器人的安全设置拒绝：请核对关键词“提醒”、加签密钥或 IP 名单（310000）",
    "19001": "机器人不存在或已被移除（19001）",
    "19002": "机器人不存在或已被移除（19002）",
    "19021": "被机器人的安全设置拒绝：请关闭签名校验，改用关键词“提醒”（19021）",
    "19022": "被机器人的安全设置拒绝：请核对 IP 名单（19022）",
    "19024": "被机器人的安全设置拒绝：请把关键词设为“提醒”（19024）",
}


class NotSent(Exception):  # noqa: N818  (reads as a sentence where it is raised)
    """A message did not go out. `is_final`: trying again changes nothing; `wait`: not sooner than that."""

    def __init__(self, reason: str, *, is_final: bool = False, wait: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.reason, self.is_final, self.wait = reason[:MAX_REASON], is_final, wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said, as the plug-ins read it."""

    status_code: int
    content: bytes

    @property
    def text(self) -> str:
        """The answer in letters."""
        return self.content.decode("utf-8", "replace")


# address, body, headers, parameters → answer. Tests put their own in its place.
Transport = Callable[[str, bytes, Mapping[str, str], Mapping[str, str] | None], Answer]


class Door:
    """Stands in for the module `requests` in the plug-ins: the same names, one way out."""

    def __init__(self, requests: Any) -> None:
        self.codes, self.RequestException = requests.codes, requests.RequestException
        self._requests = requests
        self.transport: Transport = self._send
        self.answers: list[Answer] = []

    def post(self, address: str, *, data: str | bytes, headers: Mapping[str, str], **options: Any) -> Answer:
        """Send to one of the three hosts, or raise NotSent."""
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.netloc not in HOSTS.values():
            raise NotSent("地址不在允许的范围内", is_final=True)
        body = data.encode() if isinstance(data, str) else data
        answer = self.transport(address, body, headers, options.get("params"))
        self.answers.append(answer)
        return answer

    def _send(self, address: str, body: bytes, headers: Mapping[str, str], params: Mapping[str, str] | None) -> Answer:
        proxy = current_app.config["JICENG"].outgoing_proxy
        with self._requests.Session() as session:
            session.trust_env = False  # no proxy and no password from the surroundings
            session.proxies = {"https": proxy} if proxy else {}
            with session.post(
                address,
                data=body,
                headers=dict(headers),
                params=params,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, response.raw.read(MAX_ANSWER, decode_content=True))


@cache
def door() -> Door:
    """The door, put into the plug-ins when something is first sent: the library takes half a second to load."""
    import requests
    from apprise.plugins import dingtalk, feishu, wecombot

    for name in ("apprise", "urllib3"):  # what they note in passing has the token in it
        logging.getLogger(name).setLevel(logging.WARNING)
    made = Door(requests)
    for plugin in (dingtalk, feishu, wecombot):
        plugin.requests = made  # type: ignore[attr-defined]
    return made


def send_to_robot(kind: ChannelKind, to: Destination, text: str) -> None:
    """Write a text into a group, or raise NotSent with the reason in words."""
    way = door()
    way.answers.clear()
    try:
        _robot(kind, to).send(shortened(text))
    except OSError as error:  # requests' own errors among them
        raise NotSent(f"网络不通：{type(error).__name__}") from error
    if not way.answers:
        raise NotSent("网络不通：连接不上服务器")
    _judge(way.answers[-1], to)


def _robot(kind: ChannelKind, to: Destination) -> Any:
    from apprise.plugins import dingtalk, feishu, wecombot

    plugins: Mapping[ChannelKind, Any] = {
        ChannelKind.DINGTALK: dingtalk.NotifyDingTalk,
        ChannelKind.WECOM: wecombot.NotifyWeComBot,
        ChannelKind.FEISHU: feishu.NotifyFeishu,
    }
    if kind is ChannelKind.DINGTALK:
        return plugins[kind](token=to.token, secret=to.signing_key or None)
    return plugins[kind](**{"key" if kind is ChannelKind.WECOM else "token": to.token})


def _judge(answer: Answer, to: Destination) -> None:
    """Status 200 says only that the service read it: whether it took it stands in the body."""
    try:
        said = json.loads(answer.text)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    code = str(said.get("errcode", said.get("code", said.get("StatusCode", ""))))
    if answer.status_code == 200 and code == "0":
        return
    if code in _TOO_OFTEN or answer.status_code == 429:
        raise NotSent(f"发送过于频繁，稍后再发（{code or answer.status_code}）", wait=timedelta(minutes=2))
    if code in _REASONS:
        raise NotSent(_REASONS[code], is_final=True)
    words = str(said.get("errmsg", said.get("msg", ""))).replace(to.token, "…")
    raise NotSent(f"服务器答复：{words or '没有说明'}（{code or answer.status_code}）")


def shortened(text: str) -> str:
    """The text within what every service takes, cut between characters."""
    if len(text.encode()) <= MAX_TEXT:
        return text
    return text.encode()[: MAX_TEXT - 3].decode("utf-8", "ignore") + "…"


def send_mail(to: str, subject: str, text: str) -> None:
    """Hand in one e-mail, or raise NotSent with the reason in words."""
    server: MailServer | None = current_app.config["JICENG"].mail
    if server is None:
        raise NotSent("平台未配置邮件服务器", is_final=True)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.sender, to, " ".join(subject.split())
    message["Date"], message["Message-ID"] = (
        formatdate(localtime=True),
        make_msgid(domain=server.sender.partition("@")[2]),
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="base64")
    try:
        with _connected(server) as connection:
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise NotSent("邮件服务器不接受这个收件地址", is_final=True) from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent("邮件服务器不接受平台的账号") from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"邮件服务器没有收下：{type(error).__name__}") from error


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    seconds = sum(TIMEOUT)
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=seconds)
    with connection:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
        yield connection
