"""Words, numbers, sizes and times in the reader's language; a leaf that imports nothing of ours.

The message ids are the English sentences; other languages are gettext catalogues in `locale/<language>/LC_MESSAGES/xo_dash.mo`.
Which language it is: the one of `using(...)` if inside one, else what the locator answers, else English.

`{name}` fields stay outside of the message: `_("{name} is halted").format(name=...)`.
"""

import datetime as dt
import gettext as _gettext
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

LOCALES: Final = ("en", "ru")
NAMES: Final = {"en": "English", "ru": "Русский"}  # each in its own language, so never translated
DOMAIN: Final = "xo_dash"
CATALOGUES: Final = Path(__file__).parent / "locale"
NNBSP: Final = "\u202f"  # narrow, and never the end of a line: stands between a number and its unit
UNKNOWN: Final = "–"  # what stands for a number that is not there (NaN)

Locator = Callable[[], str | None]

_chosen: ContextVar[str | None] = ContextVar("locale", default=None)
_locator: list[Locator] = []  # none or one; the only thing here that the program sets


_TO_THE_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ISOLATED: Final = re.compile("\u2068([^\u2068\u2069]*)\u2069")


def isolated(name: str) -> str:
    """A name on its way into a sentence: written to the left it has a direction of its own, or it would draw along what is beside it."""
    return f"\u2068{name}\u2069" if _TO_THE_LEFT.search(name) else name


def bare(sentence: str) -> str:
    """`sentence` for programs: names as they are."""
    return _ISOLATED.sub(r"\1", sentence)


# ---- which language


def set_locator(locator: Locator | None) -> None:
    """Ask `locator` for the language whenever there is no `using(...)` around; None forgets it."""
    _locator[:] = [locator] if locator else []


def locale() -> str:
    """The language of this moment, always one of LOCALES."""
    found = _chosen.get()
    if found is None and _locator:
        found = _locator[0]()
    return found if found in LOCALES else "en"


@contextmanager
def using(language: str) -> Iterator[None]:
    """Speak `language` inside (also in tasks that start there); one we do not have is English."""
    token = _chosen.set(language if language in LOCALES else "en")
    try:
        yield
    finally:
        _chosen.reset(token)


@lru_cache(maxsize=256)
def negotiate(accept_language: str) -> str:
    """The best of LOCALES for an Accept-Language header; English if it names none of them or is not one."""
    best, best_quality = "en", 0.0
    for part in accept_language[:1000].split(","):
        tag, _semicolon, parameter = part.strip().partition(";")
        language = tag.strip().lower().replace("_", "-").split("-")[0]
        quality = _quality(parameter)
        if language in LOCALES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    key, _equals, value = parameter.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


# ---- words


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    if language == "en":
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, str(CATALOGUES), [language])


def _(message: str) -> str:
    """`message` in the reader's language."""
    return _catalogue(locale()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form for `n` things; the number itself is put in by the caller."""
    return _catalogue(locale()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    """`message`, which alone would be ambiguous, as meant in `context`."""
    return _catalogue(locale()).pgettext(context, message)


def N_(message: str) -> str:
    """Mark a message for the catalogue; it is translated later, by `_`, when the reader is known."""
    return message


# ---- numbers


@dataclass(frozen=True, slots=True)
class _Signs:
    """How a language writes numbers (from CLDR)."""

    decimal: str
    group: str
    percent: str  # with the space before it, where the language has one


@cache
def _signs(language: str) -> _Signs:
    from babel import Locale  # costs 40 ms: not for --version

    cldr = Locale.parse(language)
    symbols = cldr.number_symbols["latn"]
    suffix = cldr.percent_formats[None].suffix[0]
    return _Signs(symbols["decimal"], symbols["group"], suffix.replace("\u00a0", NNBSP))


def number(value: float, digits: int = 0) -> str:
    """`value` with at most `digits` decimals, in groups of three: 12,345.6 and 12 345,6; NaN is a dash."""
    return _number(value, digits, locale())


@lru_cache(maxsize=4096)
def _number(value: float, digits: int, language: str) -> str:
    if not math.isfinite(value):
        return UNKNOWN
    signs = _signs(language)
    whole, _dot, fraction = f"{value:,.{digits}f}".partition(".")
    fraction = fraction.rstrip("0")
    if whole.strip("-0,") == "" and not fraction:
        return "0"  # also for -0.001
    whole = whole.replace(",", signs.group).replace("-", "−")
    return f"{whole}{signs.decimal}{fraction}" if fraction else whole


def percent(fraction: float, digits: int = 0) -> str:
    """0.456 is 46% and 46 %."""
    language = locale()
    text = _number(round(fraction * 100, digits), digits, language)
    return text if text == UNKNOWN else text + _signs(language).percent


# ---- amounts with a unit

# fmt: off
_BYTES = (N_("B"), N_("KiB"), N_("MiB"), N_("GiB"), N_("TiB"), N_("PiB"), N_("EiB"))
_BYTE_RATES = (N_("B/s"), N_("KiB/s"), N_("MiB/s"), N_("GiB/s"), N_("TiB/s"), N_("PiB/s"), N_("EiB/s"))
_BIT_RATES = (N_("bit/s"), N_("kbit/s"), N_("Mbit/s"), N_("Gbit/s"), N_("Tbit/s"), N_("Pbit/s"), N_("Ebit/s"))
# fmt: on


def size(amount: float) -> str:
    """Bytes, in powers of 1024 and three digits: 8 GiB, 1.82 TiB; what nobody knows, -1 or NaN, is a dash."""
    return _scaled(amount, 1024, _BYTES)


def gibibytes(amount: float) -> str:
    """GiB to the tenth, where figures have to add up: 1,212.4 GiB."""
    language = locale()
    return f"{_number(amount, 1, language)}{NNBSP}{_catalogue(language).gettext(_BYTES[3])}"


def rate(bytes_per_second: float) -> str:
    """Bytes per second, in powers of 1024: 12.5 MiB/s."""
    return _scaled(bytes_per_second, 1024, _BYTE_RATES)


def bits_rate(bits_per_second: float) -> str:
    """Bits per second, in powers of 1000, as networks are sold: 940 Mbit/s."""
    return _scaled(bits_per_second, 1000, _BIT_RATES)


def _scaled(amount: float, base: int, units: tuple[str, ...]) -> str:
    """Less than nothing is what XAPI says where it does not know."""
    if not math.isfinite(amount) or amount < 0:
        return UNKNOWN
    value, step = amount, 0
    while step < len(units) - 1 and abs(value) >= base - 0.5:  # what would be shown as 1024 MiB is 1 GiB
        value /= base
        step += 1
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    if step == 0:
        digits = 0
    language = locale()
    return f"{_number(round(value, digits), digits, language)}{NNBSP}{_catalogue(language).gettext(units[step])}"


# ---- times

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY


def duration(seconds: float) -> str:
    """How long, in its one largest unit, rounded down: 45 s, 3 min, 7 h, 12 days."""
    if not math.isfinite(seconds):
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return _("{n} s").format(n=whole).replace(" ", NNBSP)
    if whole < HOUR:
        return _("{n} min").format(n=whole // MINUTE).replace(" ", NNBSP)
    if whole < DAY:
        return _("{n} h").format(n=whole // HOUR).replace(" ", NNBSP)
    if whole < 2 * YEAR:
        days = whole // DAY
        return ngettext("{n} day", "{n} days", days).format(n=number(days)).replace(" ", NNBSP)
    years = whole // YEAR
    return ngettext("{n} year", "{n} years", years).format(n=number(years)).replace(" ", NNBSP)


def age(then: float, now: float) -> str:
    """How long ago `then` was (both in seconds since 1970): just now, 3 min ago, in 2 h.

    A moment less than a minute ahead is just now: two clocks are never the same.
    """
    seconds = now - then
    if not math.isfinite(seconds):
        return UNKNOWN
    if -MINUTE < seconds < 5:
        return _("just now")
    if seconds < 0:
        return _("in {duration}").format(duration=duration(-seconds))
    return _("{duration} ago").format(duration=duration(seconds))


def datetime(moment: float | dt.datetime, zone: dt.tzinfo | None = None) -> str:
    """Day and time to the minute, in 24 hours; `moment` in seconds since 1970; in `zone`, else in the server's own."""
    when = _moment(moment, zone)
    return f"{_date(when.date(), locale())}, {when:%H:%M}"


def date(moment: float | dt.datetime, zone: dt.tzinfo | None = None) -> str:
    """The day alone: Nov 3, 2026 and 3 нояб. 2026 г."""
    return _date(_moment(moment, zone).date(), locale())


@lru_cache(maxsize=1024)
def _date(day: dt.date, language: str) -> str:
    from babel.dates import format_date

    return str(format_date(day, "medium", locale=language))


def time(moment: float | dt.datetime, zone: dt.tzinfo | None = None) -> str:
    """The time of day with its seconds, in 24 hours as logs have it."""
    return _moment(moment, zone).strftime("%H:%M:%S")


def _moment(moment: float | dt.datetime, zone: dt.tzinfo | None) -> dt.datetime:
    if isinstance(moment, dt.datetime):
        return moment.astimezone(zone)
    return dt.datetime.fromtimestamp(moment, dt.UTC).astimezone(zone)
