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

from xo_dash.config_readers import (
    ConfigError,
    Given,
    read_listening_address,
    read_one_of,
    read_path,
    read_port,
    read_truth,
)
from xo_dash.config_sign_in import LDAP_SECRET, OIDC_SECRET, LdapServer, PasskeySite, Provider, ldap_server, passkey_site, provider
from xo_dash.config_sign_in import READERS as SIGN_IN_READERS
from xo_dash.i18n import LOCALES, _

PREFIX: Final = "XO_DASH_"
SECRET_KEY: Final = "XO_DASH_SECRET_KEY"  # noqa: S105  # only in the environment: others see flags, and files are copied
MAKE_TARGET: Final = "XO_DASH_MAKE"
"""Set by the Makefile: what was typed after `make`."""
URL, TOKEN = "XO_DASH_URL", "XO_DASH_TOKEN"
"""Of the command line, for another dashboard."""
NOT_SETTINGS: Final = ("XO_DASH_CONFIG", SECRET_KEY, OIDC_SECRET, LDAP_SECRET, MAKE_TARGET, URL, TOKEN)
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LANGUAGES: Final = ("auto", *LOCALES)
TLS: Final = ("auto", "on", "off")


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine; a name is, only if it is localhost."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


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
    public_url: str = ""  # what browsers open, where that is not `url`: a name, behind a proxy for example
    oidc: Provider | None = None
    ldap: LdapServer | None = None
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
    def listens_everywhere(self) -> bool:
        return self.host in ("0.0.0.0", "::")  # noqa: S104

    @property
    def url(self) -> str:
        """The address to open, on this machine."""
        host = "localhost" if self.listens_everywhere else self.host
        return f"{'https' if self.serves_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def link_base(self) -> str:
        """What links to this dashboard begin with."""
        return self.public_url or self.url

    @property
    def passkey_site(self) -> PasskeySite | None:
        """Where passkeys work; None where they cannot."""
        if self.public_url:
            return passkey_site(self.public_url)
        return passkey_site(f"{'https' if self.serves_tls else 'http'}://localhost:{self.port}") if self.loopback else None


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
    values["oidc"] = provider(values, given, environ.get(OIDC_SECRET, ""))
    values["ldap"] = ldap_server(values, given, environ.get(LDAP_SECRET, ""))
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


_READERS: Final[Mapping[str, Callable[[Given], object]]] = {
    "data_dir": read_path,
    "host": read_listening_address,
    "port": read_port,
    "tls": read_one_of(TLS),
    "tls_cert": read_path,
    "tls_key": read_path,
    "demo": read_truth,
    "log_level": read_one_of(LOG_LEVELS),
    "language": read_one_of(LANGUAGES),
    **SIGN_IN_READERS,
}


# ---- what must be right together


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
