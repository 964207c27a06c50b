"""The list below the map: what is wrong, worst first, each with what it touches and where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from components.links import path_of
from components.live import follow_all, renewed
from components.ui import Age, Mark
from data.attention import Cause, Fact, Level, facts
from data.mirror import Change, Mirror
from data.names import pool_name, pool_of, server_name
from data.objects import PBD, PIF, SR, Bond, Host, HostMetrics, PIFMetrics, Pool
from data.server import Server, ServerState
from data.types import XapiObject
from xo_dash.i18n import _, ngettext, number, percent, size

WATCHED = (Server, Pool, Host, HostMetrics, SR, PBD, PIF, PIFMetrics, Bond)
MOST = 50
"""Lines shown; the worst are first."""


class Attention(ui.element):
    """Always there, so that the map above keeps its size. `on_show` is called with the uuid of what should be found on the map.

    `servers` is the path where connections are edited.
    """

    def __init__(self, mirror: Mirror, on_show: Callable[[str], None], servers: str) -> None:
        super().__init__("section")
        self.classes("xo-attention")
        self.props["aria-label"] = _("Needs attention")
        self._mirror, self._on_show, self._servers = mirror, on_show, servers
        self._many = False
        self._shown: list[tuple[object, ...]] | None = None
        with self:
            ui.label(_("Needs attention")).classes("xo-attention-title")
            self._list = ui.element("ul").props("role=list")
            follow_all(mirror, _matters, self._render)

    def _render(self) -> None:
        found = facts(self._mirror)
        looks: list[tuple[object, ...]] = [(fact.level, *self._said(fact)) for fact in found]
        if looks == self._shown:
            return
        self._shown = looks
        self._many = len(self._mirror.pools) > 1
        with renewed(self._list):
            if not found:
                ui.label(_("Nothing needs attention.")).classes("xo-attention-none")
            for fact in found[:MOST]:
                self._line(fact)
            if len(found) > MOST:
                ui.label(_("{n} more").format(n=number(len(found) - MOST))).classes("x-dim")

    def _said(self, fact: Fact) -> tuple[str, str]:
        subject = fact.subject
        if isinstance(subject, Server):
            return sentence(fact, pool_of(subject, self._mirror))
        title, detail = sentence(fact)
        return title, f"{pool_name(self._mirror.pools[subject.home.id])} · {detail}" if self._many else detail

    def _line(self, fact: Fact) -> None:
        title, detail = self._said(fact)
        with ui.element("li").classes("xo-attention-line"):
            Mark("critical" if fact.level is Level.CRITICAL else "warning")
            ui.label(title).classes("xo-attention-what")
            with ui.element().classes("xo-attention-more"):
                ui.label(detail)
                if isinstance(fact.subject, Server) and fact.subject.last_event_at:
                    Age(fact.subject.last_event_at)
            if isinstance(fact.subject, XapiObject):
                self._verbs(fact.subject)
            elif fact.subject.state is not ServerState.UNREACHABLE:
                ui.link(_("Settings"), self._servers).classes("xo-attention-verb")

    def _verbs(self, subject: XapiObject) -> None:
        uuid = subject.uuid
        show = ui.element("button").props("type=button").classes("xo-attention-verb")
        show.on("click", lambda: self._on_show(uuid))
        with show:
            ui.label(_("Show on the map"))
        if path := path_of(subject):
            ui.link(_("Open"), path).classes("xo-attention-verb")


def _matters(changes: Sequence[Change]) -> bool:
    return any(isinstance(change.subject, WATCHED) for change in changes)


def sentence(fact: Fact, pool: str = "") -> tuple[str, str]:
    """(what it is, what it touches), both short; `pool` is what a pool that is away is called."""
    subject = fact.subject
    hosts = ", ".join(host.name_label for host in fact.where)
    touched = ngettext("{n} VM", "{n} VMs", fact.vms).format(n=number(fact.vms))
    if isinstance(subject, Server):
        return server_sentence(subject, pool), _("what you see is from") if subject.last_event_at else ""
    name = str(getattr(subject, "name_label", ""))
    if fact.cause is Cause.HOST_GONE:
        return _("{name} gives no sign of life").format(name=name), touched
    if isinstance(subject, SR) and fact.cause is Cause.SR_FULL:
        full = percent(subject.physical_utilisation / subject.physical_size)
        free = size(max(0, subject.physical_size - subject.physical_utilisation))
        detail = ngettext("{free} left · holds disks of {n} VM", "{free} left · holds disks of {n} VMs", fact.vms)
        return _("{name} is {full} full").format(name=name, full=full), detail.format(free=free, n=number(fact.vms))
    if fact.cause is Cause.SR_UNPLUGGED:
        return _("{name} is not reached by {hosts}").format(name=name, hosts=hosts), touched
    if fact.cause is Cause.LINK_DEGRADED:
        return _("{name} has lost a part of its link on {hosts}").format(name=name, hosts=hosts), touched
    return _("{name} has no link on {hosts}").format(name=name, hosts=hosts), touched


def server_sentence(server: Server, pool: str = "") -> str:
    """How a connection that is not live stands."""
    sentences = {
        ServerState.BAD_PASSWORD: _("{name} does not accept our password"),
        ServerState.BAD_CERTIFICATE: _("{name} shows another certificate than before"),
        ServerState.WRONG_POOL: _("{name} answers for another pool than before"),
        ServerState.DUPLICATE: _("{name} is a pool that is connected already"),
    }
    return sentences.get(server.state, _("{name} is not reachable")).format(name=pool or server_name(server))
