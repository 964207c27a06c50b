"""xo-dash: one dashboard for XenServer and XCP-ng pools."""

import sys

__version__ = "0.1.0"

# engineio would load it for a client that nobody here uses, 9 MB of it
sys.modules.setdefault("aiohttp", None)  # type: ignore[arg-type]
