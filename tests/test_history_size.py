"""Ten minutes of ten thousand VMs, six series each, stay under 40 MB; a tenth of them is measured here."""

import gc
import tracemalloc
from array import array

from data.history import LENGTH, History

VMS, MOST = 1000, 4e6  # bytes
NAMES = ("cpu", "memory_used", "net_rx", "net_tx", "disk_read", "disk_write")


def test_ten_minutes_of_everything_are_small_however_they_came() -> None:
    """At once, as after a start, and then sample by sample for ten minutes more."""
    gc.collect()
    tracemalloc.start()
    history = History()
    for number in range(VMS):
        history.extend(f"vm-{number}", {name: array("f", [0.5]) * LENGTH for name in NAMES}, 1000)
    assert tracemalloc.get_traced_memory()[0] < MOST
    for later in range(LENGTH):
        for number in range(0, VMS, 20):  # a look at some is enough
            history.extend(f"vm-{number}", {name: array("f", [0.25]) for name in NAMES}, 1000 + LENGTH + later)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < MOST
    assert len(history.series("vm-0")["cpu"].points()) == LENGTH
