"""The VMs that a run has made, and the way to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nicegui import ui

from components.theme.icons import Icon
from components.ui import Button, ButtonKind, passing
from components.urls import path_of
from data.names import name_of
from data.types import Home, Ref, XapiObject
from data.views.vm import VMView
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.i18n import _, ngettext, number

LINKED: Final = 20
"""VMs of one run that are linked."""


def made_vms(run: Run, pools: Mapping[str, Home]) -> list[XapiObject]:
    """Those that are there, in these pools; a snapshot is none, nor is a VM that has only moved."""
    found: dict[XapiObject, None] = {}
    for item, ref in _refs(run):
        homes = [home for _key, home in sorted(pools.items(), key=lambda entry: entry[0] != item.pool)]
        vm = next((vm for home in homes if (vm := home.one(VMView.kind, ref)) is not None), None)
        if vm is not None and vm.uuid != item.uuid and not vm.is_a_snapshot and path_of(vm):
            found[vm] = None
    return list(found)


def _refs(run: Run) -> Iterator[tuple[RunItem, Ref]]:
    """(the object that the command was given to, what was answered for it)"""
    for item in run.items:
        if not item.state.ended or item.state is RunState.DONE:
            results = item.result if isinstance(item.result, list) else [item.result]
            yield from ((item, ref) for ref in item.made)
            yield from ((item, Ref(ref)) for ref in results if isinstance(ref, str) and ref.startswith("OpaqueRef:"))


def link_made(vms: list[XapiObject]) -> None:
    """A link to each, here."""
    for vm in vms[:LINKED]:
        ui.link(_("Open {name}").format(name=name_of(vm)), path_of(vm)).classes("x-link").props("dir=auto").mark("open-made")
    if (more := len(vms) - LINKED) > 0:
        ui.label(ngettext("and {n} more", "and {n} more", more).format(n=number(more))).classes("x-dim")


class MadeNotice(ui.element):
    """A notice at the foot of the page that goes by itself: it is done, and there is the VM."""

    def __init__(self, text: str, vms: list[XapiObject]) -> None:
        super().__init__()
        self.classes("x-undo").props("role=status").mark("made-notice")
        self.props.update(passing())
        with self:
            Icon("check").classes("x-dim")
            ui.label(text).props("dir=auto")
            link_made(vms[:1])
            Button(icon="close", label=_("Dismiss"), kind=ButtonKind.GHOST, on_click=self.delete).props("data-dismiss")
