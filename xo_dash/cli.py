"""The command line. Imports of the program itself wait for the command that needs them: --help and --version are instant.

Exit status: 0 done, 1 a command failed, 2 a wrong setting or a wrong command line, 130 interrupted.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

from xo_dash.cli_parser import parser
from xo_dash.cli_terminal import harmless
from xo_dash.i18n import LOCALES, _, negotiate, set_locator


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["simulate"]:  # a program of its own, which reads its own arguments
        from xo_dash.simulator.program import main as simulate

        return simulate(arguments[1:])
    language = _terminal_language()
    set_locator(lambda: language)  # not `using`: tasks of the server would inherit it, and its pages speak their readers' languages
    try:
        with harmless() if arguments[:1] != ["serve"] else nullcontext():  # its log has colours
            return _run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `xo-dash user list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        set_locator(None)


def _run(arguments: list[str]) -> int:
    given, fields = parser().parse_known_args(arguments)
    if given.command == "do":
        given.fields = fields  # of the command's request: argparse does not know them
    elif given.command == "ls" and not any(word.startswith("--") for word in fields):
        given.filter += fields  # behind an option, where argparse takes no more of them, or with a minus, as in -tag:test
    elif fields:
        parser().parse_args(arguments)  # which says what is wrong
    shadow = shadowed()
    if shadow:
        return _fail(shadow)
    from data.stores.errors import StoreError
    from xo_dash.config import load
    from xo_dash.config_readers import ConfigError

    try:
        settings = load(vars(given))
        if given.command == "serve":
            with without("aiohttp"):
                from xo_dash.app import serve

            return serve(settings)
        if given.command == "do":
            with without("aiohttp"):
                from xo_dash.cli_do import run as do

            return do(given, settings)
        if given.command in ("ls", "show", "watch", "why", "rolling"):
            from xo_dash.cli_api import run as ask
            from xo_dash.cli_rolling import run as roll

            return (roll if given.command == "rolling" else ask)(given, settings)
        from xo_dash.cli_stores import run

        return run(given, settings)
    except (ConfigError, StoreError) as error:
        return _fail(str(error))


@contextmanager
def without(module: str) -> Iterator[None]:
    """Import as if `module` were not installed. Socket.IO's client, which nobody here is, would load aiohttp: a sixth of the start."""
    absent = module not in sys.modules
    if absent:
        sys.modules[module] = None  # type: ignore[assignment]  # what makes its import fail
    try:
        yield
    finally:
        if absent:
            del sys.modules[module]


def _fail(sentence: str) -> int:
    print(f"xo-dash: {sentence}", file=sys.stderr)
    return 2


def _terminal_language() -> str:
    """XO_DASH_LANGUAGE, else what the terminal speaks."""
    if (ours := os.environ.get("XO_DASH_LANGUAGE", "").strip().lower()) in LOCALES:
        return ours
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return negotiate(locale.partition(".")[0])


def shadowed() -> str:
    """A sentence that names the file which hides one of our packages; empty if all four are siblings, as installed.

    `pages` and `data` are common names: a file of that name earlier on the path would be imported instead of ours.
    """
    home = Path(__file__).resolve().parent.parent
    for name in ("pages", "components", "data"):
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin != home / name / "__init__.py":
            place = origin or next(iter(spec.submodule_search_locations or ()) if spec else iter(()), None)
            if place is None:
                return _("the package {name} is missing next to {home}; reinstall xo-dash").format(name=name, home=home / "xo_dash")
            return _(
                "{place} shadows the package {name} of xo-dash; start from another directory, or install xo-dash in a separate environment"
            ).format(place=place, name=name)
    return ""
