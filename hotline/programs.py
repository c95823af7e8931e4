"""The programs of a city: what there is to run, by name."""

from __future__ import annotations

from importlib import import_module

SERVICES = ("intake", "dispatch", "deadline", "evaluation", "datasync")
# The live views are a process beside them: no service needs it, so it runs where it is asked for.
WINDOWS = "windows"
PROGRAMS = (*SERVICES, WINDOWS)


def module_of(name: str) -> str:
    """What `python -m` runs for one of PROGRAMS."""
    return "services.evaluation.faust_app" if name == WINDOWS else f"services.{name}"


def run(name: str) -> None:
    """Be that program, with settings from the environment, until SIGTERM or SIGINT."""
    module = module_of(name)
    import_module(module if name == WINDOWS else f"{module}.__main__").main()
