"""How one likes the pages: language, looks, and where one begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nicegui import ui

from components.people.faults import fault_of
from components.theme import theme
from components.ui import Card, Tone, choice, notify
from xo_dash import i18n
from xo_dash.auth.answers import START, START_PAGES
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import N_, _

PAGES: Final[Mapping[str, str]] = {
    "/": N_("Map"), "/attention": N_("Attention"), "/vms": N_("VMs"), "/hosts": N_("Hosts"), "/storage": N_("Storage"),
    "/networks": N_("Networks"), "/consoles": N_("Consoles"), "/tasks": N_("Tasks"),
}  # fmt: skip


class PreferencesCard(Card):
    """Each counts at once, in all browsers of this user."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Preferences"))
        self._context = context
        chosen = current_user().preferences
        with self:
            languages = {"": _("Same as browser"), **{one: i18n.NAMES[one] for one in i18n.LOCALES}}
            self._choice(_("Language"), "language", languages, chosen)
            self._choice(_("Theme"), "theme", {"": _("Same as system"), "light": _("Light"), "dark": _("Dark")}, chosen)
            self._choice(_("Contrast"), "contrast", {"": _("Same as system"), "more": _("More contrast")}, chosen)
            self._choice(_("Density"), "density", {"": _("Compact"), "roomy": _("Comfortable")}, chosen)
            self._choice(_("Start page"), START, {"" if path == "/" else path: _(PAGES[path]) for path in START_PAGES}, chosen)

    def _choice(self, title: str, name: str, options: Mapping[str, str], chosen: Mapping[str, object]) -> None:
        now = str(chosen.get(name, ""))

        async def keep() -> None:
            value = str(box.value)
            users = self._context.users
            if fault := await fault_of(lambda: users.set_preferences(current_user().id, {name: value or None})):
                notify(fault, Tone.CRITICAL)
            elif name in theme.CHOICES:
                theme.change(name, value)
            elif name == "language":
                ui.run_javascript("location.reload()")

        box = choice(options, now if now in options else "", label=title, on_change=keep)
