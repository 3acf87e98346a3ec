"""What people of a county do over and over: fill what is due, hand it in, decide."""

from __future__ import annotations

import re

from tests.browser_tests.person import Person


def hand_in(clerk: Person, *, photo: bool = False) -> None:
    """Fill what is due today, look at it once more, and send it."""
    form = clerk.page.locator("form").filter(has=clerk.page.get_by_role("button", name="核对并报送"))
    clerk.fill_form(form, photo=photo)
    clerk.press("核对并报送")
    send_checked(clerk)


def send_checked(clerk: Person) -> None:
    """Send what was looked at once more."""
    assert clerk.sees("确认报送"), clerk.text()
    clerk.press("确认报送")
    assert clerk.sees("已报送，等待审核"), clerk.text()


def open_due(clerk: Person, words: str) -> None:
    """From the list of what must be filled to the form with these words in its title."""
    clerk.go("/submissions")
    due = clerk.page.locator("a[href*='/submissions/fill/']")
    due.filter(has_text=words).first.click()
    clerk.page.wait_for_load_state()


def title_of(person: Person) -> str:
    """What the page is about."""
    return person.page.get_by_role("heading", level=1).inner_text().strip().splitlines()[0]


def decide_all(person: Person, words: str, *, press: str = "同意") -> int:
    """Decide for everything of this kind that waits for the person; return how much it was."""
    count = 0
    while True:
        person.go("/cases")
        waiting = person.page.locator("main").get_by_role("link", name=re.compile(words))
        if waiting.count() == 0:
            return count
        waiting.first.click()
        person.page.wait_for_load_state()
        person.press(press)
        count += 1
