"""Dispatch over HTTP: the commands of units and hotline, and the directory to publish."""

from __future__ import annotations

from fastapi import FastAPI

from services.kernel.http import create_app
from services.kernel.registry import Registry
from services.kernel.registry_http import registry_router
from services.kernel.routes import command_router
from services.kernel.runtime import Runtime
from services.kernel.security import Security


def app(runtime: Runtime, security: Security, registry: Registry) -> FastAPI:
    """The application of one process."""
    made = create_app("dispatch", runtime.readiness, security=security, registry=runtime.registry)
    made.include_router(command_router(runtime))
    made.include_router(registry_router(registry, runtime.clock))
    return made
