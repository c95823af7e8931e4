"""Evaluating a whole rule set: ours, and the same conditions by two other CEL libraries if there.

uv run --with common-expression-language --with cel-python hotline bench rules
"""

from __future__ import annotations

import dataclasses
import importlib
import time
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

from hotline.bench.figures import medians, noise_percent
from hotline.bench.site import Options, Say
from services.intake.adapters.conditions import VARIABLES, values_of
from services.intake.adapters.rule_sets import conditions_of, load_rules
from services.intake.domain.matter import Case, Kind, MatterFacts
from services.intake.domain.rules import RuleSet
from services.kernel.decider import replace

SETS = ("suzhou", "trial-measures")
CASE = Case(Kind.COMPLAINT, MatterFacts(duty="none", duty_unit="Hefei", content="substantive"))
MATTERS, AT_ONCE = 10_000, 100
Evaluate = Callable[[], object]


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """CPU µs per matter: the conditions alone, and with the decision and its words."""
    found: dict[str, Any] = {}
    for name in SETS:
        say(f"evaluating {name}")
        rules = load_rules(name)
        rounds = [
            {
                "conditions_us": _each_us(rules.conditions, options.seconds),
                "decision_us": _each_us(rules.decide, options.seconds),
            }
            for _ in range(options.rounds)
        ]
        noise = noise_percent([r["decision_us"] for r in rounds])
        found[name] = {**medians(rounds), "noise_percent": noise, "rules": len(rules.rules)}
    found["peers_us"] = _peers(options.seconds)
    return found


def decision_us(rules: RuleSet, seconds: float) -> float:
    """CPU µs of one decision with its words."""
    return _each_us(rules.decide, seconds)


def _each_us(asked: Callable[[Case], object], seconds: float) -> float:
    """Of a matter that states what no other did: each comes again only when it was forgotten."""
    units = (f"unit {number}" for number in range(MATTERS))
    facts = (dataclasses.replace(CASE.facts, duty_unit=unit) for unit in units)
    upcoming = cycle([replace(CASE, facts=each) for each in facts])
    return _cpu_us(lambda: asked(next(upcoming)), seconds)


def _cpu_us(evaluate: Evaluate, seconds: float) -> float:
    """The median of the parts of a round: another process's burst does not count."""
    parts, until = [], time.perf_counter() + seconds / 4
    while time.perf_counter() < until:
        began = time.process_time()
        for _ in range(AT_ONCE):
            evaluate()
        parts.append((time.process_time() - began) / AT_ONCE * 1e6)
    return sorted(parts)[len(parts) // 2]


def _peers(seconds: float) -> Mapping[str, float]:
    """The conditions of trial-measures, each expression by itself as these libraries have it."""
    conditions, values = conditions_of(SETS[1]), dict(zip(VARIABLES, values_of(CASE), strict=True))
    found = {
        "common-expression-language": _peer("cel", _rust, conditions, values, seconds),
        "cel-python": _peer("celpy", _python, conditions, values, seconds),
    }
    return {name: us for name, us in found.items() if us is not None}


def _peer(
    module: str,
    made: Callable[[Any, list[str], dict[str, object]], Evaluate],
    conditions: list[str],
    values: dict[str, object],
    seconds: float,
) -> float | None:
    """None where it is not installed."""
    try:
        library = importlib.import_module(module)
    except ImportError:
        return None
    return _cpu_us(made(library, conditions, values), seconds)


def _rust(cel: Any, conditions: list[str], values: dict[str, object]) -> Evaluate:
    programs = [cel.compile(condition) for condition in conditions]

    def evaluate() -> object:
        context = cel.Context(variables=values)
        return [program.execute(context) for program in programs]

    return evaluate


def _python(celpy: Any, conditions: list[str], values: dict[str, object]) -> Evaluate:
    environment = celpy.Environment()
    programs = [environment.program(environment.compile(c)) for c in conditions]

    def evaluate() -> object:
        activation = celpy.json_to_cel(values)
        return [program.evaluate(activation) for program in programs]

    return evaluate
