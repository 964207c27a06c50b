"""The configured connections, each with its state, its age, and what an administrator can do to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from components.live import follow, follow_all, fresh_slot
from components.servers.form import add_button, open_form, without_pools
from components.servers.words import sentence, state_mark, state_word
from components.ui import Age, Button, ButtonKind, Card, StateMark, Tone, confirm, empty_state, menu, menu_item, notify
from data.changes import Change, Operation
from data.facts.pool import own_pool
from data.names import pool_of, server_name
from data.server import Server as LiveServer
from data.server import ServerState
from data.stores.errors import StoreError
from data.stores.servers import ServerRecord
from data.texts import natural
from data.views.pool import PoolView
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import _


class ServerList(Card):
    """All connections; drawn anew when one comes or goes, each row by itself when its state changes."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Servers"), _("One per pool; the address of any of its hosts"), wide=True)
        self._context = context
        self._shown: list[ServerRecord] = []
        with self:
            self._box = ui.element()
            follow_all(context.mirror, self._concerns, self._fill)

    def _concerns(self, changes: Sequence[Change]) -> bool:
        """Whether a record is another than was drawn, or a pool came that a connection may be called by."""
        if any(isinstance(change.subject, PoolView.kind) and change.operation is not Operation.MOD for change in changes):
            return True
        return any(isinstance(change.subject, LiveServer) for change in changes) and self._records() != self._shown

    def _records(self) -> list[ServerRecord]:
        records = (record for record in self._context.server_store.all() if self._context.scope.shows_server(record.id))
        return sorted(records, key=lambda record: (natural(record.label), record.id))

    def _fill(self) -> None:
        records = self._shown = self._records()
        with fresh_slot(self._box):
            for record in records:
                pool = self._context.mirror.pools.get(record.id)
                _row(self._context, record, pool.server if pool else None)
            if not records:
                with empty_state(_("No servers yet"), without_pools(_("Add the address of any host of a pool."))):
                    if is_administrator():
                        add_button(self._context)
            elif is_administrator():
                add_button(self._context)


def _row(context: Context, record: ServerRecord, live: LiveServer | None) -> None:
    with ui.element().classes("x-server"):
        with ui.element().classes("x-row"):
            title = ui.label().classes("x-server-name x-cut")
            title.props("dir=auto")
            state = StateMark("disabled", "")
        with ui.element().classes("x-server-facts x-dim x-small"):
            if is_administrator():
                ui.label(_who(record)).classes("x-cut")
            pool = ui.label().classes("x-cut").props("dir=auto")
            product = ui.label()
            with ui.element().classes("x-row"):
                told = ui.label()
                age = Age(None)
        if is_administrator():
            _verbs(context, record)
        fault = ui.label().classes("x-server-fault x-small")

        def render() -> None:
            current = live.state if live else ServerState.DISABLED
            state.show(state_mark(current), state_word(current))
            title.text = server_name(live, context.mirror) if live else record.label
            called = pool_of(live, context.mirror) if live else title.text
            pool.text = _("pool {name}").format(name=called) if called != title.text else ""
            pool.visible = bool(pool.text)
            product.text = _product(live) if live else ""
            stale = live is not None and not live.is_live and bool(live.last_event_at)
            told.text = _("last contact") if stale else ""
            age.show(live.last_event_at if live and stale else None)
            age.visible = stale
            fault.text = sentence(live) if live else ""
            fault.visible = bool(fault.text)

        home = context.mirror.pools.get(record.id)
        follow(context.mirror, [live, own_pool(home) if home is not None else None], render)


def _who(record: ServerRecord) -> str:
    """`root@10.0.0.1`, `http://root@10.0.0.1`"""
    scheme, mark, host = record.address.rpartition("://")
    return f"{scheme}{mark}{record.user}@{host}"


def _product(live: LiveServer) -> str:
    """`XCP-ng 8.3.0, master 10.0.0.1`"""
    master = _("master {address}").format(address=live.master) if live.master else ""
    return ", ".join(part for part in (live.product, master) if part)


def _verbs(context: Context, record: ServerRecord) -> None:
    with ui.element().classes("x-btns"):
        Button(_("Edit"), lambda: open_form(context, context.server_store.get(record.id) or record))
        with Button(icon="more", label=_("Actions for {name}").format(name=record.label), tip=_("More")), menu(right=True):
            if record.pool_uuid:
                menu_item(_("Accept another pool at this address"), lambda: _accept(context, record))
            menu_item(_("Disable") if record.enabled else _("Enable"), lambda: _enable(context, record))
            menu_item(_("Remove"), lambda: _remove(context, record), danger=True)


async def _accept(context: Context, record: ServerRecord) -> None:
    text = _("The pool that responds at {address} next will replace the previous one.").format(address=record.address)
    if await confirm(_("Accept another pool"), text, yes=_("Accept"), no=_("Cancel"), kind=ButtonKind.PRIMARY):
        await _acting(lambda: context.servers.accept_pool(record.id))


async def _enable(context: Context, record: ServerRecord) -> None:
    await _acting(lambda: context.servers.enable(record.id, not record.enabled))


async def _remove(context: Context, record: ServerRecord) -> None:
    text = _("{label} and its stored password are removed from xo-dash. The pool itself is not changed.").format(label=record.label)
    if await confirm(_("Remove server"), text, yes=_("Remove"), no=_("Cancel")):
        await _acting(lambda: context.servers.remove(record.id))


async def _acting(change: Callable[[], Awaitable[object]]) -> None:
    if not is_administrator():
        notify(_("Only an administrator can change servers."), Tone.WARNING)
        return
    try:
        await change()
    except StoreError as error:
        notify(str(error), Tone.CRITICAL)
