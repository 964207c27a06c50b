"""A button for a command that is not about what the page shows: what it is for is chosen when it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from components.actions.run_command import run_command, whoever
from components.ui import Button, menu, menu_item
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction


def target_button(
    context: Context,
    action: AnyAction,
    text: str,
    targets: Callable[[], Sequence[tuple[str, XapiObject]]],
    *,
    icon: str,
    otherwise: tuple[str, Callable[[], None]] | None = None,
) -> Button:
    """`targets`: [(name, object)], of which those are taken that whoever presses it may do it to. The only one is taken at once; where
    there is none, the menu has `otherwise`: (text, what that does)."""

    async def clicked() -> None:
        user = whoever()
        found = [(name, target) for name, target in targets() if may(user, action, target)]
        if len(found) == 1:
            await run_command(context, action, [found[0][1]])
            return
        choices.clear()
        with choices:
            for name, target in found:
                menu_item(name, lambda target=target: run_command(context, action, [target]))
            if not found and otherwise is not None:
                menu_item(*otherwise)
        choices.open()

    with Button(text, clicked, icon=icon) as button:
        choices = menu(right=True).props("no-parent-event")
    return button
