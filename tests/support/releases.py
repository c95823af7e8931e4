"""The messages of another release than this one: the last, and what a next one might add."""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import (
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.descriptor_pool import Default, DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from hotline.contracts.protos import PROTO, compiled

EVENTS = "hotline/dispatch/v1/events.proto"
NOTED, WITHDRAWN = "hotline.dispatch.v1.ProgressNoted", "hotline.dispatch.v1.NoteWithdrawn"


class Release:
    """Message classes of their own, beside those of this build."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self._pool = DescriptorPool()
        for file in _in_order(files):
            self._pool.AddSerializedFile(file.SerializeToString())

    def knows(self, name: str) -> bool:
        try:
            self._pool.FindMessageTypeByName(name)
        except KeyError:
            return False
        return True

    def message(self, name: str) -> type[Message]:
        found: type[Message] = GetMessageClass(self._pool.FindMessageTypeByName(name))
        return found


@cache
def last() -> Release:
    """As it stands in proto/image.binpb, which buf compares with."""
    return Release(FileDescriptorSet.FromString((PROTO / "image.binpb").read_bytes()))


@cache
def following() -> Release:
    """This one with a new event of dispatch, and a new field of one that there is."""
    files = FileDescriptorSet()
    files.CopyFrom(compiled())
    [events] = [file for file in files.file if file.name == EVENTS]
    [noted] = [message for message in events.message_type if message.name == "ProgressNoted"]
    noted.field.add(name="tone", number=99, type=FieldDescriptorProto.TYPE_STRING, label=1)
    withdrawn = events.message_type.add(name="NoteWithdrawn", options=noted.options)
    withdrawn.field.add(name="note", number=1, type=FieldDescriptorProto.TYPE_STRING, label=1)
    return Release(files)


def _in_order(files: FileDescriptorSet) -> list[Any]:
    """Each after those that it imports."""
    left, found = {file.name: file for file in files.file}, list[Any]()
    for name in {needed for file in files.file for needed in file.dependency} - left.keys():
        left[name] = FileDescriptorProto()  # protobuf's own
        Default().FindFileByName(name).CopyToProto(left[name])
    while left:
        name = next(n for n, f in left.items() if not set(f.dependency) & left.keys())
        found.append(left.pop(name))
    return found
