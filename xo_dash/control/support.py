"""What a pool's release cannot do: said before the first call is sent, not by the one in the middle that the pool does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from data.methods import Methods
from data.types import Home
from xo_dash.control.failures import explain
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Step
from xo_dash.i18n import N_

UNKNOWN_METHOD: Final = "MESSAGE_METHOD_UNKNOWN"


def lacking(home: Home, *methods: str) -> LazyText | None:
    """Why a pool cannot do what takes `methods`; None where it has them all, or where nobody knows."""
    known = home.part(Methods)
    missing = next((method for method in methods if known.lacks(method)), "")
    return explain(UNKNOWN_METHOD, [missing], home) if missing else None


def unsupported(steps: Iterable[Step], home: Home) -> LazyText | None:
    """Why these cannot all be done, with the step; questions, and calls that may fail, are left to their answer."""
    for step in steps:
        if isinstance(step, Call) and not step.alone:
            pool = home.pools.get(step.at, home) if step.at else home
            if reason := lacking(pool, step.method):
                return lazy("{step}: {reason}", step=step.says, reason=reason)
    return None


def no_vtpm(home: Home) -> LazyText | None:
    return lazy(N_("this pool's version has no vTPMs; update its hosts")) if lacking(home, "VTPM.create") else None
