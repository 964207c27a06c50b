"""A command for some objects, as it stands while its dialog is open: others change and delete them meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from components.live import follow
from components.ui import Notice, Tone
from data.changes import ChangeSource
from data.names import name_of
from data.server import Server
from data.stores.users import User
from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import Eligibility, eligibility

NAMED = 3
"""Objects that are named when they drop out."""
FOLLOWED = 100
"""Of more objects than that only the runner looks again."""


class Offer:
    """To which of `subjects` the command can be given; `now` is kept up to date once it is followed.

    Those that it could not be given to at first stay out: the dialog does not ask about them.
    """

    def __init__(self, mirror: ChangeSource, action: AnyAction, subjects: Sequence[XapiObject], user: User | None) -> None:
        self.action = action
        self._mirror, self.user = mirror, user
        self.first = self.now = eligibility(action, subjects, user)

    def _look(self) -> Eligibility:
        found = eligibility(self.action, self.first.able, self.user)
        return replace(found, unable=(*found.unable, *self.first.unable))

    def follow(self, changed: Callable[[], None]) -> None:
        """Call `changed` now, and whenever an object or its connection differs, while the slot lives in which this is called."""

        def look() -> None:
            self.now = self._look()
            changed()

        able = self.first.able
        servers: set[Server] = {subject.home.server for subject in able}
        follow(self._mirror, [*(able if len(able) <= FOLLOWED else ()), *servers], look)

    @property
    def dropped_out(self) -> list[str]:
        """Those that it could be given to at first, each with the reason why it no longer can."""
        return [f"{name_of(subject)}: {reason}" for subject, reason in self.now.unable if subject in self.first.able]


class DroppedOut(Notice):
    """Says in a dialog which of its objects can no longer be part of it."""

    def __init__(self) -> None:
        super().__init__("", Tone.WARNING)
        self.mark("dropped-out").set_visibility(False)

    def tell(self, offer: Offer) -> None:
        lines = offer.dropped_out
        self.set_visibility(bool(lines))
        self.text.text = "; ".join(lines[:NAMED]) + ("; …" if len(lines) > NAMED else "")
