"""`/consoles?o=vm:uuid@pool,...`: up to sixteen consoles on one wall; sets of them are kept per person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nicegui import ui

from components.charts.compare import compare_key
from components.console.wall import MOST, Wall, wall_path
from components.frame.finder import Adder
from components.frame.loading import is_loading, load_again_when_there
from components.parts import page
from components.ui import Button, ButtonKind, PageHead, choice, empty_state
from components.ui.naming import ask_name
from data.facts.vm import is_guest, is_up
from data.names import by_name
from data.scope import Scope
from data.search import Group
from data.stores.users import User
from data.views.vm import VMView
from pages.layout import frame
from xo_dash.auth.current import current_user
from xo_dash.consoles.rights import may_see
from xo_dash.context import Context
from xo_dash.i18n import _, number

PREFERENCE: Final = "consoles"
"""{"columns": 3, "sets": {name: [key of a VM, ...]}}"""
SETS, LONGEST_NAME = 20, 60
SHAPES: Final = (2, 3, 4)
FULL_SCREEN: Final = "() => document.querySelector('.x-wall').requestFullscreen()"


def create(program: Context) -> None:
    @page("/consoles")
    def consoles(o: str = "") -> None:
        context = program.for_viewer()
        user, kept = current_user(), SavedSets()
        vms = asked(context.scope, o) if o else usual(context.scope, user, kept.columns**2)
        vms = [vm for vm in vms if may_see(user, vm.row)]
        with frame(context, title=_("Consoles"), crumbs=[(_("VMs"), "/vms")], about=[vm.row for vm in vms]):
            _page(context, vms, kept, fills=not o)


def asked(scope: Scope, text: str) -> list[VMView]:
    """The VMs that `vm:uuid@pool,...` names and that are there, each once."""
    keys = [part.removeprefix("vm:") for part in text.split(",")[: 4 * MOST] if part.startswith("vm:")]
    return list(dict.fromkeys(vm for key in keys if (vm := scope.vm(key)) is not None and is_guest(vm.row)))[:MOST]


def usual(scope: Scope, user: User, most: int) -> list[VMView]:
    """For whoever has chosen none: so many that run and whose consoles they may see, by name."""
    running = by_name(vm for vm in scope.mirror.every(VMView.kind) if is_guest(vm) and is_up(vm) and may_see(user, vm))
    return [scope.view(VMView, vm) for vm in running[:most]]


def _page(context: Context, vms: Sequence[VMView], kept: SavedSets, *, fills: bool) -> None:
    """`fills`: nobody has chosen them, so there are as many as there is room for."""
    head = PageHead(_("Consoles"), _("{n} of at most {most}").format(n=len(vms), most=MOST))
    with head.verbs, ui.element().classes("x-wall-head"):
        adder = Adder(context, "o", (Group.VM,), compare_key, MOST)
        adder.props["words"] = {**adder.props["words"], "label": _("Add a console")}
        Button("", icon="full", label=_("Full screen")).on("click", js_handler=FULL_SCREEN)
    with ui.element().classes("x-row x-wrap"):
        shapes = ui.element().classes("x-list-segments x-wall-shapes").props("role=group")
        _sets(context, kept, [vm.key for vm in vms])
        if vms:
            ui.label(_("One picture per host at a time, every 30 seconds. The selected console is live.")).classes("x-dim x-wall-hint")
    if not vms and is_loading(context.mirror):
        load_again_when_there(context.mirror)
        return
    if not vms:
        empty_state(_("No consoles"), _("Add VMs by name, address or tag."))
        return
    wall = Wall(context, vms, kept.columns)
    with shapes:
        _shapes(context, kept, wall, fills)


class SavedSets:
    """What whoever looks has kept, as far as it is what we write."""

    def __init__(self) -> None:
        self._read()

    def _read(self) -> None:
        preference = current_user().preferences.get(PREFERENCE)
        known: Mapping[str, Any] = preference if isinstance(preference, dict) else {}
        columns, sets = known.get("columns"), known.get("sets")
        self.columns = columns if columns in SHAPES else 3
        self.sets: dict[str, list[str]] = {
            name: [key for key in keys if isinstance(key, str)][:MOST]
            for name, keys in (sets.items() if isinstance(sets, dict) else ())
            if isinstance(name, str) and isinstance(keys, list)
        }

    async def set_columns(self, context: Context, columns: int) -> None:
        self._read()
        await self._write(context, columns, self.sets)

    async def keep(self, context: Context, name: str, keys: Sequence[str]) -> None:
        self._read()
        await self._write(context, self.columns, self.sets | {name: list(keys)})

    async def remove(self, context: Context, name: str) -> None:
        self._read()
        await self._write(context, self.columns, {other: keys for other, keys in self.sets.items() if other != name})

    async def _write(self, context: Context, columns: int, sets: dict[str, list[str]]) -> None:
        """Beside what other pages have kept meanwhile."""
        self.columns, self.sets = columns, sets
        await context.users.set_preferences(current_user().id, {PREFERENCE: {"columns": columns, "sets": sets}})


def _shapes(context: Context, kept: SavedSets, wall: Wall, fills: bool) -> None:
    made: dict[int, ui.element] = {}

    async def set_columns(columns: int) -> None:
        for other, button in made.items():
            button.props["aria-pressed"] = "true" if other == columns else "false"
        wall.set_columns(columns)
        await kept.set_columns(context, columns)
        if fills:
            ui.navigate.to("/consoles")

    for columns in SHAPES:
        button = made[columns] = ui.element("button").props("type=button")
        button.props["aria-pressed"] = "true" if columns == kept.columns else "false"
        button.on("click", lambda columns=columns: set_columns(columns), [])
        with button:
            ui.label(f"{number(columns)} × {number(columns)}")


def _sets(context: Context, kept: SavedSets, keys: Sequence[str]) -> None:
    """Those kept, and keeping this one."""
    names = list(kept.sets)
    now = next((name for name in names if kept.sets[name] == list(keys)), None)
    if names:
        box = choice({name: name for name in names}, now, on_change=lambda event: ui.navigate.to(wall_path(kept.sets[event.value])))
        box.classes("x-wall-sets").props["aria-label"] = _("Sets of VMs")

    def refuse(name: str) -> str:
        full = name not in kept.sets and len(kept.sets) >= SETS
        return _("there are already {n} sets; remove one first").format(n=SETS) if full else ""

    async def save() -> None:
        if name := await ask_name(_("Save these VMs as a set"), now or "", LONGEST_NAME, refuse):
            await kept.keep(context, name, keys)
            ui.navigate.to(wall_path(keys))

    async def remove() -> None:
        await kept.remove(context, now or "")
        ui.navigate.to(wall_path(keys))

    if keys:
        Button(_("Save as…"), save, kind=ButtonKind.GHOST)
    if now is not None:
        Button(_("Remove this set"), remove, kind=ButtonKind.GHOST)
