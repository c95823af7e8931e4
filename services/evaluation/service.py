"""Evaluation, as the kernel runs it."""

from __future__ import annotations

from hotline.intake.v1.events_pb2 import HistoryClosed
from services.evaluation.adapters.codec import CODEC, COUNTED
from services.evaluation.adapters.figures import FiguresView, MeasuresFeed
from services.evaluation.domain import commands
from services.evaluation.domain.formula import Formulas
from services.evaluation.domain.reactions import decider_by
from services.kernel.service import CommandRule, Service

HOTLINE = frozenset({"staff", "supervisor"})

COMMANDS = (
    CommandRule("visit", commands.RecordVisit, HOTLINE),
    CommandRule("visit-attempt", commands.RecordVisitAttempt, HOTLINE),
)


def service(
    formulas: Formulas, figures: FiguresView | None = None, measures: MeasuresFeed | None = None
) -> Service:
    """Stages 7 and 8 under the city's formula, as it is in effect at each instant."""
    return Service(
        "evaluation",
        CODEC,
        decider_by(formulas),
        commands=COMMANDS,
        views=() if figures is None else (figures,),
        reads=COUNTED.knows,
        frontier=HistoryClosed,
        announce=None if measures is None else measures.announce,
        gather_s=0.2,
    )
