"""While a rolling run waits for somebody: the reason, what is known, and the answers, the same wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from nicegui import ui

from components.actions import run_command, whoever
from components.rolling.words import title_of
from components.ui import Button, ButtonKind, Notice, Tone, confirm, notify
from components.urls import path_of
from data.facts.host import is_live
from data.maintenance import away_from
from data.names import by_name, name_of, pool_name
from data.objects import Host
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.host.power import POWER_ON
from xo_dash.control.packed_text import worded
from xo_dash.control.rolling.aside import names_of
from xo_dash.control.rolling.pauses import FIRST_DONE, NOT_READY, answers_to, reason_of
from xo_dash.control.rolling.phases import REBOOT, is_given_up
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingState, TurnState
from xo_dash.i18n import _, datetime, duration, ngettext, number
from xo_dash.i18n import time as clock


def pause_box(context: Context, rolling: Rolling) -> None:
    """Nothing while it does not wait."""
    if not rolling.paused:
        if rolling.state is RollingState.SCHEDULED:
            _scheduled(context, rolling)
        return
    turn = rolling.current
    host = host_of(context, rolling, turn)
    with ui.element().classes("x-roll-pause"):
        Notice(_("Paused: {reason}").format(reason=reason_of(rolling)), Tone.WARNING)
        ui.label(" ".join((*known_of(context, rolling, turn, host), _("Nothing happens until you choose.")))).classes("x-dim").mark("known")
        with ui.element().classes("x-row x-wrap x-roll-answers"):
            answers(context, rolling)
            if host is not None and not is_live(host) and host.power_on_mode and may(whoever(), POWER_ON, host):
                Button(_(POWER_ON.title), partial(run_command, context, POWER_ON, [host]), icon="power").mark("power-on")
            if host is not None:
                ui.link(_("Show {host}").format(host=name_of(host)), path_of(host)).classes("x-link")


def _scheduled(context: Context, rolling: Rolling) -> None:
    with ui.element().classes("x-roll-pause").style("border-color: var(--line)"):  # nothing is wrong
        Notice(_("Begins {time}.").format(time=datetime(rolling.due)), Tone.INFORMATION)
        if rolling.why is not None:
            ui.label(_(NOT_READY).format(reason=worded(rolling.why))).mark("known")
        text = _(
            "At that time all checks are made again, with the rights that {user} has then. If one still fails, the run pauses and asks."
        )
        ui.label(text.format(user=rolling.user_name)).classes("x-dim")
        with ui.element().classes("x-row x-wrap x-roll-answers"):
            answers(context, rolling)


def host_of(context: Context, rolling: Rolling, turn: HostTurn | None) -> Host | None:
    home = context.mirror.pools.get(rolling.pool)
    return home.by_uuid(Host, turn.host) if home is not None and turn is not None else None


def known_of(context: Context, rolling: Rolling, turn: HostTurn | None, host: Host | None) -> Iterator[str]:
    """What one wants to know of the host that it waits for."""
    if turn is None or host is None:
        return
    if is_given_up(turn) and not turn.back:
        yield _("Reboot requested at {time}.").format(time=clock(turn.phases[-1].began))
        if (usual := context.rolling.usual(REBOOT, host)) is not None:
            yield _("It usually takes {time}.").format(time=duration(usual))
    away = away_from(host)
    if away.migrated:
        hosts = by_name({there for vm in away.migrated if (there := vm.home.one(Host, vm.resident_on)) is not None})
        text = ngettext("{n} of its VMs runs on {hosts}.", "{n} of its VMs run on {hosts}.", len(away.migrated))
        yield text.format(n=number(len(away.migrated)), hosts=", ".join(map(name_of, hosts)))
    if off := len(away.halted) + len(away.suspended):
        yield ngettext("{n} is shut down or suspended.", "{n} are shut down or suspended.", off).format(n=number(off))


def answers(context: Context, rolling: Rolling) -> None:
    """A button for each, from harmless to final; none for those who may not."""
    if context.rolling.may_not(whoever(), rolling.request, context.rolling.pool_of(rolling)) is not None:
        return
    go_on = _("Continue with the next host") if rolling.paused == FIRST_DONE else _("Continue") if rolling.paused else _("Begin now")
    texts = {
        "go_on": go_on,
        "wait": _("Wait {time} more").format(time=duration(60.0 * rolling.request.minutes)),
        "look": _("Check again"), "again": _("Retry this host"), "skip": _("Skip this host and continue"), "stop": _("Stop here") + "…",
    }  # fmt: skip
    for place, what in enumerate(answers_to(rolling)):
        kind = ButtonKind.DANGER if what == "stop" else ButtonKind.PLAIN if place else ButtonKind.PRIMARY
        press = partial(stop_here, context, rolling) if what == "stop" else partial(answer, context, rolling, what)
        Button(texts[what], press, kind=kind).mark(f"answer-{what}")


def answer(context: Context, rolling: Rolling, what: str) -> None:
    if (reason := context.rolling.answer(whoever(), rolling, what)) is not None:
        notify(str(reason), Tone.WARNING)


async def stop_here(context: Context, rolling: Rolling) -> None:
    """Asked first, since nothing takes it back: what stays as it is, and what is restored."""
    open_ones = [turn.name for turn in rolling.turns if turn.state is not TurnState.DONE]
    rest = _("Not updated: {hosts}.") if rolling.request.update else _("Not rebooted: {hosts}.")
    restored = ", ".join(_(name) for name in names_of(rolling.aside))
    text = [
        rest.format(hosts=", ".join(open_ones)) if open_ones else "",
        _("Will be restored: {what}.").format(what=restored) if restored else "",
    ]
    if await confirm(_("Stop here?"), " ".join(filter(None, text)), yes=_("Stop the run"), no=_("Cancel")):
        answer(context, rolling, "stop")


def waiting_line(context: Context, rolling: Rolling) -> None:
    """The same for those who look elsewhere."""
    pool = pool_name(context.mirror.pools[rolling.pool])
    text = _("{pool}: {title} is paused: {reason}").format(pool=pool, title=title_of(rolling), reason=reason_of(rolling))
    with Notice(text, Tone.WARNING), ui.element().classes("x-row x-wrap"):
        answers(context, rolling)
        ui.link(_("Show the run"), f"/rolling/{rolling.id}").classes("x-link")
