"""What stands for a part of the product in a test behaves as that part does.

`conforms` holds a fake to the shape of what it stands for; the tests of this folder run the same situations against both and expect
the same answers and the same errors. A fake that is not held to anything agrees with our mistakes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import SimpleNamespace


def conforms(fake: object, real: type) -> None:
    """Raises AssertionError unless every way to use `fake` is one to use a `real`."""
    faults = list(_faults(fake, real))
    assert not faults, f"{type(fake).__name__} does not stand for {real.__name__}: {'; '.join(faults)}"


def _faults(fake: object, real: type) -> Iterator[str]:
    if fake is None or isinstance(fake, real):
        return
    if isinstance(fake, SimpleNamespace):
        source = inspect.getsource(real)
        yield from (f"it has no {name}" for name in vars(fake) if not hasattr(real, name) and f"self.{name} " not in source)
        return
    for name, method in inspect.getmembers(type(fake), inspect.isfunction):
        model = vars(real).get(name)
        if not name.startswith("_") and inspect.isfunction(model):
            yield from _differences(name, method, model)


def _differences(name: str, fake: object, real: object) -> Iterator[str]:
    """Another kind of function, a parameter that the real one does not have, or one that it needs and the fake does not take."""
    assert callable(fake)
    assert callable(real)
    if inspect.iscoroutinefunction(fake) is not inspect.iscoroutinefunction(real):
        yield f"only one {name} is to be awaited"
    ours, theirs = inspect.signature(fake).parameters, inspect.signature(real).parameters
    open_ended = any(one.kind is one.VAR_KEYWORD for one in theirs.values())
    positional = any(one.kind is one.VAR_POSITIONAL for one in theirs.values())
    plain = {key: one for key, one in ours.items() if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}
    for key, one in plain.items():
        if key not in theirs and not open_ended and not (positional and one.kind is not one.KEYWORD_ONLY):
            yield f"{name} has no {key}"
        elif key in theirs and one.kind is one.KEYWORD_ONLY is not theirs[key].kind and theirs[key].kind is one.POSITIONAL_ONLY:
            yield f"{name} takes {key} by position"
    if any(one.kind is one.VAR_KEYWORD for one in ours.values()):
        return
    for key, one in theirs.items():
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD) and key not in ours:
            yield f"{name} needs {key}"
