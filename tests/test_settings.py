"""Flags over environment over file over defaults; what is wrong is one line that names its source."""

import subprocess
from pathlib import Path

import pytest

from xo_dash.config import Settings, load
from xo_dash.config_readers import ConfigError


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.toml"


def fault(flags: dict[str, object] | None = None, environ: dict[str, str] | None = None) -> str:
    """The sentence that stops the start."""
    with pytest.raises(ConfigError) as caught:
        load(flags or {}, environ or {})
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_without_anything_it_listens_to_this_machine_only(tmp_path: Path) -> None:
    settings = load({}, {})
    assert settings == Settings(data_dir=tmp_path / "share" / "xo-dash")
    assert (settings.host, settings.port, settings.loopback, settings.url) == ("127.0.0.1", 8080, True, "http://127.0.0.1:8080")


def test_the_demo_has_a_directory_of_its_own(tmp_path: Path) -> None:
    assert load({"demo": True}, {}).data_dir == tmp_path / "share" / "xo-dash-demo"
    assert load({"demo": True, "data_dir": "~/here"}, {}).data_dir == Path("~/here").expanduser()


def test_each_source_wins_over_the_next(file: Path) -> None:
    file.write_text('port = 1001\nhost = "10.0.0.1"\nlog_level = "debug"\n')
    environ = {"XO_DASH_PORT": "1002", "XO_DASH_HOST": "10.0.0.2", "XO_DASH_CONFIG": str(file), "HOME": "/"}
    settings = load({"port": "1003", "host": None}, environ)
    assert (settings.port, settings.host, settings.log_level) == (1003, "10.0.0.2", "debug")
    assert settings.config_file == file


def test_the_flag_for_the_file_wins_over_the_environments(file: Path, tmp_path: Path) -> None:
    file.write_text("port = 1001")
    assert load({"config": str(file)}, {"XO_DASH_CONFIG": str(tmp_path / "none")}).port == 1001


def test_the_usual_file_is_read_if_it_is_there(tmp_path: Path) -> None:
    usual = tmp_path / "config" / "xo-dash" / "config.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text("language = 'ru'")
    assert load({}, {}).language == "ru"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 0", "port in {file}: 0 is not a port (1 to 65535)"),
        ("port = true", "True is not a port"),
        ("port = 1.5", "1.5 is not a port"),
        ("prot = 8080", "{file}: there is no setting 'prot'; did you mean port?"),
        ("[server]\nport = 1", "there is no setting 'server'"),
        ("demo = 1", "1 is not true or false"),
        ("host = 5", "5 is not a text"),
        ("secret_key = 'x'", "no setting 'secret_key'"),
        ("port = ", "{file} is not TOML: "),
    ],
)
def test_a_wrong_file(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    assert said.format(file=file) in fault({"config": str(file)})


def test_a_file_that_cannot_be_read(file: Path) -> None:
    assert fault({"config": str(file)}) == f"{file} cannot be read: No such file or directory"
    file.write_bytes(b"\xff\xfe")
    assert "is not TOML" in fault({"config": str(file)})


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("XO_DASH_PORT", "tcp://10.0.0.1:80", "XO_DASH_PORT: 'tcp://10.0.0.1:80' is not a port (1 to 65535)"),
        ("XO_DASH_PORT", "99999", "is not a port"),
        ("XO_DASH_PORT", "٨٠٨٠", "is not a port"),
        ("XO_DASH_DEMO", "maybe", "XO_DASH_DEMO: 'maybe' is not true or false"),
        ("XO_DASH_HOST", "", "XO_DASH_HOST: '' is not a text"),
        ("XO_DASH_HOST", "localhost:80", "is not an address to listen on"),
        ("XO_DASH_LOG_LEVEL", "loud", "'loud' is not one of debug, info, warning, error"),
        ("XO_DASH_LANGUAGE", "de", "'de' is not one of auto, en, ru"),
        ("XO_DASH_DATADIR", "/x", "XO_DASH_DATADIR in the environment is not a setting; did you mean XO_DASH_DATA_DIR?"),
        ("XO_DASH_DATA_DIR", "~nobody-of-that-name/x", "is not a path"),
    ],
)
def test_a_wrong_environment(variable: str, text: str, said: str) -> None:
    assert said in fault(environ={variable: text})


def test_the_secret_key_is_read_and_never_shown() -> None:
    settings = load({}, {"XO_DASH_SECRET_KEY": "s3cret"})
    assert settings.secret_key == "s3cret"
    assert "s3cret" not in repr(settings)


def test_a_demo_is_for_this_machine_only() -> None:
    said = fault({"demo": True, "host": "0.0.0.0"})
    assert said == "--host: the demo has a known password, so it listens on 127.0.0.1 only"


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "https://localhost:1"), ("[::1]", "http://[::1]:1"), ("xo.lan", "https://xo.lan:1")])
def test_the_address_to_open(host: str, url: str) -> None:
    assert load({"host": host, "port": "1"}, {}).url == url


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with cert.pem and key.pem that belong together, and other.pem, a key of nothing."""
    home = tmp_path_factory.mktemp("tls")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x"]
    for key, cert in (("key", "cert"), ("other", "unused")):
        subprocess.run([*new, "-keyout", home / f"{key}.pem", "-out", home / f"{cert}.pem"], check=True, capture_output=True)
    return home


@pytest.mark.parametrize(
    ("flags", "scheme"),
    [
        ({}, "http"),
        ({"host": "localhost"}, "http"),
        ({"host": "0.0.0.0"}, "https"),
        ({"host": "192.0.2.7"}, "https"),
        ({"host": "::"}, "https"),
        ({"host": "0.0.0.0", "tls": "off"}, "http"),
        ({"tls": "on"}, "https"),
    ],
)
def test_whoever_others_can_reach_speaks_tls(flags: dict[str, str], scheme: str) -> None:
    assert load(flags, {}).url.partition(":")[0] == scheme


def test_a_certificate_that_nobody_is_to_see_is_a_contradiction(certificate: Path) -> None:
    cert, key = certificate / "cert.pem", certificate / "key.pem"
    assert fault({"tls": "off", "tls_cert": cert, "tls_key": key}) == "--tls turns TLS off, but --tls-cert is set; leave out one of them"


def test_tls_needs_a_certificate_and_its_key(certificate: Path) -> None:
    cert, key, other = (str(certificate / f"{name}.pem") for name in ("cert", "key", "other"))
    assert load({"tls_cert": cert, "tls_key": key}, {}).url == "https://127.0.0.1:8080"
    assert fault({"tls_cert": cert}) == "--tls-cert is set, but tls_key is not; TLS needs both"
    assert fault({}, {"XO_DASH_TLS_KEY": key}) == "XO_DASH_TLS_KEY is set, but tls_cert is not; TLS needs both"
    assert "--tls-key: /none cannot be read: No such file" in fault({"tls_cert": cert, "tls_key": "/none"})
    assert "are not a certificate and its key in PEM" in fault({"tls_cert": cert, "tls_key": other})
    assert "are not a certificate and its key in PEM" in fault({"tls_cert": key, "tls_key": key})


def test_a_provider_of_identities() -> None:
    environ = {
        "XO_DASH_OIDC_ISSUER": "https://id.example.org",
        "XO_DASH_OIDC_CLIENT_ID": "xo-dash",
        "XO_DASH_OIDC_ROLES": "admins=admin, *=viewer",
        "XO_DASH_OIDC_CLIENT_SECRET": "hunter2",
    }
    provider = load({}, environ).oidc
    assert provider and (provider.roles, provider.secret, provider.name) == (
        {"admins": "admin", "*": "viewer"},
        "hunter2",
        "Single sign-on",
    )
    assert "hunter2" not in repr(load({}, environ))
    assert fault({}, {**environ, "XO_DASH_OIDC_ROLES": "admins=king"}).startswith("XO_DASH_OIDC_ROLES: ")
    assert fault({}, {**environ, "XO_DASH_OIDC_ISSUER": "id.example.org"}).startswith("XO_DASH_OIDC_ISSUER: ")
    del environ["XO_DASH_OIDC_ROLES"]
    assert fault({}, environ) == "XO_DASH_OIDC_ISSUER is set, but oidc_roles is not"
