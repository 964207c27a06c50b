"""The simulator's command line in this process, for what ends by itself: a program of its own costs a second of imports."""

import contextlib
import io
from dataclasses import dataclass

from xo_dash.simulator import program


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def commanded(*words: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = program.main(list(words))
        except SystemExit as refused:
            code = int(refused.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())
