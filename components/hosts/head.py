"""The head of a host's page, and the bands below it."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from nicegui import ui

from components.actions import run_command, whoever
from components.guidance import guidance_bands, waiting_bands
from components.hosts.console import console_link
from components.hosts.words import MARKS, STATES
from components.live import follow_facts, fresh_slot
from components.object_header import ObjectHead
from components.ui import Button, Notice, Tone
from data.facts.host import HostState
from data.facts.pool import own_pool
from data.identity import key_of
from data.views.host import HostView
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.host.bring_back import BRING_BACK, LEAVE_THERE
from xo_dash.control.vm.create import CREATE
from xo_dash.i18n import _, ngettext, number


def host_head(context: Context, host: HostView) -> None:
    head = ObjectHead(context, host.row)
    with head.verbs:
        console_link(context, host)
        pool = own_pool(host.row.home)
        if pool is not None:
            path = f"/new-vm?host={quote(key_of(host.row), safe='@')}"
            new = Button(_(CREATE.title), lambda: ui.navigate.to(path), icon=CREATE.icon).mark("new-vm")
            new.move(target_index=0)
            follow_facts(host, ("is_fresh",), lambda: new.allow(str(reason) if (reason := why_not(CREATE, pool, whoever())) else None))

    def refresh() -> None:
        count = host.guest_count
        vms = ngettext("{n} VM", "{n} VMs", count).format(n=number(count))
        facts = [_("master") if host.is_master else "", host.product, host.address, vms]
        head.show(facts, (MARKS[host.state], _(STATES[host.state])), host.booted if host.state is not HostState.UNHEARD else None)

    with head:
        follow_facts(host, ("name", "description", "tags", "state", "guest_count", "is_master", "product", "address", "booted"), refresh)


def host_bands(context: Context, host: HostView) -> None:
    """What to know of it before all else."""
    box = ui.element().classes("contents")

    def refresh() -> None:
        with fresh_slot(box):
            if host.state is HostState.UNHEARD and host.guest_count:
                Notice(
                    _("The pool has lost contact with this host: the state of its VMs is unknown. Check its power and network."),
                    Tone.CRITICAL,
                )
            elif host.state is HostState.UNHEARD:
                Notice(_("The pool has no contact with this host, and no VM is on it. Power it on, or check its network."), Tone.WARNING)
            elif host.state is HostState.MAINTENANCE and not host.away_count:
                Notice(_("In maintenance mode or still starting: VMs cannot start on it or migrate to it."), Tone.WARNING)
            if host.away_count:
                to_bring_back(context, host)
            guidance_bands(context, host)

    follow_facts(host, ("state", "guest_count", "guidance", "away_count"), refresh)
    waiting_bands(context, host)


def to_bring_back(context: Context, host: HostView) -> None:
    """VMs that left it for maintenance, and the way back."""
    count = host.away_count
    vms = ngettext("{n} VM to bring back", "{n} VMs to bring back", count).format(n=number(count))
    where = _("In maintenance: {vms}") if host.state is HostState.MAINTENANCE else _("After maintenance: {vms}")
    with Notice(where.format(vms=vms), Tone.WARNING).mark("bring-back"):
        for command, text in ((BRING_BACK, _("Bring them back")), (LEAVE_THERE, _("Leave them where they are"))):
            Button(text, partial(run_command, context, command, [host.row]))
