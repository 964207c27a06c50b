"""An element that goes is freed at once, by counting references, and a page whose browser has gone with all that it holds.

A ring of references waits for the garbage collector, in its oldest generation since pages are open for a while. NiceGUI's references
upwards are weak, and listeners of events go with their element; what else ties an element to itself is let go of here. Whoever calls
a page back from elsewhere ends that when its element goes, or holds it weakly.

A page of thousands of elements is let go of in turns of the event loop, as it was built: all of it is gone for whoever asks, and nothing
more is drawn or sent, from the first on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

from nicegui import Client, background_tasks, binding
from nicegui.element import Element
from nicegui.elements.mixins.value_element import ValueElement

from data.turns import in_turns, timed


def install() -> None:
    """Once, before the first page. NiceGUI tells of elements that go while their page stays in this one place only."""
    handle_delete = Element._handle_delete
    if getattr(handle_delete, "__module__", "") == __name__:
        return

    def handle_delete_and_release(element: Element) -> None:
        handle_delete(element)
        _release(element)

    Element._handle_delete = handle_delete_and_release  # type: ignore[method-assign,assignment]
    at_once = Client.remove_all_elements

    def remove_all_elements(client: Client) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # the program has ended
            at_once(client)
            return
        for element in client.elements.values():
            element._deleted = True
            for slot in element.slots.values():  # or who empties one now would end what is in it a second time
                slot.children.clear()
        background_tasks.create(_let_go(client), name="let go of a page")

    Client.remove_all_elements = remove_all_elements  # type: ignore[method-assign,assignment]


@background_tasks.await_on_shutdown
async def _let_go(client: Client) -> None:
    await in_turns(timed(_going(client)))


def _going(client: Client) -> Iterator[None]:
    """What `Client.remove_elements` does for a page that stays, but for telling the browser; then each is freed by itself."""
    elements = deque(client.elements.values())
    client.elements = {}
    for element in elements:
        binding.remove((element,))
        element._handle_delete()
        yield
    while elements:
        elements.popleft()
        yield


def _release(element: Element) -> None:
    for observable in (element._classes, element._style, element._props):
        observable._change_handlers.clear()
    if isinstance(element, ValueElement):
        element._change_handlers.clear()
    for name in [name for name in vars(element) if name.startswith("on_")]:  # our own: see Map
        delattr(element, name)
