"""The certificate of one's own: one that a client can check, made once, and again before it ends; and what is shown
when its files change."""

import datetime as dt
import hashlib
import ssl
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509

from data.stores.errors import DirectoryUnusable
from xo_dash import certificate
from xo_dash.certificate import fingerprint, own_certificate
from xo_dash.served_certificate import ServedCertificate


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


def shown(context: ssl.SSLContext) -> str:
    """The fingerprint that a client sees."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = trusting.wrap_bio(back, there), context.wrap_bio(there, back, server_side=True)
    for _turn in range(3):
        for side in (client, server):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return hashlib.sha256(client.getpeercert(binary_form=True) or b"").digest().hex(":").upper()


async def test_a_renewed_one_is_shown_without_a_restart_and_a_broken_one_never(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "next").mkdir()
    path, following = own_certificate(tmp_path), own_certificate(tmp_path / "next")
    first, second = fingerprint(path), fingerprint(following)
    served = ServedCertificate(lambda: (path, None))
    await served.renew()
    assert shown(served.context) == first
    whole = path.read_bytes()
    path.write_bytes(following.read_bytes().partition(b"-----BEGIN CERT")[0] + whole[whole.index(b"-----BEGIN CERT") :])
    await served.renew()
    await served.renew()
    assert shown(served.context) == first and len(caplog.records) == 1, "a certificate that is not of its key"
    path.unlink()
    await served.renew()
    assert shown(served.context) == first
    path.write_bytes(following.read_bytes())
    await served.renew()
    assert shown(served.context) == second
