"""Seals pool passwords, so that the data directory's files (or a backup of them) without the key say nothing.

AES-256-GCM; a sealed text is `1:<key's mark>:<base64 of nonce and ciphertext>` and fits only the place it was sealed for.
The key is derived from XO_DASH_SECRET_KEY if that is given, else from `secret.key` (mode 0600) in the data directory, made once.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryUnusable, RecordRefused, SecretUnreadable
from data.stores.replacing import replace_file
from xo_dash.i18n import _

KEY_FILE = "secret.key"
OLD_KEY_FILE = "secret.key.old"
"""The key before, while what it sealed is sealed anew."""
SHORTEST_KEY = 32
"""Characters of XO_DASH_SECRET_KEY: it is a key, not a password, and is not stretched like one."""
NONCE = 12


class Vault:
    """Seals and opens short texts; safe to use from any thread."""

    def __init__(self, directory: DataDirectory, secret_key: str = "") -> None:
        """`secret_key`: XO_DASH_SECRET_KEY, or empty for the key file.

        Raises RecordRefused if it is too short, DirectoryUnusable if the key file cannot be read or made.
        """
        if secret_key and len(secret_key) < SHORTEST_KEY:
            message = _("XO_DASH_SECRET_KEY has {length} characters and needs {least}; make one with: openssl rand -base64 32")
            raise RecordRefused(message.format(length=len(secret_key), least=SHORTEST_KEY))
        self._directory = directory
        self._given = secret_key
        material = secret_key.encode() if secret_key else self._key_file()
        self._mark, self._cipher = _cipher(material)
        self._ciphers = dict(map(_cipher, self._earlier())) | {self._mark: self._cipher}

    def __repr__(self) -> str:
        return f"Vault({self._mark})"

    def seal(self, text: str, place: str) -> str:
        """`place`: where it belongs, such as a server's id; it opens nowhere else."""
        nonce = secrets.token_bytes(NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())
        return f"1:{self._mark}:{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Raises SecretUnreadable, without the text in it."""
        version, _colon, rest = sealed.partition(":")
        mark, _colon, content = rest.partition(":")
        cipher = self._ciphers.get(mark, self._cipher)
        if version == "1" and mark not in self._ciphers:
            raise SecretUnreadable(
                _(
                    "the password was stored with another secret key; restore that key (XO_DASH_SECRET_KEY or secret.key), "
                    "or enter the password again"
                )
            )
        try:
            raw = base64.b64decode(content, validate=True)
            return cipher.decrypt(raw[:NONCE], raw[NONCE:], place.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise SecretUnreadable(_("the stored password is damaged; enter it again")) from error

    def begin_change(self) -> "Vault":
        """A vault that seals with a new key and opens what this one sealed; where that was begun before, it goes on.

        With XO_DASH_SECRET_KEY the new key is that, and the one before is in the key file. Raises DirectoryUnusable.
        """
        if not self._given:
            path, old = self._directory.path / KEY_FILE, self._directory.path / OLD_KEY_FILE
            with self._directory.write_lock(), _told(path):
                if not old.exists():
                    replace_file(old, path.read_bytes())
                    replace_file(path, _new_key())
        return Vault(self._directory, self._given)

    def end_change(self) -> None:
        """All is sealed with the new key: the one before goes."""
        path = self._directory.path / (KEY_FILE if self._given else OLD_KEY_FILE)
        with self._directory.write_lock(), _told(path):
            path.unlink(missing_ok=True)

    def _earlier(self) -> list[bytes]:
        """Keys that something may still be sealed with."""
        names = (OLD_KEY_FILE, KEY_FILE) if self._given else (OLD_KEY_FILE,)
        with _told(self._directory.path):
            return [path.read_bytes().strip() for name in names if (path := self._directory.path / name).exists()]

    def _key_file(self) -> bytes:
        path = self._directory.path / KEY_FILE
        with self._directory.write_lock(), _told(path):
            if not path.exists():
                replace_file(path, _new_key())
            return path.read_bytes().strip()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the disk refuses is a DirectoryUnusable."""
    try:
        yield
    except OSError as error:
        message = _("{file} cannot be read: {reason}")
        raise DirectoryUnusable(message.format(file=error.filename or path, reason=error.strerror)) from error


def _new_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(32)) + b"\n"


def _cipher(material: bytes) -> tuple[str, AESGCM]:
    """By its mark."""
    return _derive(material, b"xo-dash mark")[:4].hex(), AESGCM(_derive(material, b"xo-dash sealing"))


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(material)
