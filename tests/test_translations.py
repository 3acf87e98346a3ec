"""Every text of the interface can be translated: the extraction reads all sources and finds the words of each page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask import Flask
from flask_babel import force_locale, get_locale

from saas.config import ROOT


def test_the_words_of_pages_and_messages_are_found(tmp_path: Path) -> None:
    catalogue = tmp_path / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml"]
    subprocess.run([*command, "-k", "_l", "-k", "N_", "-o", str(catalogue), "."], cwd=ROOT, check=True)

    found = catalogue.read_text(encoding="utf-8")
    for words in ("登录", "请写明退回原因", "今天没有要办的事", "已签批", "不适用"):
        assert f'msgid "{words}"' in found, words


def test_the_language_can_be_switched(app: Flask) -> None:
    with app.test_request_context():
        assert str(get_locale()) == "zh_Hans_CN"
        with force_locale("en"):
            assert str(get_locale()) == "en"
