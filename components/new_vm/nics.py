"""The NICs of a new VM."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from components.live import renewed
from components.new_vm.draft import NicDraft
from components.new_vm.model import Model
from components.new_vm.section import Section
from components.ui import Button, Kind
from data.names import name_of
from data.objects import Network
from data.types import Home
from xo_dash.control.vm.creation.blueprint import default_network
from xo_dash.i18n import _, ngettext, number

INTERNAL = "is_host_internal_management_network"
"""In other_config: the network between a host and its own domains, which is for no VM."""


class Nics(Section):
    title = staticmethod(lambda: _("Networks"))
    fields = ("nics",)

    def summary(self, model: Model) -> str:
        plan = model.plan
        if plan is None or not plan.cards:
            return "" if plan is None else _("no NIC")
        count = ngettext("{n} NIC", "{n} NICs", len(plan.cards)).format(n=number(len(plan.cards)))
        names = ", ".join(name_of(card.network) if card.network is not None else "–" for card in plan.cards)
        macs = _("MAC generated") if not any(card.mac for card in plan.cards) else ", ".join(card.mac for card in plan.cards if card.mac)
        return f"{count}: {names} · {macs}"

    def changed(self) -> bool:
        return self.form.draft.nics is not None

    def fill(self) -> None:
        self._drawn: list[object] = []
        self._rows = ui.element().classes("x-fold-rows")
        Button(_("Add NIC"), self._add, icon="plus").mark("add-nic")

    def refresh(self, model: Model) -> None:
        drafts = self._drafts(model)
        shape = [len(drafts), model.plan.source.uuid if model.plan else "", [draft.network for draft in drafts]]
        if shape == self._drawn:
            return
        self._drawn = shape
        self.forget("nics.")
        options = networks(model.pool.home)
        with renewed(self._rows):
            if not drafts:
                ui.label(_("No NIC.")).classes("x-dim")
            for number_, draft in enumerate(drafts):
                self._row(options, number_, draft)
        for place, box in self._boxes.items():
            box.error = str(reason) if (reason := self.form.said(model, place)) else None

    def _drafts(self, model: Model) -> list[NicDraft]:
        draft = self.form.draft
        if draft.nics is not None or model.plan is None:
            return draft.nics or []
        return [NicDraft(card.network.uuid if card.network is not None else "", card.mac) for card in model.plan.cards]

    def _own(self) -> list[NicDraft]:
        draft = self.form.draft
        if draft.nics is None:
            draft.nics = self._drafts(self.form.model) if self.form.model is not None else []
        return draft.nics

    def _add(self) -> None:
        model = self.form.model
        usual = default_network(model.pool.home) if model is not None else None
        self._own().append(NicDraft(usual.uuid if usual is not None else ""))
        self.form.changed()

    def _remove(self, number_: int) -> None:
        self._own().pop(number_)
        self.form.changed()

    def _row(self, options: dict[str, str], number_: int, draft: NicDraft) -> None:
        def put(name: str, text: str) -> None:
            setattr(self._own()[number_], name, text)

        with ui.element().classes("x-fold-row x-nic-row"):
            self.choice(f"nics.{number_}.network", options, draft.network, partial(put, "network"), label=_("Network"))
            self.text(f"nics.{number_}.mac", _("MAC address"), partial(put, "mac"), value=draft.mac, placeholder=_("made by the pool"))
            Button(icon="close", kind=Kind.GHOST, label=_("Remove NIC"), on_click=partial(self._remove, number_)).classes("x-row-end")


def networks(home: Home) -> dict[str, str]:
    """{uuid: name} of what VMs can be on, by name."""
    found = [network for network in home.all(Network).values() if network.other_config.get(INTERNAL) != "true"]
    found.sort(key=lambda network: (not network.PIFs, name_of(network).casefold()))
    return {network.uuid: name_of(network) for network in found}
