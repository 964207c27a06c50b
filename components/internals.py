"""What we replace of NiceGUI that it does not promise to keep is put in place here, and only in the release it was written for.

There is no public way to the same: NiceGUI has no hook between an element and what it keeps of it. In another release NiceGUI does
everything its own way. Pages are the same then, and dearer: `python -m bench --only vm-page` tells how much, and a test asks for a look
at these files before the release that is allowed (`pyproject.toml`) may be another.
"""

from __future__ import annotations

import logging
from typing import Final

import nicegui

from components import building, first_picture, handlers, release

log = logging.getLogger(__name__)

KNOWN: Final = "3.18"
"""NiceGUI's release."""


def install(app: nicegui.App) -> None:
    """Once, before the first page."""
    if not nicegui.__version__.startswith(f"{KNOWN}."):
        log.warning("NiceGUI %s is not the %s that pages are built faster with; they are built its own way", nicegui.__version__, KNOWN)
        return
    building.install(app)
    first_picture.install(app)
    handlers.install()
    release.install()
