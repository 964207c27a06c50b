"""The buttons of what can be done to an object or a selection; they follow XAPI's allowed_operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import events, ui

from components.actions.menu import ActionMenu, words
from components.actions.run_command import run_command, whoever
from components.live import follow, fresh_slot
from components.ui import Button, buttons
from data.objects import PBD, SR, VM, Appliance, Host, HostMetrics, Pool
from data.server import Server
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import actions_for
from xo_dash.control.eligibility import summarize
from xo_dash.i18n import _

CLICKED = "(e) => { const b = e.target.closest('button'), row = e.currentTarget; if (b) emit([...row.children].indexOf(b)) }"
"""One listener for the row: a listener of its own would make every change of a button three times as long."""
WATCHED = (
    "allowed_operations", "current_operations", "blocked_operations", "power_state", "is_a_template", "state", "enabled", "live",
    "resident_VMs", "power_on_mode", "PBDs", "currently_attached", "default_SR", "metrics", "VMs",
)  # fmt: skip
FEW: Final = 2
"""So many commands are buttons, usual or not."""


class ActionBar(ui.element):
    """What can be done to `subjects`: the usual as buttons, the rest behind the last one. `show` another selection at any time."""

    def __init__(self, context: Context, subjects: Sequence[XapiObject] = (), *, settings: bool = True) -> None:
        """`settings`: also what changes what they are; a page may have places of its own for that."""
        super().__init__()
        self.classes("contents")
        self._context = context
        self._settings = settings
        self._subjects: tuple[XapiObject, ...] = ()
        self._buttons: dict[AnyAction, ActionButton] = {}
        self._around: list[XapiObject] = []
        self.show(subjects)

    def show(self, subjects: Sequence[XapiObject]) -> None:
        """Offer what can be done to these; nothing for none, and nothing for a mixture that has nothing in common."""
        self._subjects = tuple(subjects)
        self._buttons.clear()
        with fresh_slot(self), buttons() as row:
            row.mark("verbs").props("data-once").on("click", self._clicked, js_handler=CLICKED)
            self._fill([action for action in actions_for(*self._subjects) if self._settings or not action.group])

    def _fill(self, actions: Sequence[AnyAction]) -> None:
        if not actions:
            return
        for action in actions:
            if action.prominent or len(actions) <= FEW:
                self._buttons[action] = ActionButton(action)
        rest = [action for action in actions if action not in self._buttons]
        if rest:
            with Button(icon="more", label=_("More commands")).classes("x-more").mark("more-commands"):
                ActionMenu(self._context, self._subjects, rest, right=True)
        servers: list[Server] = [home.server for home in {subject.home for subject in self._subjects}]
        self._around = around(self._subjects)
        follow(self._context.mirror, [*self._subjects, *servers, *self._around], self._refresh, names=WATCHED)

    async def _clicked(self, event: events.GenericEventArguments) -> None:
        actions = list(self._buttons)
        if isinstance(event.args, int) and 0 <= event.args < len(actions):
            await run_command(self._context, actions[event.args], self._subjects)

    def _refresh(self) -> None:
        if around(self._subjects) != self._around:
            self.show(self._subjects)  # follows what is around them now
            return
        user = whoever()
        for action, button in self._buttons.items():
            if any(action.is_relevant(subject) for subject in self._subjects):
                offered = summarize(action, self._subjects, user)
                button.look(words(offered), "" if offered.able else str(offered.reason))
            else:
                button.look("", "")


def around(subjects: Sequence[XapiObject]) -> list[XapiObject]:
    """What else decides what can be done to these: whether a host is heard, which hosts reach an SR, whether it is the default."""
    found: dict[XapiObject, None] = {}
    for subject in subjects:
        if isinstance(subject, Appliance):
            found.update(dict.fromkeys(subject.all_of(VM, subject.VMs)))
        if isinstance(subject, SR):
            paths = subject.all_of(PBD, subject.PBDs)
            hosts = subject.all_of(Host, [path.host for path in paths])
            found.update(dict.fromkeys((*paths, *subject.home.all(Pool).values())))
        else:
            hosts = [subject] if isinstance(subject, Host) else []
        found.update(dict.fromkeys(metrics for host in hosts if (metrics := host.home.one(HostMetrics, host.metrics)) is not None))
    return list(found)


class ActionButton(Button):
    """The button of one command; it sends nothing unless it looks different."""

    def __init__(self, action: AnyAction) -> None:
        super().__init__(_(action.title), icon=action.icon)
        self.mark(action.id)
        self._look = (_(action.title), "")

    def look(self, text: str, why_not: str) -> None:
        """What it says, and why it is faint; without a text it is not there."""
        if (text, why_not) == self._look:
            return
        self._look = (text, why_not)
        self.set_visibility(bool(text))
        if text:
            self.set_text(text)
        if why_not:
            self._props |= {"aria-disabled": "true", "data-tip": why_not, "aria-description": why_not}
        else:
            for name in ("aria-disabled", "data-tip", "aria-description"):
                self._props.pop(name, None)
        self.update()
