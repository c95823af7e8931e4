"""Dispatch by a directory that an administrator may publish anew, on the twin of its table."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from services.dispatch.adapters.http import app
from services.dispatch.adapters.published import InEffect, kinds
from services.dispatch.service import service
from services.kernel.registry import Registry
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.runtime import Runtime
from services.kernel.security import Security
from services.kernel.service import Service
from tests.support.loops import MachineClock


@dataclass(frozen=True)
class Office:
    """Dispatch of a city with its registry."""

    registry: Registry
    service: Service

    @classmethod
    def of(cls, city: str) -> Office:
        clock = MachineClock()
        registry = Registry(MemoryRegistry(clock.now), clock, kinds(city))
        return cls(registry, service(InEffect(registry)))

    def app(self, runtime: Runtime, security: Security) -> FastAPI:
        return app(runtime, security, self.registry)
