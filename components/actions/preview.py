"""What a command will do, before it does it: its steps, and the calls as lines for `xe`. Of the same plan as the run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nicegui import events, ui

from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.plan import Step
from xo_dash.control.rehearsal import rehearsing
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.request import Request
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _, ngettext, number

SHOWN = 20
"""Objects whose calls are shown."""
MOST_STEPS = 30
"""Steps that are listed; a plan for sixty hosts may have three for each."""
TOGGLED = "(e) => emit(e.target.open)"


def commands(lines: Sequence[str]) -> None:
    """The calls of a plan, folded away."""
    if lines:
        with ui.element("details").classes("x-preview-calls"):
            ui.label(_("Show commands")).tag = "summary"
            ui.label("\n".join(lines)).classes("x-preview-lines").tag = "pre"


class Preview(ui.element):
    """Steps of a single object, and the calls, which are sent to the browser once they are unfolded."""

    def __init__(self, action: AnyAction, subjects: Sequence[XapiObject], waiting: str = "") -> None:
        """`waiting`: what stands here while something is missing or wrong, where it is all that a card has; then one step is listed too."""
        super().__init__()
        self.classes("x-preview")
        self._action = action
        self._subjects = tuple(subjects)
        self._request: Request | None = None
        self._is_open = False
        self._listed: list[tuple[int, str]] = []
        with self:
            self._waiting = ui.label(waiting).classes("x-dim")
            self._steps = ui.element("ol").classes("x-preview-steps").mark("preview-steps")
            with (
                ui.element("details")
                .classes("x-preview-calls")
                .on("toggle", self._toggled, js_handler=TOGGLED)
                .mark("preview-calls") as self._folded
            ):
                ui.label(_("Show commands")).tag = "summary"
                self._calls = ui.label().classes("x-preview-lines")
                self._calls.tag = "pre"

    def show(self, request: Request | None, action: AnyAction | None = None, subjects: Sequence[XapiObject] | None = None) -> None:
        """Of this request, and from now on of that action and those objects; of none while something is wrong with it."""
        self._request = request
        self._action = action or self._action
        self._subjects = self._subjects if subjects is None else tuple(subjects)
        steps = self._rehearsed(self._subjects[0]) if len(self._subjects) == 1 else []
        self._waiting.set_visibility(request is None and bool(self._waiting.text))
        self._folded.set_visibility(request is not None or not self._waiting.text)
        is_listed = len(steps) > (0 if self._waiting.text else 1)
        self._steps.set_visibility(is_listed)
        texts = [text for text, _same in groupby((depth, str(step.says)) for depth, step in steps)]  # several calls: one thing to a person
        if is_listed and texts != self._listed:
            self._listed = texts
            self._steps.clear()
            with self._steps:
                for text, parts in _nested(texts[:MOST_STEPS]):
                    with ui.element("li"):
                        ui.label(text)
                        if parts:
                            _parts(parts)
                if (more := len(texts) - MOST_STEPS) > 0:
                    ui.label(ngettext("… and {n} more step", "… and {n} more steps", more).format(n=number(more))).style(
                        "list-style: none"
                    ).tag = "li"
        self._write()

    def _toggled(self, event: events.GenericEventArguments) -> None:
        self._is_open = bool(event.args)
        self._write()

    def _write(self) -> None:
        if self._is_open:
            lines = [
                line
                for subject in self._subjects[:SHOWN]
                for line in xe_lines([step for _depth, step in self._rehearsed(subject)], subject.home)
            ]
            if more := len(self._subjects) - SHOWN:
                lines += [ngettext("# … and {n} more", "# … and {n} more", more).format(n=number(more))] if more > 0 else []
            self._calls.text = "\n".join(lines) if self._request is not None else _("Fill in the fields first.")

    def _rehearsed(self, subject: XapiObject) -> list[tuple[int, Step]]:
        """Each with how deep it is: 0, or more within what is done side by side."""
        if self._request is None:
            return []
        try:
            return list(rehearsing(self._action.plan(self._action.for_each(self._request, subject), subject)))
        except BadRequest:
            return []


def _nested(texts: Sequence[tuple[int, str]]) -> list[tuple[str, list[str]]]:
    """Each step with those that are part of it, which have no numbers of their own."""
    found: list[tuple[str, list[str]]] = []
    for depth, text in texts:
        if depth and found:
            found[-1][1].append(text)
        else:
            found.append((text, []))
    return found


def _parts(texts: Sequence[str]) -> None:
    with ui.element("ul"):
        for text in texts:
            ui.label(text).tag = "li"
