"""Recordings: those of a xapi we ran ourselves are part of the repository; databases of other people's pools are not."""

from pathlib import Path

RECORDINGS = Path(__file__).parent / "recordings"
"""What is in it says its README."""


def recorded(name: str) -> bytes:
    """The content of one file of it."""
    return (RECORDINGS / name).read_bytes()
