"""What goes over the wire, and what is made of the answers. A server of our own stands in for the mail's."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import pytest
from flask import Flask

from saas.config import Config, MailServer
from saas.notifications import gateway
from saas.notifications.gateway import Answer, NotSent, send_mail, send_to_robot
from saas.notifications.models import ChannelKind
from saas.notifications.robots import Destination
from tests.notifications.conftest import TOKEN, Service

KEY = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


@pytest.mark.parametrize(
    ("kind", "token", "address"),
    [
        (ChannelKind.DINGTALK, TOKEN, f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"),
        (ChannelKind.WECOM, KEY, f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"),
        (ChannelKind.FEISHU, KEY, f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}/"),
    ],
)
def test_a_robot_is_sent_a_plain_text(kind: ChannelKind, token: str, address: str, service: Service) -> None:
    send_to_robot(kind, Destination(token), "【青山县】填报提醒\n3个单位未报")

    ((called, body, params),) = service.calls
    assert called == address
    assert "3个单位未报" in service.texts[0]
    assert body.get("msgtype", body.get("msg_type")) == "text"
    assert params is None


def test_a_signed_robot_is_sent_the_signature_but_not_the_key(service: Service) -> None:
    signing_key = "SEC" + "0123456789abcdef" * 4

    send_to_robot(ChannelKind.DINGTALK, Destination(TOKEN, signing_key), "提醒")

    ((called, body, params),) = service.calls
    assert params is not None
    assert set(params) == {"timestamp", "sign"}
    assert signing_key not in called + str(body) + str(params)


@pytest.mark.parametrize(
    ("answer", "is_final", "waits", "word"),
    [
        ({"errcode": 300001, "errmsg": "token is not exist"}, True, False, "已被移除"),
        ({"errcode": 310000, "errmsg": "keywords not in content"}, True, False, "关键词"),
        ({"errcode": 130101, "errmsg": "send too fast"}, False, True, "过于频繁"),
        ({"errcode": 93000, "errmsg": "invalid webhook url"}, True, False, "已被移除"),
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, False, True, "过于频繁"),
        ({"code": 19024, "msg": "Key Words Not Found"}, True, False, "关键词"),
        ({"code": 19022, "msg": "Ip Not Allowed"}, True, False, "IP"),
        ({"errcode": 41, "errmsg": f"something about {TOKEN}"}, False, False, "something about …"),
        ("not an object", False, False, "没有说明"),
    ],
)
def test_a_refusal_with_status_200_is_a_refusal(
    answer: object, is_final: bool, waits: bool, word: str, service: Service
) -> None:
    service.say(answer)

    with pytest.raises(NotSent) as failed:
        send_to_robot(ChannelKind.DINGTALK, Destination(TOKEN), "提醒")

    assert failed.value.is_final is is_final
    assert bool(failed.value.wait) is waits
    assert word in failed.value.reason
    assert TOKEN not in failed.value.reason


def test_a_redirect_is_not_followed_but_refused(service: Service) -> None:
    service.answers.append(Answer(302, b""))

    with pytest.raises(NotSent, match="302"):
        send_to_robot(ChannelKind.WECOM, Destination(KEY), "提醒")

    assert len(service.calls) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/robot/send",
        "http://oapi.dingtalk.com/robot/send",
        "https://oapi.dingtalk.com:8443/robot/send",
        "https://oapi.dingtalk.com@evil.example/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_the_door_calls_nobody_outside_the_list(address: str, service: Service) -> None:
    with pytest.raises(NotSent, match="允许"):
        gateway.door().post(address, data="{}", headers={})

    assert service.calls == []


def test_the_plug_ins_know_no_other_way_out() -> None:
    door = gateway.door()

    plugins = [import_module(f"apprise.plugins.{name}") for name in ("dingtalk", "feishu", "wecombot")]
    assert [plugin.requests for plugin in plugins] == [door] * 3


def test_a_service_that_cannot_be_reached_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def fail(*_args: object) -> Answer:
        raise requests.ConnectionError(f"no route to https://oapi.dingtalk.com/robot/send?access_token={TOKEN}")

    monkeypatch.setattr(gateway.door(), "transport", fail)

    with pytest.raises(NotSent, match="网络不通") as failed:
        send_to_robot(ChannelKind.DINGTALK, Destination(TOKEN), "提醒")

    assert not failed.value.is_final
    assert TOKEN not in failed.value.reason


def test_a_long_text_is_cut_between_characters(service: Service) -> None:
    send_to_robot(ChannelKind.WECOM, Destination(KEY), "提醒" * 1000)

    (_address, body, _params) = service.calls[0]
    text = body["text"]["content"]
    assert len(text.encode()) <= 2048
    assert text.endswith("…")


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as one message needs."""

    def handle(self) -> None:
        taken: list[str] = []
        self.wfile.write(b"220 ready\r\n")
        in_text = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if in_text:
                in_text = line != "."
                taken.append(line)
                if not in_text:
                    self.server.mail.append("\n".join(taken))  # type: ignore[attr-defined]
                    self.wfile.write(b"250 taken\r\n")
            elif line.upper().startswith("QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            elif line.upper() == "DATA":
                in_text = True
                self.wfile.write(b"354 go on\r\n")
            elif "nobody@" in line:
                self.wfile.write(b"550 no such person\r\n")
            else:
                taken.append(line)
                self.wfile.write(b"250 ok\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mailbox)
        self.mail: list[str] = []


@pytest.fixture
def mailbox(app: Flask) -> Iterator[_Server]:
    before: Config = app.config["JICENG"]
    with _Server() as server, app.app_context():
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        app.config["JICENG"] = replace(before, mail=MailServer("127.0.0.1", port, "none", "", "", "notice@example.org"))
        try:
            yield server
        finally:
            app.config["JICENG"] = before
            server.shutdown()


def test_an_e_mail_arrives(mailbox: _Server) -> None:
    send_mail("clerk@example.org", "【青山县】填报提醒", "还有3天截止")

    (mail,) = mailbox.mail
    assert "rcpt TO:<clerk@example.org>" in mail
    assert "From: notice@example.org" in mail
    assert "Auto-Submitted: auto-generated" in mail


def test_a_subject_with_a_line_break_brings_no_second_head(mailbox: _Server) -> None:
    send_mail("clerk@example.org", "提醒\r\nBcc: other@example.org", "正文")

    (mail,) = mailbox.mail
    assert "\nBcc:" not in mail


def test_an_address_that_the_server_refuses_is_not_tried_again(mailbox: _Server) -> None:
    with pytest.raises(NotSent) as failed:
        send_mail("nobody@example.org", "提醒", "正文")

    assert failed.value.is_final


def test_without_a_server_no_e_mail_is_sent(app: Flask) -> None:
    with app.app_context(), pytest.raises(NotSent, match="未配置"):
        send_mail("clerk@example.org", "提醒", "正文")
