"""One value of a setting to its type, or a ConfigError that names where it is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from xo_dash.i18n import _


class ConfigError(Exception):
    """A setting that cannot be used; the text is one line for the person who starts the program."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value and where it is from: `--port`, `XO_DASH_PORT`, or `port in /etc/xo-dash/config.toml`."""

    value: object
    source: str


def wrong(given: Given, wanted: str) -> ConfigError:
    return ConfigError(_("{source}: {value} is not {wanted}").format(source=given.source, value=repr(given.value), wanted=wanted))


def read_text(given: Given) -> str:
    if not isinstance(given.value, str) or not given.value.strip():
        raise wrong(given, _("a text"))
    return given.value.strip()


def read_path(given: Given) -> Path:
    if isinstance(given.value, Path):
        return given.value.expanduser().absolute()
    try:
        return Path(read_text(given)).expanduser().absolute()
    except RuntimeError:  # ~nobody-of-that-name
        raise wrong(given, _("a path")) from None


def read_port(given: Given) -> int:
    """An int of TOML or a text of digits; a bool is an int for Python, not for people."""
    text = str(given.value).strip()
    if isinstance(given.value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise wrong(given, _("a port (1 to 65535)"))
    return int(text)


def read_truth(given: Given) -> bool:
    if isinstance(given.value, bool):
        return given.value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}
    if not isinstance(given.value, str) or given.value.strip().lower() not in words:
        raise wrong(given, _("true or false"))
    return words[given.value.strip().lower()]


def read_one_of(words: tuple[str, ...]) -> Callable[[Given], str]:
    def read(given: Given) -> str:
        text = str(given.value).strip().lower()
        if text not in words:
            raise wrong(given, _("one of {words}").format(words=", ".join(words)))
        return text

    return read


def read_listening_address(given: Given) -> str:
    """An address to listen on; a URL or an address with its port is a common slip."""
    text = read_text(given).removeprefix("[").removesuffix("]")
    if "/" in text or any(char.isspace() for char in text) or text.count(":") == 1:
        raise wrong(given, _("an address to listen on, such as 127.0.0.1 or 0.0.0.0; the port is a setting of its own"))
    return text


def read_table(given: Given, wanted: str) -> Mapping[str, str]:
    """A table of texts in the file, `this=that, *=other` elsewhere."""
    table = given.value
    if isinstance(table, str):
        pairs = [pair.rpartition("=") for pair in table.split(",") if pair.strip()]
        table = {name.strip(): value.strip() for name, _sign, value in pairs}
    if not isinstance(table, Mapping) or not table or not all(name and isinstance(value, str) and value for name, value in table.items()):
        raise wrong(given, wanted)
    return table
