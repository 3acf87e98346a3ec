"""The commands of `./run`, what each needs before it can start, and the help page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Needs(IntEnum):
    """How much of the machine has to be set up first; each level includes the ones before it."""

    NOTHING = 0
    PACKAGES = 1
    DOCUMENTS = 2  # native libraries and fonts, so that PDFs can be made
    BROWSER = 3


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `./run`."""

    name: str
    usage: str
    summary: str
    needs: Needs


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "demo",
            "demo [--once] [--port N]",
            "two demonstration counties: load, drive the whole loop, serve (--once: do not serve)",
            Needs.DOCUMENTS,
        ),
        Command(
            "serve",
            "serve [--bind ADDRESS:PORT]",
            "engines, web, worker and reconciler, until stopped",
            Needs.DOCUMENTS,
        ),
        Command(
            "worker",
            "worker",
            "one more worker for the running stack, or for DATABASE_URL and REDIS_URL",
            Needs.DOCUMENTS,
        ),
        Command(
            "test",
            "test [--no-browser] [pytest arguments]",
            "all checks and tests; with arguments, those tests only",
            Needs.BROWSER,
        ),
        Command("check", "check", "format, lint, types, import contracts, templates; no tests", Needs.PACKAGES),
        Command("bench", "bench [arguments]", "measure against floors taken in the same run", Needs.DOCUMENTS),
        Command("stop", "stop", "stop what runs in this checkout, from any terminal", Needs.NOTHING),
        Command("reset", "reset [--yes]", "stop, then delete the data of this checkout", Needs.NOTHING),
        Command(
            "flask",
            "flask ...",
            "any command of the application, in its environment (try: flask --help)",
            Needs.DOCUMENTS,
        ),
        Command("help", "help", "this page", Needs.NOTHING),
    )
}


def help_page() -> str:
    """What `./run help` prints."""
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"  ./run {command.usage:<{width}}  {command.summary}" for command in COMMANDS.values()]
    return "\n".join(
        [
            "Jiceng: county plans, forms, assessments and official documents.",
            "",
            *lines,
            "",
            "Everything generated lies in var/ (JICENG_HOME moves it, JICENG_CACHE_DIR moves its downloads).",
            "With DATABASE_URL and REDIS_URL set, serve and worker use those servers and start no engine.",
        ]
    )


def needs_of(name: str, arguments: list[str]) -> Needs:
    """What the command needs with these arguments: without its browser tests `test` needs no browser."""
    needs = COMMANDS[name].needs
    return Needs.DOCUMENTS if needs is Needs.BROWSER and "--no-browser" in arguments else needs
