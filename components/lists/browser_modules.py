"""What lists share in the browser, the package `xo-lists`: whoever has one imports this."""

from __future__ import annotations

from pathlib import Path

from components.bundles import register

register("xo-lists", Path(__file__).parent / "modules")
