"""The garbage collector's habits: a full collection over 100,000 long-lived objects holds the loop for a tenth of a second."""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 100)


def tune() -> None:
    """Collect seldom. Once, before anything large is loaded."""
    gc.set_threshold(*THRESHOLDS)


def settle() -> None:
    """Take what lives now out of later collections: after the program is up, and after a pool's first state.

    Young garbage is collected first. The old generation is not: that alone would hold the loop for longer than we may.
    """
    gc.collect(1)
    gc.freeze()
