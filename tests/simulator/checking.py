"""The published data model's own check, which lies beside the repository where it is developed: run here as anyone would."""

import contextlib
import gc
import importlib.util
import io
import sys
import warnings
from collections.abc import Iterator
from unittest.mock import patch

from tests.simulator.elsewhere import CHECK, needs
from xo_dash.simulator.classes import vdi_storage

needs_the_check = needs(CHECK)


@contextlib.contextmanager
def unclosed() -> Iterator[None]:
    """For programs that leave their connections to the end of their process, where these tests go on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def check(url: str, user: str, password: str, *options: str) -> None:
    """No fault may be found. The program runs in this process: a start of its own for each pool costs more than what it looks at.

    It looks at one class after the other, so no garbage collector may take a disk away between two of them.
    """
    spec = importlib.util.spec_from_file_location("check_xapi", CHECK)
    assert spec and spec.loader
    program = importlib.util.module_from_spec(spec)
    told, given = io.StringIO(), sys.argv
    sys.modules["check_xapi"] = program
    sys.argv = [str(CHECK), url, "--user", user, "--password", password, *options]
    try:
        with unclosed(), contextlib.redirect_stdout(told), patch.object(vdi_storage, "MERGE_AFTER", 1e6):
            spec.loader.exec_module(program)
            program.main()
    finally:
        sys.argv = given
        del sys.modules["check_xapi"]
    assert told.getvalue().splitlines()[-1:] == ["0 faults"], told.getvalue()[-3000:]
