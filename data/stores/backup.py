"""The configuration as one file, encrypted with a passphrase: a line that says what it is, a salt, a nonce, and AES-256-GCM of
gzipped JSON {file: base64}. The key is scrypt of the passphrase (64 MiB).
"""

from __future__ import annotations

import base64
import gzip
import io
import secrets
import zlib
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from data.stores.errors import RecordRefused
from data.stores.snapshot import MOST, Snapshot, check
from xo_dash.i18n import _

HEAD: Final = b"xo-dash configuration 1\n"
SHORTEST: Final = 12
"""Characters of a passphrase: the file may be tried by anybody who has it, for as long as they like."""
_SALT, _NONCE = 16, 12


def pack(snapshot: Snapshot, passphrase: str) -> bytes:
    """Raises RecordRefused for a passphrase that is too short."""
    if len(passphrase) < SHORTEST:
        raise RecordRefused(_("the passphrase needs at least {count} characters").format(count=SHORTEST))
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    plain = gzip.compress(msgspec.json.encode({name: base64.b64encode(content).decode() for name, content in snapshot.items()}))
    return HEAD + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, HEAD)


def unpack(content: bytes, passphrase: str) -> Snapshot:
    """What was packed. Raises RecordRefused, with a sentence that says why."""
    if not content.startswith(b"xo-dash configuration "):
        raise RecordRefused(_("this file was not made by xo-dash config export"))
    if not content.startswith(HEAD):
        raise RecordRefused(_("this file was made by a newer xo-dash; install that version"))
    salt, rest = content[len(HEAD) :][:_SALT], content[len(HEAD) + _SALT :]
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(rest[:_NONCE], rest[_NONCE:], HEAD)
        with gzip.open(io.BytesIO(plain)) as file:
            text = file.read(2 * MOST)
        snapshot = {name: base64.b64decode(one, validate=True) for name, one in msgspec.json.decode(text, type=dict[str, str]).items()}
    except (InvalidTag, ValueError, zlib.error, EOFError, OSError) as error:
        raise RecordRefused(_("the passphrase is wrong, or the file is damaged")) from error
    check(snapshot)
    return snapshot


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(passphrase.encode())
