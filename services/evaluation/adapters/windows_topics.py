"""The topics of the live views: what they read, and what their tables are recovered from.

Apart from the worker, so that `hotline migrate` makes them without Faust.
"""

from __future__ import annotations

from services.kernel.names import MEASURES
from services.kernel.topics import Topic, ticket_topics

APP = "hotline.windows.v1"
TABLES = ("units", "matters")


def source_topic() -> Topic:
    """The measures; the tables have as many partitions."""
    [found] = [topic for topic in ticket_topics(1) if topic.name == MEASURES]
    return found


def changelog_topics() -> list[Topic]:
    """The last value of every key, for ever; Faust gives the names."""
    config = {"cleanup.policy": "compact", "segment.bytes": "67108864"}
    partitions = source_topic().partitions
    return [Topic(f"{APP}-{table}-changelog", partitions, -1, config) for table in TABLES]
