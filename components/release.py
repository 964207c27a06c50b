"""An element that goes is freed at once, by counting references, and a page whose browser has gone with all that it holds.

A ring of references waits for the garbage collector, in its oldest generation since pages are open for a while. NiceGUI's references
upwards are weak, and listeners of events go with their element; what else ties an element to itself is let go of here. Whoever calls
a page back from elsewhere ends that when its element goes, or holds it weakly.
"""

from __future__ import annotations

from nicegui.element import Element
from nicegui.elements.mixins.value_element import ValueElement


def install() -> None:
    """Once, before the first page. NiceGUI tells of elements that go while their page stays in this one place only."""
    handle_delete = Element._handle_delete
    if getattr(handle_delete, "__module__", "") == __name__:
        return

    def handle_delete_and_release(element: Element) -> None:
        handle_delete(element)
        _release(element)

    Element._handle_delete = handle_delete_and_release  # type: ignore[method-assign,assignment]


def _release(element: Element) -> None:
    for observable in (element._classes, element._style, element._props):
        observable._change_handlers.clear()
    if isinstance(element, ValueElement):
        element._change_handlers.clear()
    for name in [name for name in vars(element) if name.startswith("on_")]:  # our own: see Map
        delattr(element, name)
