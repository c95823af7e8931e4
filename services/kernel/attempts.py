"""Failed logins are counted, per address and per key tried from it, and slowed down."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from services.kernel.problems import Problem

WINDOW_S = 60.0
MOST_OF_ADDRESS, MOST_OF_KEY = 60, 10
MOST_REMEMBERED = 10_000


class Attempts:
    """Failures of the last minute, in bounded memory: the oldest are forgotten first.

    A key is counted per address, so that nobody can lock out its owner from elsewhere; a secret of
    256 bits is not found by asking from many addresses either. What was accepted a moment ago is
    never held up by the failures of others behind the same address.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._accepted: OrderedDict[str, float] = OrderedDict()

    @contextmanager
    def trying(self, address: str, key: str, token: str) -> Iterator[None]:
        """Around the check of one credential; `key` names it without its secret. Raises Problem
        429 with Retry-After before anything is checked."""
        if not self._was_accepted(token):
            self._require((address, ""), MOST_OF_ADDRESS)
            if key:
                self._require((address, key), MOST_OF_KEY)
        try:
            yield
        except Problem as problem:
            if problem.status_code == 401:
                self._accepted.pop(token, None)
                self._count((address, ""))
                if key:
                    self._count((address, key))
            raise
        self._accepted[token] = self._now() + WINDOW_S
        self._accepted.move_to_end(token)
        _bound(self._accepted)

    def _was_accepted(self, token: str) -> bool:
        return self._now() < self._accepted.get(token, 0.0)

    def _require(self, whose: tuple[str, str], most: int) -> None:
        count, since = self._failed.get(whose, (0, 0.0))
        left = since + WINDOW_S - self._now()
        if count >= most and left > 0:
            raise Problem(
                429,
                "too-many-failures",
                "Too many logins have failed.",
                "See that the key or token is right, then come again.",
                headers={"Retry-After": str(math.ceil(left))},
            )

    def _count(self, whose: tuple[str, str]) -> None:
        count, since = self._failed.get(whose, (0, 0.0))
        now = self._now()
        self._failed[whose] = (count + 1, since) if now < since + WINDOW_S else (1, now)
        self._failed.move_to_end(whose)
        _bound(self._failed)


def _bound(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)
