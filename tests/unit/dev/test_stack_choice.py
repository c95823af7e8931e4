"""Which broker and store the tests get; what an engine is asked for is in `test_containers.py`."""

from __future__ import annotations

import docker
import pytest
from docker.errors import DockerException

from tests.support import stack


class FakePing:
    """A client of an engine that answers, or does not."""

    def __init__(self, answer: bool | Exception) -> None:
        self.answer = answer
        self.closed = False

    def ping(self) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


def use_client(monkeypatch: pytest.MonkeyPatch, client: FakePing | Exception) -> list[int]:
    """Let `docker.from_env` give this client or fail; the time-outs it is asked with."""
    timeouts: list[int] = []

    def from_env(timeout: int) -> FakePing:
        timeouts.append(timeout)
        if isinstance(client, Exception):
            raise client
        return client

    monkeypatch.setattr(docker, "from_env", from_env)
    return timeouts


def test_an_engine_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakePing(True)
    timeouts = use_client(monkeypatch, client)
    assert stack.engine_answers()
    assert client.closed
    assert timeouts == [2]
    assert "containers" in stack.describe()


@pytest.mark.parametrize(
    "client",
    [
        DockerException("no such file: docker.sock"),
        FakePing(DockerException("permission denied")),
        FakePing(ConnectionRefusedError()),
        FakePing(False),
    ],
    ids=["missing", "refuses", "unreachable", "sick"],
)
def test_without_an_answer_the_stack_is_embedded(
    monkeypatch: pytest.MonkeyPatch, client: FakePing | Exception
) -> None:
    use_client(monkeypatch, client)
    assert not stack.engine_answers()
    assert "embedded" in stack.describe()


def test_every_namespace_is_new_and_a_plain_word() -> None:
    names = {stack.new_namespace() for _ in range(50)}
    assert len(names) == 50
    assert all(name.isalpha() and name.islower() and len(name) == 9 for name in names)
