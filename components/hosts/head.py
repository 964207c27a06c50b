"""The head of a host's page, and the bands below it."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import ui

from components.heads import ObjectHead
from components.hosts.about import is_master
from components.hosts.words import pending_text, state_mark, state_text
from components.live import renewed
from components.ui import Notice, Tone
from components.vms.around import follow_around
from data.facts.host import HostState, booted_at, host_state
from data.hosts import guests_of, pending_of, product_of
from data.mirror import Mirror, PoolMirror
from data.objects import Host
from data.types import Ref
from xo_dash.context import Context
from xo_dash.i18n import _, ngettext, number


def host_head(context: Context, host: Host) -> None:
    head = ObjectHead(context, host)

    def refresh() -> None:
        count = len(guests_of(host))
        vms = ngettext("{n} VM", "{n} VMs", count).format(n=number(count))
        facts = [_("master") if is_master(host) else "", product_of(host), host.address, vms]
        head.show(facts, (state_mark(host), state_text(host)), booted_at(host))

    with head:
        follow_around(context.mirror, host, _refs, refresh)


def _refs(host: Host) -> Iterable[Ref]:
    yield host.metrics
    if isinstance(host.home, PoolMirror) and host.home.pool:
        yield host.home.pool.ref


def host_bands(mirror: Mirror, host: Host) -> None:
    """What to know of it before all else."""
    box = ui.element().classes("contents")
    shown: list[object] = []

    def refresh() -> None:
        now = (host_state(host), tuple(pending_of(host)))
        if shown == [now]:
            return
        shown[:] = [now]
        state, pending = now
        with renewed(box):
            if state is HostState.UNHEARD:
                Notice(
                    _("The pool has lost contact with this host: the state of its VMs is unknown. Check its power and network."),
                    Tone.CRITICAL,
                )
            elif state is HostState.MAINTENANCE:
                Notice(_("In maintenance mode or still starting: VMs cannot start on it or migrate to it."), Tone.WARNING)
            for guidance in pending:
                Notice(pending_text(guidance), Tone.WARNING)

    follow_around(mirror, host, lambda host: (host.metrics,), refresh)
