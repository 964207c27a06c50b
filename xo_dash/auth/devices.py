"""What a browser says it is, in two words for the list of sessions. It may say anything: nothing is decided by it."""

from typing import Final

LONGEST: Final = 400
"""Characters of the header that are looked at."""
_BROWSERS: Final = (("Edg", "Edge"), ("OPR/", "Opera"), ("Vivaldi", "Vivaldi"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
                    ("SamsungBrowser", "Samsung Internet"), ("CriOS", "Chrome"), ("Chrom", "Chrome"), ("Safari", "Safari"))  # fmt: skip
"""(what is in the header, what people call it); the first that fits, as each calls itself all that came before it."""
_SYSTEMS: Final = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
                   ("Mac OS X", "macOS"), ("Linux", "Linux"), ("BSD", "BSD"))  # fmt: skip


def device_of(user_agent: str) -> str:
    """`Firefox, Linux`; empty for what is neither known nor a browser."""
    text = user_agent[:LONGEST]
    browser = next((name for mark, name in _BROWSERS if mark in text), "")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return ", ".join(filter(None, (browser, system)))
