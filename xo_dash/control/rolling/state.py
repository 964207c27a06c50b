"""How far a rolling run is: on the disk before anything is done, so that the next start goes on with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from data.stores.replacing import replace_file
from xo_dash.control.lazy_text import lazy
from xo_dash.control.packed_text import KeptText, worded
from xo_dash.control.rolling.request import RollHosts
from xo_dash.i18n import duration

log = logging.getLogger(__name__)
ENDING: Final = ".json"
KEPT: Final = 20
"""Ended runs that stay to be looked at."""


class TurnState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Phase(msgspec.Struct, kw_only=True):
    """A part of a host's turn, as its bar shows it."""

    kind: str  # move, install, reboot, back
    began: float  # seconds since 1970
    ended: float = 0.0  # 0 while it lasts


class HostTurn(msgspec.Struct, kw_only=True):
    """One host's turn."""

    host: str  # uuid
    name: str
    state: TurnState = TurnState.WAITING
    run: str = ""  # the key of its run
    booted: float = 0.0  # when it had booted the last time before, by its own clock
    began: float = 0.0
    ended: float = 0.0
    about: float = 0.0  # seconds that it was estimated to take
    why: KeptText = msgspec.field(default=None, name="reason")  # it failed
    phases: list[Phase] = []
    paths: list[str] = []  # uuids of the PBDs that were attached before
    noted: int = 0  # of what its phases have for the log
    tries: int = 0  # that ended because a VM was busy
    waits: KeptText = None  # for what, before it begins
    back: float = 0.0  # when it was heard again, after it was given up

    @property
    def reason(self) -> str:
        """Why it failed, in the reader's words; "" if it did not."""
        return worded(self.why)

    @property
    def waiting(self) -> str:
        """What it waits for before it begins, in the reader's words."""
        return worded(self.waits)


class PutAside(msgspec.Struct, kw_only=True):
    """What was turned off for the run, and has to be as before in any case."""

    auto_start: bool = False
    ha: bool = False
    ha_sr: str = ""  # uuid of the heartbeat's
    ha_failures: int = 0
    wlb: bool = False
    sync: bool = False  # that the pool asks its repositories by itself


class LogLine(msgspec.Struct, kw_only=True):
    """A line of its log: what, about which host, when."""

    at: float
    what: str  # a message
    host: str = ""
    detail: KeptText = None
    took: float = 0.0  # seconds, of what has a duration

    @property
    def text(self) -> str:
        """In the reader's words, without its host."""
        detail = worded(self.detail)
        what = str(lazy(self.what, name=self.host, host=self.host, reason=detail, detail=detail))
        told = f"{what}: {detail}" if detail and detail not in what else what
        return f"{told} · {duration(self.took)}" if self.took else told


class RollingState(StrEnum):
    SCHEDULED = "scheduled"  # its time has not come
    RUNNING = "running"
    STOPPING = "stopping"  # after the host under way
    PAUSED = "paused"  # it waits for a person
    DONE = "done"  # all hosts are, and all is as before
    ENDED = "ended"  # not so


class Rolling(msgspec.Struct, kw_only=True):
    """A rolling run; changes as it goes."""

    id: str
    pool: str  # the server's id
    pool_uuid: str
    user_id: str
    user_name: str
    request: RollHosts
    turns: list[HostTurn]
    began: float
    aside: PutAside = msgspec.field(default_factory=PutAside)
    due: float = 0.0  # when it begins, while it was set for later and has not begun
    why: KeptText = None  # it does not begin then
    prepared: bool = False
    paused: str = ""  # a message: why it waits for a person
    paused_at: float = 0.0
    stopping: bool = False
    ended: float = 0.0
    restored: bool = False
    restarts: list[float] = []  # of ours, in the middle of it
    log: list[LogLine] = []
    left: list[str] = []  # what could not be put back: messages

    @property
    def state(self) -> RollingState:
        if self.paused:
            return RollingState.PAUSED
        if not self.ended:
            return RollingState.STOPPING if self.stopping else RollingState.SCHEDULED if self.due else RollingState.RUNNING
        done = all(turn.state is TurnState.DONE for turn in self.turns) and not self.left
        return RollingState.DONE if done else RollingState.ENDED

    @property
    def current(self) -> HostTurn | None:
        """The host whose turn it is, or that stopped it."""
        return next((turn for turn in self.turns if turn.state in (TurnState.RUNNING, TurnState.FAILED)), None)

    @property
    def next(self) -> HostTurn | None:
        return next((turn for turn in self.turns if turn.state is TurnState.WAITING), None)


class RollingFiles:
    """A file for each, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "rolling"

    def write(self, rolling: Rolling) -> None:
        """Durably, before the next step."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self._folder / f"{rolling.id}{ENDING}", msgspec.json.encode(rolling))

    def read(self) -> Iterator[Rolling]:
        """Oldest first; what cannot be read is told and left alone."""
        for path in sorted(self._folder.glob(f"*{ENDING}")) if self._folder.is_dir() else ():
            try:
                yield msgspec.json.decode(path.read_bytes(), type=Rolling)
            except (OSError, msgspec.DecodeError) as error:
                log.error("%s cannot be read: %s", path, error)

    def forget(self, rolling: Rolling) -> None:
        (self._folder / f"{rolling.id}{ENDING}").unlink(missing_ok=True)
