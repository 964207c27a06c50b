"""Asking for the limits of a user or a group: what they have is filled in, what is wrong is said at its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from nicegui import ui

from components.access.giving import GROUP, USER, people_to_choose
from components.people.faults import fault_of, need_administrator
from components.ui import Dialog, Field, check, choice, several
from data.grants.grant import GrantKind
from data.grants.quota import Quota
from data.grants.targets import TARGETS
from data.identity import key_of
from data.names import name_of, pool_name
from data.texts import natural, typed_whole
from xo_dash.auth.refused import Refused
from xo_dash.context import Context
from xo_dash.control.quota.words import RESOURCES
from xo_dash.control.requests.sizes import parse_size, written_size
from xo_dash.i18n import _, isolated

T = TypeVar("T")
COUNTED: Final = ("vms", "vcpus")
"""Of RESOURCES; the others are sizes."""


class QuotaDialog(Dialog):
    def __init__(self, context: Context) -> None:
        super().__init__(_("Set quota"))
        self._context = context
        self._reading: Field | None = None  # whose value is looked at
        self.on("hide", self.delete, [])
        people = people_to_choose(context)
        with self:
            self._who = choice(people, next(iter(people)), label=_("Who"), on_change=self._fill)
            self._fields = {resource: Field(_(title), hint=_("Leave empty for no limit")) for resource, title in RESOURCES.items()}
            self._srs = several({}, [], label=_("Allowed SRs"))
            self._networks = several({}, [], label=_("Allowed networks"))
            ui.label(_("Leave these empty to allow all that they can see.")).classes("x-dim")
            self._running = check(_("Count vCPUs and memory only for running VMs"))
            self._fault = ui.label().classes("x-critical")
        self.answers(_("Cancel"), _("Set quota"), self._submit)
        self._fill()
        self.open()

    def _named(self, kind: GrantKind) -> dict[str, str]:
        """{key: name} of all there are, with the pool where there are several."""
        mirror = self._context.mirror
        rows = sorted(mirror.every(TARGETS[kind]), key=lambda row: (natural(name_of(row)), pool_name(row.home)))
        several_pools = len(mirror.pools) > 1
        return {
            key_of(row): f"{isolated(name_of(row))} · {isolated(pool_name(row.home))}" if several_pools else name_of(row) for row in rows
        }

    def _fill(self) -> None:
        """With what holds for whoever is chosen now."""
        user_id, group_id = self._whose()
        held = next((one for one in self._context.grants.table.quotas if (one.user_id, one.group_id) == (user_id, group_id)), Quota(id=""))
        for resource, field in self._fields.items():
            value: int | None = getattr(held, resource)
            field.value = "" if value is None else str(value) if resource in COUNTED else written_size(value)
            field.fault(None)
        for kind, box, keys in ((GrantKind.SR, self._srs, held.srs), (GrantKind.NETWORK, self._networks, held.networks)):
            there = self._named(kind)
            gone = {key: _("{uuid} (deleted)").format(uuid=key[:8]) for key in keys if key not in there}
            box.set_options(there | gone, value=list(keys))
        self._running.value = held.running
        self._fault.text = ""

    def _whose(self) -> tuple[str, str]:
        """The ids of a user and of a group, one of them empty."""
        whom, _space, id_ = str(self._who.value).partition(" ")
        return id_ if whom == USER else "", id_ if whom == GROUP else ""

    async def _submit(self) -> None:
        self._reading = None
        fault = await fault_of(self._save)
        for field in self._fields.values():
            field.fault(fault if field is self._reading else None)
        self._fault.text = fault if fault and self._reading is None else ""
        if fault is None:
            self.close()

    async def _save(self) -> None:
        need_administrator(_("Only an administrator can change quotas."))
        user_id, group_id = self._whose()
        quota = Quota(
            id="", user_id=user_id, group_id=group_id, running=bool(self._running.value),
            srs=tuple(self._srs.value), networks=tuple(self._networks.value),
            vms=self._read("vms", _count), vcpus=self._read("vcpus", _count), memory=self._read("memory", _size),
            disk=self._read("disk", _size),
        )  # fmt: skip
        await self._context.grants.quotas.save(quota)
        await self._context.grants.refresh()

    def _read(self, resource: str, read: Callable[[str], T]) -> T | None:
        """None where nothing was entered. Raises Refused."""
        self._reading = self._fields[resource]
        text = str(self._reading.value or "").strip()
        value = read(text) if text else None
        self._reading = None
        return value


def _count(text: str) -> int:
    """Raises Refused."""
    count = typed_whole(text)
    if count is None or count >= 10**9:
        raise Refused(_("“{text}” is not a number; leave the field empty for no limit").format(text=text[:80]))
    return count


def _size(text: str) -> int:
    """Raises Refused."""
    amount = parse_size(text, "G")
    if not isinstance(amount, int):
        raise Refused(_("“{text}” is not a size; enter something like “32 GiB”").format(text=text[:80]))
    return amount
