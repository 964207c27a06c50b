"""A VM's migration: where it can go, what moves with it, what happens, and the button."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nicegui import background_tasks, ui

from components.actions import start_run, tell_end, whoever
from components.actions.preview import Preview
from components.live import follow_all, follow_source
from components.migration.choices import MigrationChoices
from components.migration.places import MigrationPlaces
from components.migration.progress import MigrationProgress
from components.migration.target_list import TargetList, TargetRow
from components.migration.timing import about, tell_time
from components.migration.words import moved, way_text
from components.parts import at_once_or_in_turns, in_parts, part
from components.ui import Button, ButtonKind, Card, Icon, Mark
from components.urls import PREFIXES, path_of
from data.changes import Change
from data.host_fit import Offers
from data.hosts import account_of
from data.identity import Key, key_of, seen_from
from data.names import name_of, pool_name_among
from data.objects import SR, VM, Host, HostMetrics, Network
from data.stores.users import User
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.requests.fault import Fault
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.control.usable import usable_by
from xo_dash.control.vm.migration.estimate import estimate
from xo_dash.control.vm.migration.mapping import DiskMove, migration_network_of
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.migration.request import MigrateVM, disks_in
from xo_dash.control.vm.migration.targets import Target, by_fitness, is_running, memory_after, short_of, target_of, targets, way_out
from xo_dash.i18n import _, number, size


class MigrationForm(ui.element):
    """Changing the target keeps what was touched and derives the rest anew."""

    def __init__(self, context: Context, vm: VM, host: str = "", *, copy: bool = False) -> None:
        """`host`: the key of the one that is chosen at first; else the first that can take it. `copy`: the original is kept."""
        super().__init__()
        self.classes("x-move")
        self._context, self._vm = context, vm
        first = next((one for one in targets(vm) if one.refused is None), None)
        self._run = _under_way(context, vm)
        item = _of(self._run, vm) if self._run is not None else None
        asked = item.request if item is not None else None
        usual = MigrationChoices(host or (key_of(first.host) if first is not None else ""), copy=copy)
        self._chosen = MigrationChoices.of(asked) if isinstance(asked, MigrateVM) else usual
        self._judged: dict[Host, LazyText | None] = {}  # by XAPI itself
        self._rows: dict[Host, tuple[Target, TargetRow]] = {}  # as they were found; those of what changed are found anew
        self._drawings = 0
        with self:
            with ui.element().classes("x-move-main"):
                self._targets = TargetList(self._choose)
                self._places = MigrationPlaces(vm, self._chosen, self._tell)
            with ui.element("aside").classes("x-move-aside"):
                self._plan_card = Card(_("Plan"))
                with self._plan_card:
                    with ui.element().classes("contents") as self._before:
                        self._estimate = ui.element()
                        self._preview = Preview(MIGRATE, [vm])
                        self._button = Button(_("Migrate"), self._go, kind=ButtonKind.PRIMARY, icon="migrate")
                    self._progress = MigrationProgress(context)
                self._starting = Card(_("Before it starts"))
                with self._starting:
                    self._faults = ui.element().props("role=status").mark("faults")
                with Card(_("If it fails")):
                    self._failing = ui.label().classes("x-dim")
        self._draw_targets()
        part(self._places.show, self._host)
        part(self._tell)
        follow_source(context.runner.observe, self._follow)
        follow_all(context.mirror, self._concerns, self._again, topics=lambda: (Host, HostMetrics, SR, vm.ref))
        asking = background_tasks.create(self._ask(), name="check the targets of a migration")
        self.client.on_delete(asking.cancel)

    # ---- what there is to choose from

    def _concerns(self, changes: Sequence[Change]) -> bool:
        """What has to be found anew: of a pool where VMs come and go, the hosts they are on."""
        for subject in (change.subject for change in changes):
            if isinstance(subject, Host):
                self._rows.pop(subject, None)
            elif isinstance(subject, HostMetrics):
                for host in [host for host in self._rows if host.metrics == subject.ref and host.home is subject.home]:
                    del self._rows[host]
            else:
                self._rows.clear()
        return True

    def _again(self) -> None:
        """The pools changed: what may be chosen, but not what was."""
        host = self._host
        if host is None or host not in self._rows:
            self._tell()
        if self._run is None:  # while it moves, what is free tells of it, not of where it goes
            at_once_or_in_turns(self._drawing())

    async def _ask(self) -> None:
        """XAPI's own judgement of every host that we would let it go to, the nearest first."""
        with self:
            if why_not(MIGRATE, self._vm, whoever()) is not None:
                return
        wanted = [(self._vm, MigrateVM(host=key_of(one.host))) for one in targets(self._vm) if one.refused is None]
        await self._context.runner.migration_checks.watch(wanted, self._judge, self._draw_judged)

    def _judge(self, _vm: VM, host: Host, reason: LazyText | None) -> None:
        self._judged[host] = reason
        self._rows.pop(host, None)

    def _draw_judged(self) -> None:
        """What came since: many answers in one turn."""
        if not self.is_deleted:
            with self:
                self._again()

    @property
    def _host(self) -> Host | None:
        return seen_from(self._vm.home, Host, self._chosen.host) if self._chosen.host else None

    def _draw_targets(self) -> None:
        with self:  # the row that was clicked may be gone
            in_parts(self._drawing())

    def _drawing(self) -> Iterator[None]:
        """Host by host; what is begun later is newer, and all of it."""
        self._drawings += 1
        this, offers, found = self._drawings, Offers(), list[tuple[Target, TargetRow]]()
        for host in [host for home in self._vm.home.pools.values() for host in home.all(Host).values()]:
            if host not in self._rows:
                one = target_of(self._vm, offers[host])
                one = replace(one, refused=one.refused or self._judged.get(host))  # XAPI overrules the mirror
                self._rows[host] = one, self._target(one, offers)
            found.append(self._rows[host])
            yield
            if this != self._drawings or self.is_deleted:
                return
        found.sort(key=lambda each: by_fitness(each[0]))
        able = sum(one.refused is None for one, _row in found)
        scope = _("{able} of {all} can run it").format(able=number(able), all=number(len(found)))
        if self._judged:
            judged = _("{n} checked by XAPI").format(n=number(len(self._judged)))
            scope = f"{scope} · {judged}"
        self._targets.show([row for _one, row in found], self._chosen.host, scope)

    def _target(self, one: Target, offers: Offers) -> TargetRow:
        refused = one.refused is not None
        moves = [] if refused else disks_in(MigrateVM(host=key_of(one.host)), self._vm, one.host, usable_by(self._user(), self._vm))
        return TargetRow(
            key_of(one.host), f"target-{one.host.uuid}", name_of(one.host), pool_name_among(one.host.home), self._about(one, moves, offers),
            self._memory(one), refused, one.host in self._judged and not refused, "" if refused else self._time(one.host, moves),
        )  # fmt: skip

    def _about(self, one: Target, moves: list[DiskMove], offers: Offers) -> str:
        if one.refused is not None:
            lack = short_of(self._vm, one.host)
            out = way_out(one.host, lack, offers) if lack is not None else None
            return f"{one.refused}. {out}" if out is not None else str(one.refused)
        text, disks = way_text(self._vm, one.way), moved(moves)
        return f"{text}: {disks}" if disks else text

    def _time(self, host: Host, moves: list[DiskMove]) -> str:
        return about(estimate(self._vm, host, moves, migration_network_of(host), self._context.runner.migration_speeds))

    def _memory(self, one: Target) -> str:
        free = account_of(one.host).free
        after = memory_after(self._vm, free)
        if one.refused is not None or after == free:
            return _("{free} free").format(free=size(free))
        return f"{size(free)} → {size(after)}"

    def _choose(self, key: str) -> None:
        if self._run is not None:
            return
        self._chosen.turn_to(key, seen_from(self._vm.home, Host, key))
        self._draw_targets()
        self._places.show(self._host)
        self._tell()

    # ---- what will happen

    def _tell(self) -> None:
        """The plan, how long it takes, and what is wrong; once it runs, how far it is stands there."""
        host = self._host
        self._failing.text = self._after_a_failure(host)
        if self._run is not None:
            return
        request = self._asked()
        faults: list[Fault] = MIGRATE.faults(request, self._vm) if host is not None else []
        barred = why_not(MIGRATE, self._vm, self._user())
        # XAPI was asked about the host as it is taken by itself; of other places the plan asks before it does anything
        judged = self._judged.get(host) if host is not None and self._chosen.is_only_a_host else None
        wrong = [str(barred)] if barred is not None else [str(fault.reason) for fault in faults] or ([str(judged)] if judged else [])
        self._preview.show(None if faults or host is None else request)
        self._estimate.clear()
        if host is not None and not faults:
            with self._estimate:
                self._tell_time(host, request)
        self._faults.clear()
        with self._faults:
            notes = [] if wrong or host is None else [str(note) for note in MIGRATE.notes(request, self._vm)]
            for text in wrong or notes:
                with ui.element().classes("x-move-note"):
                    Mark("critical" if wrong else "warning")
                    ui.label(text)
            for text in () if wrong or host is None else self._certain(host):
                with ui.element().classes("x-move-note"):
                    Icon("check")
                    ui.label(text)
        self._button.allow(wrong[0] if wrong else None if host is not None else _("No host can run it now."))

    def _certain(self, host: Host) -> Iterator[str]:
        """What was looked at and is in order."""
        if host in self._judged and self._chosen.is_only_a_host:
            yield _("XAPI agrees: CPU features, locks and changed block tracking")
        else:
            yield _("XAPI checks it before anything is copied")
        if is_running(self._vm):
            yield _("{host} has the memory, storage and networks it needs").format(host=name_of(host))

    def _asked(self) -> MigrateVM:
        """What was chosen, with what is chosen for whoever looks."""
        asked: MigrateVM = MIGRATE.settled(self._chosen.request(), self._vm, self._user())
        return asked

    def _user(self) -> User | None:
        with self:  # the row that was clicked may be gone
            return whoever()

    def _tell_time(self, host: Host, request: MigrateVM) -> None:
        network = (seen_from(host.home, Network, request.network) if request.network else None) or migration_network_of(host)
        tell_time(estimate(self._vm, host, disks_in(request, self._vm, host), network, self._context.runner.migration_speeds))
        if is_running(self._vm):
            ui.label(_("{name} keeps running, with a pause of about a second").format(name=name_of(self._vm))).classes("x-dim x-small")

    def _after_a_failure(self, host: Host | None) -> str:
        name, now = name_of(self._vm), self._vm.home.one(Host, self._vm.resident_on)
        text = (
            _("{name} stays on {host} with its disks.").format(name=name, host=name_of(now))
            if now
            else _("{name} is not changed.").format(name=name)
        )
        more = _("What was copied is removed; what could not be removed is named in the run.")
        return f"{text} {more}" if host is not None else text

    # ---- while it runs

    def _go(self) -> None:
        if self._run is None:
            self._run = start_run(self._context, MIGRATE, [self._vm], self._chosen.request())
            self._follow()

    def _follow(self) -> None:
        run = self._run
        item = _of(run, self._vm) if run is not None else None
        self._before.set_visibility(item is None)
        self._starting.set_visibility(item is None)
        self._progress.show(run, item)
        if run is None or item is None or not item.state.ended:
            return
        self._run = None
        if len(run.items) == 1:  # of several the run's card tells
            tell_end(self._context, run)
        if item.state is RunState.DONE and isinstance(item.request, MigrateVM):
            ui.navigate.to(self._arrived(item.request))
        else:
            self._follow()
            self._rows.clear()
            self._again()

    def _arrived(self, request: MigrateVM) -> str:
        """The page of the VM where it is now: it keeps its UUID, unless it was copied."""
        host = seen_from(self._vm.home, Host, request.host)
        if host is None or host.home is self._vm.home or request.copy:
            return path_of(self._vm)
        return f"{PREFIXES[VM]}{Key(self._vm.uuid, host.home.key)}"


def _under_way(context: Context, vm: VM) -> Run | None:
    """A migration of it that has begun before this page was opened."""
    runs = (run for run in context.tasks.runs if run.action is MIGRATE)
    return next((run for run in runs if (item := _of(run, vm)) is not None and not item.state.ended), None)


def _of(run: Run, vm: VM) -> RunItem | None:
    """What the run does to this VM."""
    return next((item for item in run.items if item.uuid == vm.uuid and item.pool == vm.home.id), None)
