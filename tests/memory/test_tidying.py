"""The collector looks at everything when nobody looks at a page."""

import gc
import weakref

from xo_dash.sync.gc_tuning import Loading, Tidying


class Ring:
    def __init__(self) -> None:
        self.itself = self


def garbage() -> "weakref.ref[Ring]":
    return weakref.ref(Ring())


async def test_garbage_goes_once_the_last_browser_has_left(no_collector: None) -> None:
    watched = True
    tidying = Tidying(lambda: watched, Loading())
    ring = garbage()
    await tidying.tick()
    assert ring() is not None, "somebody would notice"
    watched = False
    await tidying.tick()
    assert ring() is not None, "it may only go from page to page"
    await tidying.tick()
    assert ring() is None
    ring = garbage()
    await tidying.tick()
    assert ring() is not None, "nobody has been here since"
    gc.collect()
