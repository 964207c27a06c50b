"""`/`: the map of everything, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components import live
from components.map.map import Chosen, Map
from components.map.scene import Counts, Scene
from components.ui import empty_state
from data.mirror import Change
from data.objects import VM, Host
from data.server import Server
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number

LINKS = {"pool": "/pool/{uuid}", "host": "/host/{uuid}", "vm": "/vm/{uuid}", "sr": "/sr/{uuid}", "network": "/network/{uuid}"}
COUNTED = frozenset({"power_state", "is_a_template", "is_a_snapshot"})


def create(context: Context) -> None:
    scene = Scene(context.mirror)

    @ui.page("/")
    def home() -> None:
        with frame(context, title=_("Map"), bare=True), ui.element().classes("xo-home"):
            _body(context, scene)


def _body(context: Context, scene: Scene) -> None:
    """The map, or a guide while there is nothing to show."""
    box = ui.element().classes("contents")

    def fill() -> None:
        with live.renewed(box):
            if context.mirror.pools:
                _map(context, scene)
            else:
                _guide()

    def collect(changes: Sequence[Change]) -> bool:
        return bool(context.mirror.pools) is showing_guide[0] and any(isinstance(change.subject, Server) for change in changes)

    showing_guide = [not context.mirror.pools]
    with box:
        pass
    live.follow_all(context.mirror, collect, fill)


def _guide() -> None:
    with ui.element().classes("xo-home-guide"), empty_state(
        _("No pool yet"), _("Add the address of any host of a pool; the map draws itself as soon as it answers.")
    ):
        ui.link(_("Add a server"), "/settings").classes("x-btn x-btn-primary")


def _map(context: Context, scene: Scene) -> None:
    head = ui.element("header").classes("xo-home-head")
    chart = Map(scene, links=LINKS)
    chart.classes("xo-home-map")
    with head:
        ui.label(_("Map")).classes("xo-home-title").props("role=heading aria-level=1")
        _counts(context, scene)


def _counts(context: Context, scene: Scene) -> None:
    label = ui.label().classes("xo-home-counts")

    def collect(changes: Sequence[Change]) -> bool:
        return any(isinstance(subject := change.subject, (Server, Host)) or (isinstance(subject, VM) and (not change.names or change.names & COUNTED)) for change in changes)

    def render() -> None:
        label.text = counts_text(scene.counts)

    live.follow_all(context.mirror, collect, render)


def counts_text(counts: Counts) -> str:
    """2 pools · 4 hosts · 46 VMs, 38 running"""
    pools = ngettext("{n} pool", "{n} pools", counts.pools).format(n=number(counts.pools))
    hosts = ngettext("{n} host", "{n} hosts", counts.hosts).format(n=number(counts.hosts))
    vms = ngettext("{n} VM", "{n} VMs", counts.vms).format(n=number(counts.vms))
    running = ngettext("{n} running", "{n} running", counts.running).format(n=number(counts.running))
    return f"{pools} · {hosts} · {vms}, {running}"


__all__ = ["Chosen", "create"]
