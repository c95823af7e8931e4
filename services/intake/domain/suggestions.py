"""What a text may be about, by a dictionary: for the operator to confirm, never to decide by."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.kernel.decider import Value

EMERGENCY = "emergency_line"


class Entry(Value):
    """A fact and its value, with the words that raise it: `zh` anywhere, `en` as whole words."""

    fact: str
    value: str
    zh: tuple[str, ...]
    en: tuple[str, ...]


class Suggestion(Value):
    """A fact that the text may state, and the words that raised it, as they stand there.

    `ongoing`, of an emergency only: nothing in the text says that it is over.
    """

    fact: str
    value: str
    words: tuple[str, ...]
    ongoing: bool = False


class Dictionary:
    """All entries, compiled once."""

    def __init__(self, version: str, entries: Sequence[Entry], over: Entry) -> None:
        self.version = version
        self._entries = [(entry, _pattern(entry)) for entry in entries]
        self._over = _pattern(over)

    def suggest(self, *texts: str) -> list[Suggestion]:
        """One suggestion per fact and value, in the order of the dictionary."""
        text = "\n".join(texts)
        is_over = self._over.search(text) is not None
        found = []
        for entry, pattern in self._entries:
            words = tuple(dict.fromkeys(match[0] for match in pattern.finditer(text)))
            if words:
                ongoing = entry.fact == EMERGENCY and not is_over
                found.append(Suggestion(entry.fact, entry.value, words, ongoing))
        return found


def _pattern(entry: Entry) -> re.Pattern[str]:
    """The longest first, so that a word is told whole; no letter may touch an English one."""
    zh = [re.escape(word) for word in sorted(entry.zh, key=len, reverse=True)]
    en = [re.escape(word) for word in sorted(entry.en, key=len, reverse=True)]
    whole = f"(?<![a-zA-Z])(?:{'|'.join(en)})(?![a-zA-Z])"
    return re.compile("|".join([*zh, *([whole] if en else [])]), re.IGNORECASE)
