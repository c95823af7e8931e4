"""What units reply and citizens answer where no file says it: from a seed, shown as generated."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hotline.dispatch.v1.commands_pb2 import ReplyTicket
from hotline.evaluation.v1.commands_pb2 import RecordVisit


@dataclass(frozen=True, slots=True)
class Answers:
    """One citizen: solved and satisfied at the first visit, and whether a redo mends it."""

    solved: bool = True
    satisfied: bool = True
    solved_at_redo: bool = True

    @classmethod
    def drawn(cls, seed: random.Random) -> Answers:
        """Most are content; a redo helps four of five of the others."""
        solved = seed.random() < 0.94
        satisfied = solved and seed.random() < 0.92
        return cls(solved, satisfied, seed.random() < 0.8)

    def at_visit(self, again: bool) -> RecordVisit:
        """`again`: after a redo."""
        mended = again and self.solved_at_redo
        return RecordVisit(
            contacted=True,
            solved=self.solved or mended,
            satisfied=self.satisfied or mended,
            generated=True,
        )


def reply(public_answer: str) -> ReplyTicket:
    """Everything was done."""
    return ReplyTicket(
        is_true=True, our_duty=True, contacted=True, solved=True, public_answer=public_answer
    )
