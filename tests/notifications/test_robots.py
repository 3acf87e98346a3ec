"""Which addresses of group robots are accepted, and what is kept of them."""

from __future__ import annotations

import pytest

from saas.domain.emails import is_email, masked_email
from saas.domain.errors import DomainError
from saas.notifications.models import ChannelKind
from saas.notifications.robots import HOSTS, destination_from, read_destination
from tests.notifications.conftest import TOKEN

DINGTALK, WECOM, FEISHU = ChannelKind.DINGTALK, ChannelKind.WECOM, ChannelKind.FEISHU
KEY = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
SOUND = {
    DINGTALK: f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}",
    WECOM: f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
    FEISHU: f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}",
}


@pytest.mark.parametrize("kind", SOUND)
def test_the_whole_address_and_the_token_alone_mean_the_same(kind: ChannelKind) -> None:
    token = TOKEN if kind is DINGTALK else KEY

    assert read_destination(kind, f" {SOUND[kind]} ").token == token
    assert read_destination(kind, token).token == token


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://", "http://"),
        ("https://", "https://evil.example/?u=https://"),
        ("https://", "https://user:password@"),
        ("https://", "https://evil.example@"),
        ("https://", "https://evil.example#@"),
        ("https://", "https://evil.example\\@"),
        ("https://", "//"),
        ("https://", "file://"),
        ("https://", "gopher://"),
        ("https://", "https://127.0.0.1/"),
        ("https://", "https://[::1]/"),
        ("https://", "https:///"),
        ("https://", "https:/"),
        (".com/", ".com.evil.example/"),
        (".com/", ".com:8080/"),
        (".com/", ".com:99999/"),
        (".com/", ".com./"),
        (".cn/", ".cn.evil.example/"),
        (".cn/", ".cn:8080/"),
        ("robot/send", "robot/../send"),
        ("cgi-bin", "cgi-bin/../cgi-bin"),
        ("hook/", "hook/../"),
        ("?", "?x=1&"),
        ("?", "/?"),
        ("send?", "send?#"),
        (KEY, KEY + "#x"),
        (KEY, KEY + "\r\nHost: evil.example"),
        (KEY, KEY + "/extra/path"),
        (TOKEN, TOKEN + "&secret=1"),
        (TOKEN, TOKEN[:5]),
        (TOKEN, "令牌" + TOKEN),
    ],
)
def test_an_address_of_anybody_else_is_refused(kind: ChannelKind, old: str, new: str) -> None:
    if old not in SOUND[kind]:
        with pytest.raises(DomainError):  # the address of another service is nobody's of this one
            read_destination(kind, next(address for other, address in SOUND.items() if other is not kind))
        return

    with pytest.raises(DomainError) as refused:
        read_destination(kind, SOUND[kind].replace(old, new))

    assert refused.value.code == "bad_address"


def test_the_address_of_another_service_is_called_by_its_name() -> None:
    wecom = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}"

    for kind in (ChannelKind.DINGTALK, ChannelKind.FEISHU, ChannelKind.EMAIL):
        with pytest.raises(DomainError) as refused:
            read_destination(kind, wecom)
        assert str(refused.value) == "这是企业微信机器人的地址，与上面选的不一致"
    assert read_destination(ChannelKind.WECOM, wecom).token == TOKEN


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "a b", "@evil.example", "%2e%2e", "x" * 200, "令" * 20])
def test_a_token_is_letters_and_figures(token: str) -> None:
    for kind in SOUND:
        with pytest.raises(DomainError):
            read_destination(kind, token)


def test_only_dingtalk_has_a_signing_key() -> None:
    signing_key = "SEC" + "0123456789abcdef" * 4

    kept = read_destination(DINGTALK, TOKEN, signing_key)

    assert destination_from(kept.text) == kept
    with pytest.raises(DomainError, match="SEC"):
        read_destination(WECOM, KEY, signing_key)
    with pytest.raises(DomainError, match="SEC"):
        read_destination(DINGTALK, TOKEN, "no key")


def test_the_hint_cannot_be_used() -> None:
    assert read_destination(DINGTALK, TOKEN).hint == TOKEN[-4:]
    assert read_destination(ChannelKind.EMAIL, "tips@example.org").hint == "…@example.org"


@pytest.mark.parametrize("text", ["tips@example.org", "a.b+c@mail.example.com.cn"])
def test_plain_addresses_of_e_mail_are_taken(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    ["", "tips", "tips@", "@example.org", "a@b@c.org", "a@example.org\nBcc: x@y.org", "名 <a@b.org>", "a..b@c.org"],
)
def test_what_is_no_plain_address_is_not(text: str) -> None:
    assert not is_email(text)


def test_lists_do_not_show_whose_address_it_is() -> None:
    assert masked_email("tips@example.org") == "t***@example.org"
    assert masked_email("") == ""


def test_no_host_is_on_the_list_but_the_three_services() -> None:
    assert set(HOSTS.values()) == {"oapi.dingtalk.com", "qyapi.weixin.qq.com", "open.feishu.cn"}
