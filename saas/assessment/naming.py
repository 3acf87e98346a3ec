"""What schemes, rounds and bulletins are called."""

from __future__ import annotations

from dataclasses import dataclass

_ENDINGS = ("实施办法", "办法", "方案", "细则")
_CADENCES = ("月度", "季度", "年度", "半年")
_WORDS = ("考核", "评估", "考评", "评价")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a scheme is about: its topic (农村环境卫生) and the word for what is done (考核、评估)."""

    topic: str
    word: str


def subject_of(name: str, county: str) -> Subject:
    """Take apart the name of a scheme: 清禾县农村环境卫生月度考核办法 is the 考核 of 农村环境卫生."""
    topic = name.removeprefix(county)
    for ending in _ENDINGS:
        topic = topic.removesuffix(ending)
    word = next((word for word in _WORDS if topic.endswith(word)), "考核")
    topic = topic.removesuffix(word)
    for cadence in _CADENCES:
        topic = topic.removesuffix(cadence)
    return Subject(topic, word)
