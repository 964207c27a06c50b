"""`/attention`: all that is wrong, what is put off and by whom, and what one wants to be told of."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components.findings.listing import FindingList
from components.findings.tuning import RuleList
from components.live import fresh_slot
from components.parts import page
from components.rolling import paused_bands
from components.servers.form import without_pools
from components.stale_data import stale_bands
from components.ui import PageHead, Tab, Tabs
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _

NOW, SEEN, LATER, RULES = "now", "seen", "later", "rules"
TABS: Final = (NOW, SEEN, LATER, RULES)


def create(program: Context) -> None:
    @page("/attention")
    def attention(tab: str = NOW) -> None:
        context = program.for_viewer()
        with frame(context, title=_("Attention")):
            PageHead(_("Attention"), _("Problems in all pools, worst first."))
            stale_bands(context.mirror)
            paused_bands(context)
            tabs = [Tab(NOW, _("Active")), Tab(SEEN, _("Acknowledged")), Tab(LATER, _("Snoozed")), Tab(RULES, _("Rules"))]

            def fill(name: str) -> None:
                with fresh_slot(body):
                    _body(context, name)

            bar = Tabs(tabs, tab, fill)
            body = ui.element().classes("contents")
            fill(bar.selected)


def _body(context: Context, tab: str) -> None:
    if tab == RULES:
        RuleList(context)
    elif tab == SEEN:
        text = _("Acknowledged problems are kept here until they are resolved, and are not counted.")
        FindingList(context, lambda board: [told for told in board.told if told.note is not None], _("Nothing is acknowledged"), text)
    elif tab == LATER:
        text = _("Snoozed problems are kept here, with the name of who snoozed them, and return to the list when the time is over.")
        FindingList(context, lambda board: board.snooze(), _("Nothing is snoozed"), text)
    elif not context.mirror.pools:
        text = without_pools(_("Problems appear once a pool is connected in the settings."))
        FindingList(context, lambda board: board.told, _("No pool yet"), text)
    else:
        text = _("No problems found in any pool, host, SR, network or VM.")
        FindingList(context, lambda board: [told for told in board.told if told.note is None], _("Nothing needs attention"), text)
