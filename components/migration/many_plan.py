"""Before several VMs move: how long it takes, what is in the way, the commands, and the button."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.actions.preview import Preview
from components.live import fresh_slot
from components.migration.many_rows import MoveStanding
from components.migration.many_state import Outcome
from components.migration.timing import tell_time
from components.ui import Button, ButtonKind, Card, Mark
from data.identity import seen_from
from data.objects import Network
from xo_dash.control.throttle import IN_A_POOL, ON_A_HOST, SENDING_DISKS
from xo_dash.control.vm.migration.estimate import estimate_of_many
from xo_dash.control.vm.migration.mapping import migration_network_of
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.migration.speeds import MigrationSpeeds
from xo_dash.i18n import _, ngettext, number


class ManyPlan(ui.element):
    def __init__(self, speeds: MigrationSpeeds, go: Callable[[], object]) -> None:
        super().__init__("aside")
        self.classes("x-move-aside")
        self._speeds = speeds
        with self:
            with Card(_("Plan")):
                self._time = ui.element()
                self._faults = ui.element().props("role=status").mark("faults")
                self._preview = Preview(MIGRATE, ())
                self._button = Button(_("Migrate"), go, kind=ButtonKind.PRIMARY, icon="migrate")
            with Card(_("If one fails or is cancelled")):
                text = _("That VM stays where it is with its disks; the others go on. Each can be cancelled on the page of the run.")
                ui.label(text).classes("x-dim")

    def show(self, found: Outcome, network: str) -> None:
        """`network`: the key of the migration network that somebody chose."""
        goes, wrong = found.standing(MoveStanding.GOES), _wrong(found)
        self._tell_time(found, network)
        self._preview.show(None if wrong else found.request, subjects=goes)
        with fresh_slot(self._faults):
            more = [_("... and {n} more").format(n=number(found.more_notes))] if found.more_notes else []
            for text in wrong or [*map(str, found.notes), *more]:
                with ui.element().classes("x-move-note"):
                    Mark("critical" if wrong else "warning")
                    ui.label(text)
        title = ngettext("Migrate {n} VM", "Migrate {n} VMs", len(goes)).format(n=number(len(goes)))
        self._button.set_text(title if goes else _("Migrate"))
        self._button.allow(wrong[0] if wrong else None)

    def _tell_time(self, found: Outcome, network: str) -> None:
        goal = found.placed.goal
        over = (seen_from(goal.home, Network, network) if network else None) or migration_network_of(goal.hosts[0])
        with fresh_slot(self._time):
            if sizes := found.sizes():
                tell_time(estimate_of_many(found.placed, sizes, over, self._speeds))
                pace = _("Up to {host} at a time on a host, {disks} if their disks move, {pool} in a pool; the others wait")
                figures = {"host": number(ON_A_HOST), "disks": number(SENDING_DISKS), "pool": number(IN_A_POOL)}
                ui.label(pace.format(**figures)).classes("x-dim x-small")


def _wrong(found: Outcome) -> list[str]:
    """What keeps all of it from beginning."""
    wrong = [str(fault) for fault in found.faults]
    if cannot := len(found.standing(MoveStanding.CANNOT)):
        words = ngettext("{n} VM cannot go; leave it out or choose another target",
                         "{n} VMs cannot go; leave them out or choose another target", cannot)  # fmt: skip
        wrong.append(words.format(n=number(cannot)))
    elif not found.standing(MoveStanding.GOES):
        wrong.append(_("No VM is left to migrate."))
    return wrong
