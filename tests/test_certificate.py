"""The certificate of one's own: one that a client can check, made once, and again before it ends."""

import datetime as dt
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from data.stores.errors import DirectoryUnusable
from xo_dash import certificate
from xo_dash.certificate import fingerprint, own_certificate


def test_it_is_made_once_for_what_this_machine_is_called_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = own_certificate(tmp_path)
    made = x509.load_pem_x509_certificate(path.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)
    assert fingerprint(own_certificate(tmp_path)) == fingerprint(path) and len(fingerprint(path)) == 95


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_one_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / certificate.FILE).write_bytes(content)
    assert fingerprint(own_certificate(tmp_path))


def test_before_its_end_there_is_another(tmp_path: Path) -> None:
    ending = fingerprint(own_certificate(tmp_path, valid=dt.timedelta(days=29)))
    lasting = fingerprint(own_certificate(tmp_path))
    assert lasting != ending and fingerprint(own_certificate(tmp_path)) == lasting


def test_a_disk_that_takes_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / certificate.FILE).mkdir()
    with pytest.raises(DirectoryUnusable, match="cannot be"):
        own_certificate(tmp_path)
