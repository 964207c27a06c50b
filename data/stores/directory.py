"""The data directory: private to its owner, served by one process, written by one thread."""

import asyncio
import fcntl
import os
import stat
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from data.stores.errors import DirectoryInUse, DirectoryUnusable, StoreBusy
from data.stores.replacing import remove_temporaries
from data.stores.trace import OURSELVES, Actor, Tell, acting, by, nobody_listens
from xo_dash.i18n import _

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="_Store")


OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
"""To read or write for anybody else than the owner."""


class DataDirectory:
    """A directory that nobody else can read or write. Made with mode 0700 if it is not there; one that is there stays as it is.

    `write_lock` is what keeps a command (`xo-dash user add`) and a running server apart: it is held for one change of one file.
    `serving` is held by a server for its life. `tell` hears of every change before it is written, with `who` acts.
    """

    def __init__(self, path: Path, patience: float = 10.0) -> None:
        """`patience`: seconds to wait for another process's write. Raises DirectoryUnusable."""
        self.path = path
        self.tell: Tell = nobody_listens
        self.who: Callable[[], Actor] = lambda: OURSELVES
        self._patience = patience
        self._threads = threading.Lock()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stores")
        try:
            _make(path)
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            raise self._unusable(error) from error
        if mode & OTHERS:
            message = _(
                "other users can read or write the data directory {directory} (mode {mode}); choose another with --data-dir, "
                "or run: chmod 700 {directory}"
            )
            raise DirectoryUnusable(message.format(directory=path, mode=f"{mode:04o}"))

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Be the one server of this directory; raises DirectoryInUse if there is one. The system lets go of it even after kill -9."""
        lock = self._open("serve.lock")
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                pid = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
                message = _("{directory} is in use by another xo-dash (process {pid}); stop it, or give this one its own --data-dir")
                raise DirectoryInUse(message.format(directory=self.path, pid=pid or "?")) from error
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            with self.write_lock():
                remove_temporaries(self.path)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Alone with the files: among threads and among processes."""
        with self._threads:
            lock = self._open("write.lock")
            try:
                self._wait_for(lock)
                yield
            finally:
                os.close(lock)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` in the writing thread, after those that were asked for before it; what it changes, the caller changes."""
        actor = self.actor  # the thread does not know who is looking at which page

        def work() -> T:
            with by(actor):
                return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    @property
    def actor(self) -> Actor:
        """Who acts at this moment."""
        return acting() or self.who()

    def close(self) -> None:
        """Wait for the writes under way, and end the thread."""
        self._writer.shutdown()

    def _wait_for(self, lock: int) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    message = _("another process has held the lock of {directory} for {seconds} seconds; end it and try again")
                    raise StoreBusy(message.format(directory=self.path, seconds=round(self._patience))) from error
            time.sleep(0.01)  # never on the event loop; flock itself knows no deadline

    def _open(self, name: str) -> int:
        try:
            return os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> DirectoryUnusable:
        message = _("the data directory {directory} cannot be used: {reason}; choose another with --data-dir")
        return DirectoryUnusable(message.format(directory=self.path, reason=error.strerror))


class _Store(Protocol):
    @property
    def _directory(self) -> DataDirectory: ...


def in_thread(write: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """`write`, a method of a store that waits for the disk, for who is on the event loop: see `DataDirectory.run`."""

    @wraps(write)
    async def run(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await store._directory.run(write, store, *args, **kwargs)

    return run


def _make(path: Path) -> None:
    """Make it with mode 0700, whatever the umask says; a directory that is there is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
