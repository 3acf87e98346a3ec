"""Somebody in front of a browser. Things are found by what is written on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin

from playwright.sync_api import Browser, ConsoleMessage, ElementHandle, Error, Locator, Response

from tests.browser_tests.site import PASSWORD
from tests.files.samples import picture

SECONDS = 30_000  # milliseconds that a step may take on a busy machine
WATCH = """document.addEventListener('securitypolicyviolation',
  event => console.error('Content Security Policy: ' + event.violatedDirective + ' ' + event.blockedURI))"""


class Person:
    """One window: `problems` collects scripts that failed, breaches of the policy, and answers that are errors."""

    def __init__(self, browser: Browser, url: str, slug: str, *, width: int, scripts: bool) -> None:
        self._context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900},
            java_script_enabled=scripts,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        self._context.set_default_timeout(SECONDS)
        self._context.add_init_script(WATCH)
        self.root = f"{url}/{slug}"
        self.problems: list[str] = []
        self.page = self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._fail)
        self.page.on("response", self._look)

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.problems.append(f"{self.page.url}: {message.text}")

    def _fail(self, error: Error) -> None:
        self.problems.append(f"{self.page.url}: {error}")

    def _look(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} {response.url}")

    def leave(self) -> None:
        """Close the window."""
        self._context.close()

    def sign_in(self, login_name: str, password: str = PASSWORD) -> None:
        """Sign in as everybody does. A first password is changed at once, as the system asks."""
        self.go("/sign-in")
        self.page.get_by_label("账号").fill(login_name)
        self.page.get_by_label("密码").fill(password)
        self.press("登录")
        if password != PASSWORD:
            self.change_password(password)
        self.page.wait_for_url("**/home")

    def change_password(self, first: str) -> None:
        """Put an own password in the place of a first one."""
        present, *new = self.page.locator("input[type=password]").all()
        present.fill(first)
        for field in new:
            field.fill(PASSWORD)
        self.page.locator("main button").first.click()
        self.page.wait_for_load_state()
        assert "password" not in self.page.url, self.text()

    def fill(self, typed: Mapping[str, str]) -> None:
        """Fill the fields whose labels begin with these words."""
        for label, text in typed.items():
            self.page.locator("main").get_by_label(re.compile(f"^{label}")).last.fill(text)

    def upload_table(self, kind: str, *rows: str) -> None:
        """Bring a table in: upload it, look at what it would change, apply it."""
        self.go(f"/imports/{kind}")
        content = "\n".join(rows).encode()
        self.page.locator("input[type=file]").set_input_files(
            {"name": "表.csv", "mimeType": "text/csv", "buffer": content}
        )
        self.press("上传并核对")
        self.wait_for("全部应用")
        self.press("全部应用", exact=False)
        self.wait_for("已写入")

    def go(self, path: str) -> None:
        """Open a page of the county, or an address as it is."""
        self.page.goto(path if path.startswith("http") else self.root + path)

    def follow(self, words: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        """Click the first link with these words."""
        place = within or self.page.locator("body")
        place.get_by_role("link", name=words).first.click()
        self.page.wait_for_load_state()

    def press(self, words: str, *, exact: bool = True) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=words, exact=exact).first.click()
        self.page.wait_for_load_state()

    def unfold(self, words: str) -> None:
        """Open what is folded under these words."""
        self.page.locator("summary", has_text=words).first.click()

    def confirm(self, words: str, sure: str) -> None:
        """Unfold a decision that asks once more, and take it."""
        self.unfold(words)
        self.press(sure)

    def sees(self, words: str) -> bool:
        """Whether the words stand on the page."""
        return self.page.get_by_text(words).count() > 0

    def text(self) -> str:
        """Everything that can be read."""
        return self.page.locator("main").inner_text()

    def wait_for(self, words: str, *, seconds: int = 90) -> None:
        """Reload until the words stand on the page: background work takes its time."""
        for _ in range(seconds):
            if self.sees(words):
                return
            self.page.wait_for_timeout(1000)
            self.page.reload()
        raise AssertionError(f"{words!r} did not appear on {self.page.url}: {self.text()[:500]}")

    def decide(self, title: str, *, press: str = "同意", comment: str = "") -> None:
        """Open the case with this title from one's own list, and decide."""
        self.go("/cases")
        self.follow(re.compile(re.escape(title)))
        if comment:
            self.page.get_by_role("textbox").first.fill(comment)
        self.press(press)

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def fill_form(self, form: Locator, *, photo: bool = False) -> None:
        """Fill every empty field of a form with something that fits its kind."""
        for group in form.locator("fieldset:has(input[type=radio])").all():
            if group.locator("input[type=radio]:checked").count() == 0:
                group.locator("input[type=radio]").first.check(force=True)
        for field in form.locator("input, textarea, select").element_handles():  # a sent photo adds fields of its own
            self._fill(field, photo)

    def _fill(self, field: ElementHandle, photo: bool) -> None:
        kind = field.get_attribute("type") or ""
        if kind in {"hidden", "radio", "checkbox", "submit", "search"} or not field.is_visible():
            if kind == "file" and photo:
                self._attach(field)
            return
        if kind == "file":
            if photo:
                self._attach(field)
        elif field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(index=1)
        elif field.is_editable() and not field.input_value():
            field.fill(self._value(field, kind))

    @staticmethod
    def _attach(field: ElementHandle) -> None:
        field.set_input_files({"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(640, 480))})

    @staticmethod
    def _value(field: ElementHandle, kind: str) -> str:
        if kind == "date":
            return field.evaluate("() => new Date().toISOString().slice(0, 10)") or ""
        mode = field.get_attribute("inputmode") or ""
        if kind == "number" or mode in {"numeric", "decimal"}:
            return field.get_attribute("min") or "1"
        return "按计划推进"

    def fetch(self, words: str) -> bytes:
        """What a link leads to, with the cookies of this window: a browser without a viewer would show nothing."""
        link = self.page.get_by_role("link", name=words).first.get_attribute("href") or ""
        answer = self._context.request.get(urljoin(self.page.url, link))
        assert answer.ok, answer.status
        return answer.body()
