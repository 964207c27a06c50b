"""The settings: flags over XO_DASH_* environment over a TOML file over defaults.

Whatever is wrong stops the start with a ConfigError, whose text is one line that names the source.
"""

import difflib
import os
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path, user_data_path

from xo_dash.i18n import LOCALES, _

PREFIX: Final = "XO_DASH_"
SECRET_KEY: Final = "XO_DASH_SECRET_KEY"  # noqa: S105  # only in the environment: others see flags, and files are copied
OIDC_SECRET: Final = "XO_DASH_OIDC_CLIENT_SECRET"  # noqa: S105  # likewise
MAKE_TARGET: Final = "XO_DASH_MAKE"
"""Set by the Makefile: what was typed after `make`."""
URL, TOKEN = "XO_DASH_URL", "XO_DASH_TOKEN"
"""Of the command line, for another dashboard."""
NOT_SETTINGS: Final = ("XO_DASH_CONFIG", SECRET_KEY, OIDC_SECRET, MAKE_TARGET, URL, TOKEN)
ROLES: Final = ("none", "viewer", "operator", "admin")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LANGUAGES: Final = ("auto", *LOCALES)
TLS: Final = ("auto", "on", "off")


class ConfigError(Exception):
    """A setting that cannot be used; the text is one line for the person who starts the program."""


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine; a name is, only if it is localhost."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who else may say who somebody is, by OpenID Connect."""

    issuer: str  # https://id.example.org/realms/home
    client_id: str
    secret: str = field(default="", repr=False)  # empty: a public client
    name: str = "Single sign-on"  # on the button
    groups_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict)  # {group: role}, "*" for everybody


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is decided before the start; checked, so that nobody has to check again."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    tls: str = "auto"  # one of TLS; auto: wherever others can come in
    tls_cert: Path | None = None  # without one, TLS is by a certificate of our own
    tls_key: Path | None = None
    demo: bool = False
    log_level: str = "info"  # one of LOG_LEVELS
    language: str = "auto"  # one of LANGUAGES; auto asks the browser
    oidc: Provider | None = None
    secret_key: str = field(default="", repr=False)  # seals pool passwords; empty: a key file in the data directory does
    config_file: Path | None = None  # the file that was read
    make_target: str = ""  # what it was started by, `make demo` for example; empty: by its own command

    @property
    def loopback(self) -> bool:
        """Whether only this machine can come in."""
        return is_loopback(self.host)

    @property
    def serves_tls(self) -> bool:
        """Whether browsers speak https to this program; behind a proxy they may do so to that alone."""
        return self.tls == "on" or (self.tls == "auto" and (self.tls_cert is not None or not self.loopback))

    @property
    def url(self) -> str:
        """The address to open, on this machine."""
        host = {"0.0.0.0": "localhost", "::": "localhost"}.get(self.host, self.host)  # noqa: S104
        return f"{'https' if self.serves_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Given:
    """A value and where it is from: `--port`, `XO_DASH_PORT`, or `port in /etc/xo-dash/config.toml`."""

    value: object
    source: str


def load(flags: Mapping[str, object], environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this start. `flags` has the command line's, None for what was not given, and `config`.

    Raises ConfigError.
    """
    environ = os.environ if environ is None else environ
    file = _config_file(flags.get("config"), environ)
    given = {**_from_file(file), **_from_environment(environ), **_from_flags(flags)}
    values: dict[str, Any] = {name: _READERS[name](one) for name, one in given.items()}
    values.setdefault("data_dir", _default_data_dir(demo=bool(values.get("demo"))))
    values["secret_key"] = environ.get(SECRET_KEY, "")
    values["make_target"] = environ.get(MAKE_TARGET, "")
    values["oidc"] = _provider(values, given, environ.get(OIDC_SECRET, ""))
    settings = Settings(**values, config_file=file)  # each reader answers its field's type
    _check(settings, given)
    return settings


# ---- sources


def _config_file(flag: object, environ: Mapping[str, str]) -> Path | None:
    """The file that was asked for, or the usual one if it exists."""
    asked = flag or environ.get("XO_DASH_CONFIG")
    if asked:
        return Path(str(asked)).expanduser()
    usual = user_config_path("xo-dash") / "config.toml"
    return usual if usual.exists() else None


def _from_file(file: Path | None) -> dict[str, Given]:
    if file is None:
        return {}
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {reason}").format(file=file, reason=error.strerror)) from None
    except ValueError as error:  # also what is not UTF-8
        raise ConfigError(_("{file} is not TOML: {reason}").format(file=file, reason=_one_line(error))) from None
    for key in table:
        if key not in _READERS:
            raise ConfigError(_("{file}: there is no setting {key}").format(file=file, key=repr(key)) + _nearest(key, _READERS))
    return {key: Given(value, _("{key} in {file}").format(key=key, file=file)) for key, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    names = {PREFIX + name.upper(): name for name in _READERS}
    found = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        if variable not in names:
            raise ConfigError(_("{variable} in the environment is not a setting").format(variable=variable) + _nearest(variable, names))
        found[names[variable]] = Given(text, variable)
    return found


def _from_flags(flags: Mapping[str, object]) -> dict[str, Given]:
    return {name: Given(value, "--" + name.replace("_", "-")) for name, value in flags.items() if name in _READERS and value is not None}


def _nearest(word: str, words: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return _("; did you mean {word}?").format(word=near[0]) if near else ""


def _default_data_dir(*, demo: bool) -> Path:
    """The demo has a directory of its own: its account must never open a real one's servers."""
    return user_data_path("xo-dash-demo" if demo else "xo-dash")


# ---- readers: one value to its type, or a ConfigError


def _wrong(given: Given, wanted: str) -> ConfigError:
    return ConfigError(_("{source}: {value} is not {wanted}").format(source=given.source, value=repr(given.value), wanted=wanted))


def _text(given: Given) -> str:
    if not isinstance(given.value, str) or not given.value.strip():
        raise _wrong(given, _("a text"))
    return given.value.strip()


def _path(given: Given) -> Path:
    if isinstance(given.value, Path):
        return given.value.expanduser().absolute()
    try:
        return Path(_text(given)).expanduser().absolute()
    except RuntimeError:  # ~nobody-of-that-name
        raise _wrong(given, _("a path")) from None


def _port(given: Given) -> int:
    """An int of TOML or a text of digits; a bool is an int for Python, not for people."""
    text = str(given.value).strip()
    if isinstance(given.value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise _wrong(given, _("a port (1 to 65535)"))
    return int(text)


def _bool(given: Given) -> bool:
    if isinstance(given.value, bool):
        return given.value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}
    if not isinstance(given.value, str) or given.value.strip().lower() not in words:
        raise _wrong(given, _("true or false"))
    return words[given.value.strip().lower()]


def _one_of(words: tuple[str, ...]) -> Callable[[Given], str]:
    def read(given: Given) -> str:
        text = str(given.value).strip().lower()
        if text not in words:
            raise _wrong(given, _("one of {words}").format(words=", ".join(words)))
        return text

    return read


def _host(given: Given) -> str:
    """An address to listen on; a URL or an address with its port is a common slip."""
    text = _text(given).removeprefix("[").removesuffix("]")
    if "/" in text or any(char.isspace() for char in text) or text.count(":") == 1:
        raise _wrong(given, _("an address to listen on, such as 127.0.0.1 or 0.0.0.0; the port is a setting of its own"))
    return text


def _issuer(given: Given) -> str:
    text = _text(given)
    if not text.startswith(("https://", "http://")) or any(char.isspace() for char in text):
        raise _wrong(given, _("the address of a provider, such as https://id.example.org"))
    return text


def _roles(given: Given) -> Mapping[str, str]:
    """A table in the file, `admins=admin, *=viewer` elsewhere."""
    table = given.value
    if isinstance(table, str):
        pairs = [pair.rpartition("=") for pair in table.split(",") if pair.strip()]
        table = {group.strip(): role.strip() for group, _sign, role in pairs}
    if not isinstance(table, Mapping) or not all(group and role in ROLES for group, role in table.items()):
        raise _wrong(given, _("groups and their roles, such as admins=admin, *=viewer"))
    return table


_READERS: Final[Mapping[str, Callable[[Given], object]]] = {
    "data_dir": _path,
    "host": _host,
    "port": _port,
    "tls": _one_of(TLS),
    "tls_cert": _path,
    "tls_key": _path,
    "demo": _bool,
    "log_level": _one_of(LOG_LEVELS),
    "language": _one_of(LANGUAGES),
    "oidc_issuer": _issuer,
    "oidc_client_id": _text,
    "oidc_name": _text,
    "oidc_groups_claim": _text,
    "oidc_roles": _roles,
}


# ---- what must be right together


def _provider(values: dict[str, Any], given: Mapping[str, Given], secret: str) -> Provider | None:
    """Take what is about it out of `values`."""
    found = {name.removeprefix("oidc_"): values.pop(name) for name in [*values] if name.startswith("oidc_")}
    if not found:
        return None
    for needed in ("issuer", "client_id", "roles"):
        if needed not in found:
            has = next(name for name in given if name.startswith("oidc_"))
            raise ConfigError(_("{source} is set, but {other} is not").format(source=given[has].source, other=f"oidc_{needed}"))
    return Provider(secret=secret, **found)


def _check(settings: Settings, given: Mapping[str, Given]) -> None:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        has, lacks = ("tls_cert", "tls_key") if settings.tls_cert else ("tls_key", "tls_cert")
        raise ConfigError(_("{source} is set, but {other} is not; TLS needs both").format(source=given[has].source, other=lacks))
    if settings.tls_cert and settings.tls == "off":
        raise ConfigError(
            _("{source} turns TLS off, but {other} is set; leave out one of them").format(
                source=given["tls"].source, other=given["tls_cert"].source
            )
        )
    if settings.tls_cert and settings.tls_key:
        _check_certificate(settings.tls_cert, settings.tls_key, given)
    if settings.demo and not settings.loopback:
        raise ConfigError(
            _("{source}: the demo has a known password, so it listens on 127.0.0.1 only").format(
                source=given["host"].source if "host" in given else settings.host
            )
        )


def _check_certificate(cert: Path, key: Path, given: Mapping[str, Given]) -> None:
    for name, path in (("tls_cert", cert), ("tls_key", key)):
        try:
            path.open("rb").close()
        except OSError as error:
            raise ConfigError(
                _("{source}: {file} cannot be read: {reason}").format(source=given[name].source, file=path, reason=error.strerror)
            ) from None
    try:
        # a key with a passphrase would ask for it at the terminal: an empty answer makes it fail instead
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password="")
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            _("{source}: {cert} and {key} are not a certificate and its key in PEM, without a passphrase: {reason}").format(
                source=given["tls_cert"].source, cert=cert, key=key, reason=_one_line(error)
            )
        ) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
