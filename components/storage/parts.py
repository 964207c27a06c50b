"""The parts of an SR's page: head, room, paths, what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.findings.words import TONES
from components.heads import ObjectHead
from components.hosts.ways import path_cell
from components.hosts.words import pool_name, pool_path
from components.links import path_of
from components.live import follow_findings
from components.storage.words import reach_text, reached_text
from components.ui import Card, Column, Figure, Meter, Notice, Tone
from components.vms.around import follow_around
from components.vms.cells import Cell, Copy, Facts, Link, Quiet, Table
from data.findings.storage import fill_level
from data.hosts import Path, paths_of
from data.mirror import Mirror, PoolMirror
from data.names import name_of
from data.objects import SR, Pool
from data.storage import Reach, guests_on, reach_of, reached_by, room_of
from data.types import Ref
from xo_dash.context import Context
from xo_dash.i18n import _, number, percent, size


def sr_head(context: Context, sr: SR) -> None:
    """Name and state; a band for hosts that do not reach it."""
    head = ObjectHead(context, sr)
    cut = Notice("", Tone.CRITICAL)

    def refresh() -> None:
        reached = reached_by(sr)
        state = ("live", _("Attached")) if reached.attached else ("disabled", _("Detached"))
        if reached.cut:
            state = "critical", _("Not attached on all hosts")
        default = _("default SR") if is_default(sr) else ""
        head.show([reach_text(sr), reached_text(reached), default], state)
        cut.set_visibility(bool(reached.cut))
        if reached.cut:
            hosts = ", ".join(name_of(host) for host in reached.cut)
            cut.text.text = _("Not attached on {hosts}: VMs with disks on it cannot start there.").format(hosts=hosts)

    with head:
        follow_around(context.mirror, sr, sr_refs, refresh)


def is_default(sr: SR) -> bool:
    own = sr.home.pool if isinstance(sr.home, PoolMirror) else None
    return own is not None and own.default_SR == sr.ref


def sr_refs(sr: SR) -> Iterable[Ref]:
    """Its paths with their hosts, and the pool."""
    yield from sr.PBDs
    yield from (path.pbd.host for path in paths_of(sr))
    yield from (path.host.metrics for path in paths_of(sr) if path.host)
    yield from sr.home.all(Pool)


class RoomCard(Card):
    """What of it is in use, and what was promised to disks."""

    def __init__(self, mirror: Mirror, sr: SR) -> None:
        super().__init__(_("Space"), " ")
        self._sr = sr
        with self:
            self._figure = Figure()
            self._meter = Meter()
            self._facts = Facts([name for name, _value in self._rows()])
            names = ("physical_size", "physical_utilisation", "virtual_allocation")
            follow_around(mirror, sr, lambda sr: (), self._refresh, names=names)
            follow_findings(mirror, lambda subjects: sr in subjects, self._refresh)

    def _refresh(self) -> None:
        room = room_of(self._sr)
        known = room.size > 0 and room.used >= 0
        self.scope.text = _("of {size}").format(size=size(room.size)) if known else ""
        self._figure.value.text = size(room.used) if known else "–"
        self._figure.note.text = _("in use") if known else _("never scanned")
        self._meter.set_visibility(known)
        if known:
            self._meter.show(room.share, percent(room.share), TONES.get(fill_level(self._sr), ""))
        self._facts.show(self._rows())

    def _rows(self) -> list[tuple[str, Cell | None]]:
        room = room_of(self._sr)
        known = room.size > 0 and room.used >= 0
        promised: Cell | None = None
        if room.promised >= 0 and reach_of(self._sr) in (Reach.SHARED, Reach.LOCAL):
            promised = size(room.promised)
            if room.size > 0:
                promised += " · " + _("{share} of its size").format(share=percent(room.promised / room.size))
        return [(_("Free"), size(room.free) if known else None), (_("Provisioned"), promised)]


class SrPaths(Card):
    """Each host's way to it."""

    def __init__(self, mirror: Mirror, sr: SR) -> None:
        super().__init__(_("Paths"), " ", wide=True)
        self._sr = sr
        with self:
            self._table = Table((Column(_("Host"), main=True), Column(_("Path")), Column(_("Device"))), _("No host is connected to it."))
            follow_around(mirror, sr, sr_refs, self._refresh, names=("PBDs",))

    def _refresh(self) -> None:
        self.scope.text = reached_text(reached_by(self._sr))
        paths = paths_of(self._sr)
        self.show_count(len(paths))
        self._table.show([(path.pbd.ref, list(_path_cells(path))) for path in paths])


def _path_cells(path: Path) -> Iterator[Cell]:
    host = path.host
    yield Link(name_of(host), path_of(host)) if host else Quiet(_("missing"))
    yield path_cell(path)
    yield device_text(path.pbd.device_config)


def device_text(config: dict[str, str]) -> str:
    """Where it is, without what is a secret: `server:/path`, a device, a target."""
    server, folder = config.get("server", "") or config.get("target", ""), config.get("serverpath", "") or config.get("targetIQN", "")
    if server:
        return f"{server}:{folder}" if folder else server
    return config.get("location", "") or config.get("device", "") or config.get("SCSIid", "")


class SrAbout(Card):
    """What it is."""

    def __init__(self, mirror: Mirror, sr: SR) -> None:
        super().__init__(_("About"))
        with self:
            facts = Facts([name for name, _value in about(sr)])
            follow_around(mirror, sr, lambda sr: sr.home.all(Pool), lambda: facts.show(about(sr)))


def about(sr: SR) -> list[tuple[str, Cell | None]]:
    words = {
        Reach.SHARED: _("disks, any host"), Reach.LOCAL: _("disks, one host"), Reach.IMAGES: _("images for CD drives"),
        Reach.DRIVE: _("physical drives of a host"),
    }  # fmt: skip
    return [
        (_("Pool"), Link(pool_name(sr), pool_path(sr))),
        (_("Type"), sr.type or Quiet(_("unknown"))),
        (_("Used by"), words[reach_of(sr)]),
        (_("Default SR"), _("yes") if is_default(sr) else _("no")),
        (_("VMs with disks on it"), number(len(guests_on(sr)))),
        (_("UUID"), Copy(sr.uuid, _("Click to copy"))),
    ]
