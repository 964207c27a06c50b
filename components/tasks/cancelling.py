"""A run that somebody cancels: what becomes of what was done, and until it has ended what is still being ended or undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from xo_dash.control.run import RunItem, RunState, StepLog
from xo_dash.i18n import _, ngettext, number

NAMED: Final = 5
"""Steps that are named."""


def being_ended(items: Iterable[RunItem]) -> str:
    """What a cancelled run waits for: nothing is said to be cancelled before the pool has ended it."""
    going = [item for item in items if item.state is RunState.RUNNING]
    steps = list(dict.fromkeys(str(step.says) for item in going for step in _under_way(item.steps)))
    if steps:
        named, more = "; ".join(steps[:NAMED]), len(steps) - NAMED
        rest = [ngettext("{n} more", "{n} more", more).format(n=number(more))] if more > 0 else []
        return _("Cancelling: waiting until the pool has ended {steps}.").format(steps="; ".join([named, *rest]))
    undone = next((str(item.says) for item in going if item.says is not None), "")
    return _("Cancelling: what was done is being undone ({step}).").format(step=undone) if undone else _("Cancelling")


def if_cancelled(items: Iterable[RunItem]) -> str:
    """What becomes of what was done so far."""
    done = [step for item in items for step in _changes(item.steps)]
    undone, kept = ("; ".join(dict.fromkeys(str(step.says) for step in done if step.comes_back is back)) for back in (True, False))
    lines = (
        _("These completed steps are undone: {steps}.").format(steps=undone) if undone else "",
        _("These completed steps are not undone: {steps}.").format(steps=kept) if kept else "",
    )
    return " ".join(filter(None, lines)) or _("Nothing has been done so far.")


def _under_way(steps: Iterable[StepLog]) -> Iterator[StepLog]:
    """Also of plans beside each other."""
    for step in steps:
        if step.inside:
            yield from _under_way(step.inside)
        elif step.state is RunState.RUNNING:
            yield step


def _changes(steps: Iterable[StepLog]) -> Iterator[StepLog]:
    """The completed steps, also those of plans beside each other, that changed something."""
    for step in steps:
        if step.inside:
            yield from _changes(step.inside)
        elif step.state is RunState.DONE and step.comes_back is not None and not step.undone:
            yield step
