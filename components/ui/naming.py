"""Asking for the name of something that is kept."""

from __future__ import annotations

from collections.abc import Callable

from components.ui.dialogs import Dialog
from components.ui.fields import Field
from xo_dash.i18n import _


async def ask_name(title: str, value: str, longest: int, refuse: Callable[[str], str]) -> str:
    """The name; "" if the dialog was left. `refuse` says what is wrong with one, "" for nothing."""
    dialog = Dialog(title)
    with dialog:
        field = Field(_("Name"), value=value)

        def check() -> None:
            name = field.value.strip()[:longest]
            if fault := refuse(name) if name else _("give it a name"):
                field.fault(fault)
            else:
                dialog.submit(name)

    dialog.answers(_("Cancel"), _("Save"), check)
    try:
        return str(await dialog or "")
    finally:
        if not dialog.is_deleted:
            dialog.delete()
