"""A new network of a pool: what it stands on, what happens on each host, what it touches, and the button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nicegui import ui

from components.actions import give, whoever
from components.actions.preview import Preview
from components.cells import CellTable
from components.live import follow_all, fresh_slot
from components.new_network.effects import device_words, effects
from components.ui import Button, ButtonKind, Card, Column, Field, Mark, check, choice
from components.ui.segments import Segments
from components.urls import path_of
from data.changes import Change
from data.names import by_name, name_of
from data.objects import PIF, Bond, Host, HostMetrics, Network, PIFMetrics, Pool
from data.server import Server
from data.texts import whole
from data.uplinks import devices_of, hosts_of, tags_on
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.network.create import (
    BOND,
    EXTERNAL,
    HIGHEST_TAG,
    INTERNAL,
    KINDS,
    NEW_NETWORK,
    TAGGED,
    NewNetwork,
    base_of,
    free_tag,
    uplink_choices,
    usual_mtu,
)
from xo_dash.control.network.settings import HASHES, LOCKING, MODES, PURPOSES
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.run import RunState
from xo_dash.i18n import N_, _

VERBS: Final[Mapping[str, str]] = {
    EXTERNAL: N_("Create network"), TAGGED: N_("Create VLAN"), BOND: N_("Create bond"), INTERNAL: N_("Create network"),
}  # fmt: skip
COMMON: Final = ("kind", "name", "description", "mtu", "purpose", "locking", "tags")
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    EXTERNAL: ("on",), TAGGED: ("on", "vlan"), BOND: ("nics", "mode", "hashing"), INTERNAL: (),
}  # fmt: skip
FOLLOWED: Final = (Host, HostMetrics, Network, PIF, PIFMetrics, Bond)
TYPED: Final = "debounce=200"
UNNAMED: Final = "\u2013"
FEW: Final = 8
"""Boxes that stand in a row; more stand below each other."""
FOCUS: Final = "(one) => one.$el.focus()"


class NewNetworkForm(ui.element):
    """What was typed stays whatever kind is looked at; name and MTU follow by themselves until they are typed."""

    def __init__(self, context: Context, pool: Pool, kind: str = TAGGED) -> None:
        super().__init__()
        self.classes("x-move")
        self._context, self._pool = context, pool
        uplinks = [one.value for one in uplink_choices([pool])]
        self._values: dict[str, Any] = {"kind": kind if kind in KINDS else TAGGED, "on": uplinks[0] if uplinks else None}
        self._left_out: set[str] = set()  # hosts, by uuid
        self._touched: set[str] = set()
        self._pressed = False
        self._first, self._free_tag = "", 0  # the first field that is wrong; a number to take instead of a taken one
        self._boxes: dict[str, Field | ui.select] = {}
        self._filling = False
        with self:
            with ui.element().classes("x-move-main"), Card(_("Settings")):
                options = {key: _(text) for key, text in KINDS.items()}
                Segments(options, self._values["kind"], self._turn, label=_("Kind")).mark("kind")
                self._fields = ui.element().classes("x-net-fields")
                self._nics = ui.element().mark("nics")
                self._wrong = ui.label().classes("x-critical x-small").props("role=status").mark("fault-nics")
                columns = (Column(_("Host"), main=True), Column(_("On")), Column(_("Current link")), Column(_("What happens")))
                self._table = CellTable(columns, _("Within each host: VMs on it reach VMs of the same host and nothing else."))
                self._table.classes("x-net-hosts x-bounded")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("What is affected")):
                    self._touches = ui.element().mark("touches")
                with Card(_("Plan")):
                    self._preview = Preview(NEW_NETWORK, [pool], _("The steps appear here once the form is complete."))
                    self._button = Button(_(VERBS[TAGGED]), self._go, kind=ButtonKind.PRIMARY, icon="plus").mark("create")
                    self._button.refuse(self._lead)
                    self._why = ui.label().classes("x-dim x-small").mark("why")
                    self._free = Button("", self._take_free, kind=ButtonKind.GHOST).mark("free")
        self._draw_fields()
        follow_all(context.mirror, self._concerns, self._tell, topics=lambda: FOLLOWED)

    def _concerns(self, changes: Sequence[Change]) -> bool:
        return any(not isinstance(change.subject, Server) and change.subject.home is self._pool.home for change in changes)

    # ---- what is asked for

    @property
    def _kind(self) -> str:
        return str(self._values["kind"])

    def _asked(self) -> dict[str, Any]:
        """As it goes into a request: what the kind has, of what was ever chosen."""
        asked = {name: self._values[name] for name in (*COMMON, *OWN[self._kind]) if self._values.get(name) not in (None, "")}
        if self._kind == BOND and self._left_out:
            asked["hosts"] = [host.uuid for host in hosts_of(self._pool.home) if host.uuid not in self._left_out]
        return asked

    def _request(self) -> tuple[NewNetwork | None, list[Fault]]:
        asked = self._asked()
        try:
            request = decode(NewNetwork, {"name": UNNAMED, **asked})
        except BadRequest as error:
            return None, list(error.faults)
        faults = NEW_NETWORK.faults(request, self._pool)
        if "name" not in asked:  # the rest is judged already
            return None, [*faults, Fault("name", lazy(N_("“{field}” is missing"), field=LazyText(N_("Name"))))]
        return request, faults

    def _draft(self) -> NewNetwork:
        """What it stands on, as far as that is clear already; the rest may still be wrong."""
        asked = self._asked()
        tag = whole(str(asked.get("vlan", "")), -1)
        return NewNetwork(
            kind=self._kind, name="", on=asked.get("on"), vlan=tag if 1 <= tag <= HIGHEST_TAG else None,
            nics=tuple(asked.get("nics", ())), hosts=tuple(asked.get("hosts", ())), mode=asked.get("mode", "balance-slb"),
        )  # fmt: skip

    def _turn(self, kind: str) -> None:
        self._values["kind"] = kind
        self._draw_fields()
        self._tell()

    def _put(self, name: str, value: object) -> None:
        if self._filling:
            return
        self._values[name] = value
        self._touched.add(name)
        self._tell()

    # ---- its fields

    def _draw_fields(self) -> None:
        kind = self._kind
        self._boxes.clear()
        with fresh_slot(self._fields):
            if kind == TAGGED:
                self._line("vlan", _("VLAN number"))
            if kind in (EXTERNAL, TAGGED):
                uplinks = {one.value: one.label for one in uplink_choices([self._pool])}
                self._choice("on", _("On"), uplinks)
            self._line("name", _("Name"))
            if kind == BOND:
                self._choice("mode", _("Mode"), {key: _(text) for key, text in MODES.items()})
                self._choice("hashing", _("Balancing"), {key: _(text) for key, text in HASHES.items()})
            self._line("mtu", _("MTU"))
            self._choice("purpose", _("Purpose"), {key: _(text) for key, text in PURPOSES.items()})
            self._choice("locking", _("Source addresses"), {key: _(text) for key, text in LOCKING.items()})
            self._line("tags", _("Tags"), hint=_("Comma separated"))
            self._line("description", _("Description"))
        with fresh_slot(self._nics):
            if kind == BOND:
                self._draw_nics()
        self._nics.set_visibility(kind == BOND)

    def _line(self, name: str, label: str, hint: str = "") -> None:
        field = Field(label, str(self._values.get(name, "")), hint=hint, on_change=lambda event: self._put(name, str(event.value or "")))
        self._boxes[name] = field.props(TYPED).mark(f"field-{name}")

    def _choice(self, name: str, label: str, options: dict[str, str]) -> None:
        usual = {"mode": "balance-slb", "hashing": "tcpudp_ports", "purpose": "none", "locking": "unlocked"}
        value = self._values.get(name, usual.get(name))
        box = choice(options, value if value in options else None, label=label, on_change=lambda event: self._put(name, event.value))
        self._boxes[name] = box.mark(f"field-{name}")

    def _draw_nics(self) -> None:
        chosen = self._values.setdefault("nics", [])

        def choose(device: str, on: bool) -> None:
            now = [one for one in self._values["nics"] if one != device]
            self._put("nics", sorted([*now, device]) if on else now)

        def take(uuid: str, on: bool) -> None:
            (self._left_out.discard if on else self._left_out.add)(uuid)
            self._touched.add("nics")
            self._tell()

        nics = [(one, device_words(one, self._pool), f"nic-{one}", one in chosen) for one in devices_of(self._pool.home)]
        self._device = _boxes(_("NICs, the same on each host"), nics, choose)
        hosts = by_name(hosts_of(self._pool.home))
        if len(hosts) > 1:
            _boxes(_("Hosts"), [(one.uuid, name_of(one), f"host-{one.uuid}", one.uuid not in self._left_out) for one in hosts], take)

    # ---- what follows

    def _derive(self) -> None:
        """Name and MTU, while nobody typed them."""
        vlan = str(self._values.get("vlan") or "").strip()
        if "name" not in self._touched:
            self._show("name", _("VLAN {tag}").format(tag=vlan) if self._kind == TAGGED and vlan else "")
        if "mtu" not in self._touched:
            self._show("mtu", str(usual_mtu(self._draft(), self._pool)))
        if "hashing" in self._boxes:
            self._boxes["hashing"].set_visibility(self._values.get("mode") == "lacp")

    def _show(self, name: str, text: str) -> None:
        self._values[name] = text
        if name in self._boxes and self._boxes[name].value != text:
            self._filling = True
            self._boxes[name].value = text
            self._filling = False

    def _tell(self) -> None:
        self._derive()
        request, faults = self._request()
        said = {fault.field: str(fault.reason) for fault in reversed(faults)}
        for name, box in self._boxes.items():
            wrong = said.get(name) if name in self._touched or self._pressed else None
            if box.error != wrong:
                box.error = wrong
        self._wrong.text = said.get("nics", said.get("hosts", "")) if self._pressed or "nics" in self._touched else ""
        self._wrong.set_visibility(bool(self._wrong.text))
        self._first = next((name for name in (*self._boxes, "nics", "hosts") if name in said), "")
        self._offer_free(said)
        self._table.show([(one.host, one.cells) for one in effects(self._draft(), self._pool)])
        with self:  # a list that is drawn anew may be where we are
            barred = why_not(NEW_NETWORK, self._pool, whoever())
        self._tell_plan(None if faults else request, str(barred) if barred else said.get(self._first) or next(iter(said.values()), ""))

    def _offer_free(self, said: Mapping[str, str]) -> None:
        """A number that nobody has, for one that is taken."""
        draft = self._draft()
        taken = tags_on(base_of(draft, self._pool).values()) if "vlan" in said and draft.vlan is not None else {}
        self._free_tag = free_tag(taken, draft.vlan) if draft.vlan in taken else 0
        self._free.set_text(_("Use {tag}").format(tag=self._free_tag))
        self._free.set_visibility(bool(self._free_tag))

    def _take_free(self) -> None:
        self._boxes["vlan"].value = str(self._free_tag)

    def _tell_plan(self, request: NewNetwork | None, wrong: str) -> None:
        self._preview.show(request)
        with fresh_slot(self._touches):
            notes = [str(note) for note in NEW_NETWORK.notes(request, self._pool)] if request is not None else []
            for text in notes:
                with ui.element().classes("x-move-note"):
                    Mark("information")
                    ui.label(text)
            if request is None:
                ui.label(_("Fill in the fields first.")).classes("x-dim")
        self._button.set_text(_(VERBS[self._kind]))
        self._button.allow(wrong or None)
        self._why.text = wrong or (_("One host after another; stops at the first that does not respond.") if self._kind == BOND else "")

    # ---- the button

    def _lead(self) -> None:
        """What is wrong is said at each field, and the keyboard goes to the first."""
        self._pressed = True
        self._tell()
        if self._first in self._boxes:
            self._boxes[self._first].run_method("focus")
        elif self._first:
            self._device.run_method(FOCUS)

    async def _go(self) -> None:
        request, faults = self._request()
        if request is None or faults:
            self._lead()
            return
        self._button.allow(_("It is being created."))
        run = await give(self._context, NEW_NETWORK, [self._pool], request)
        if self.is_deleted:
            return
        with self:
            if run is not None and run.items[0].state is RunState.DONE:
                made = self._pool.home.one(Network, run.items[0].result)  # type: ignore[arg-type]
                ui.navigate.to(path_of(made) if made is not None else "/networks")
            else:
                self._tell()


def _boxes(title: str, options: Sequence[tuple[str, str, str, bool]], on_change: Callable[[str, bool], None]) -> ui.element:
    """A row of boxes to check: each is (value, text, mark, whether it is checked). Returns the first, or what has none."""
    many = " x-net-many" if len(options) > FEW else ""
    with ui.element().classes(f"x-net-boxes{many}").props("role=group") as row:
        row.props["aria-label"] = title
        ui.label(title).classes("x-dim")
        drawn = [
            check(text, on, on_change=lambda event, value=value: on_change(value, bool(event.value))).mark(mark)
            for value, text, mark, on in options
        ]
    return drawn[0] if drawn else row
