"""The code that opens the first-run page: only who sees the program start can make the first administrator."""

import secrets

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look like another
LENGTH = 12  # of 32 characters: 60 bits


class FirstRun:
    """One code, good for one administrator."""

    def __init__(self) -> None:
        self._code = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))

    def __repr__(self) -> str:
        return "FirstRun()"

    @property
    def code(self) -> str:
        """As it is printed: XXXX-XXXX-XXXX."""
        return "-".join(self._code[start : start + 4] for start in range(0, LENGTH, 4))

    def fits(self, typed: str) -> bool:
        """Lower case, spaces and dashes are forgiven."""
        plain = "".join(character for character in typed.upper() if character.isalnum())
        return secrets.compare_digest(plain.encode(), self._code.encode())
