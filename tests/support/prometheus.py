"""Debian's Prometheus: its tool for rules, and a server that asks services for their figures."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from hotline.dev.ports import LOCALHOST, free_port
from hotline.dev.probes import http_ok
from hotline.dev.program import Program
from hotline.dev.supervisor import Supervisor

MISSING = "Prometheus is not installed (Debian's package `prometheus`; .ci/run installs it)"
needs_prometheus = pytest.mark.skipif(
    not (shutil.which("promtool") and shutil.which("prometheus")), reason=MISSING
)


def promtool(*words: str, cwd: Path) -> tuple[int, str]:
    """Exit code, and all that it said."""
    done = subprocess.run(
        ["promtool", *words], cwd=cwd, text=True, timeout=60, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


class Server:
    """A Prometheus that runs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, timeout=10.0, trust_env=False)

    async def get(self, path: str, **query: str) -> Any:
        answer = await self._http.get(f"/api/v1/{path}", params=query)
        found = answer.json()
        assert found["status"] == "success", found
        return found["data"]

    async def query(self, expr: str) -> list[dict[str, Any]]:
        """Series of an instant query, with their values."""
        found: list[dict[str, Any]] = (await self.get("query", query=expr))["result"]
        return found

    async def close(self) -> None:
        await self._http.aclose()


@asynccontextmanager
async def prometheus(
    root: Path, urls: Mapping[str, str], rules: Mapping[str, Any]
) -> AsyncIterator[Server]:
    """Scrapes these services twice a second, as jobs `hotline-<name>`, while the block runs."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "rules.yaml").write_text(yaml.safe_dump(dict(rules)))
    jobs = [
        {
            "job_name": f"hotline-{name}",
            "static_configs": [{"targets": [url.removeprefix("http://")]}],
        }
        for name, url in urls.items()
    ]
    content = {
        "global": {
            "scrape_interval": "500ms",
            "scrape_timeout": "400ms",
            "evaluation_interval": "1s",
        },
        "rule_files": ["rules.yaml"],
        "scrape_configs": jobs,
    }
    (root / "prometheus.yaml").write_text(yaml.safe_dump(content))
    port = free_port()
    url = f"http://{LOCALHOST}:{port}"
    program = Program(
        "prometheus",
        (
            "prometheus", f"--config.file={root / 'prometheus.yaml'}",
            f"--storage.tsdb.path={root / 'data'}", f"--web.listen-address={LOCALHOST}:{port}",
        ),
        ready=http_ok(f"{url}/-/ready"),
    )  # fmt: skip
    supervisor, server = Supervisor(root), Server(url)
    try:
        await supervisor.start(program)
        yield server
    finally:
        await server.close()
        await supervisor.stop()


async def until(condition: Any, timeout_s: float) -> None:
    """Wait until the awaited condition holds."""
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(0.1)
