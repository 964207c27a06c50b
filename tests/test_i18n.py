"""Words and numbers in the reader's language."""

import asyncio
import datetime as dt
import math
from collections.abc import Callable, Iterator

import pytest

from xo_dash import i18n
from xo_dash.i18n import NNBSP, _, age, bits_rate, duration, negotiate, ngettext, number, percent, rate, size, using

UTC = dt.UTC
MOMENT = dt.datetime(2026, 11, 3, 14, 5, 9, tzinfo=UTC).timestamp()


def said(text: str) -> str:
    """`text` with plain spaces: what a person sees, and a test can read."""
    return text.replace(NNBSP, " ").replace("\u00a0", " ")


@pytest.fixture(autouse=True)
def _no_locator() -> Iterator[None]:
    yield
    i18n.set_locator(None)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8", "ru"),
        ("en-GB,ru;q=0.9", "en"),
        ("de, ru;q=0.3, en;q=0.2", "ru"),
        ("de", "en"),
        ("ru;q=0", "en"),
        ("*", "en"),
        ("ru_RU", "ru"),
        ("ru;q=x, en;q=0.1", "en"),
        (";;;,,q=1", "en"),
        ("ru," * 10_000, "ru"),
    ],
)
def test_the_browser_chooses(header: str, language: str) -> None:
    assert negotiate(header) == language


def test_inside_using_over_the_locator_over_english() -> None:
    assert i18n.locale() == "en"
    i18n.set_locator(lambda: "ru")
    assert _("just now") == "только что"
    with using("en"):
        assert _("just now") == "just now"
    i18n.set_locator(lambda: None)
    assert i18n.locale() == "en"
    with using("tlh"):
        assert i18n.locale() == "en"


async def test_two_readers_at_once() -> None:
    async def read(language: str) -> list[str]:
        texts = []
        with using(language):
            for _turn in range(3):
                texts.append(_("just now"))
                await asyncio.sleep(0)
        return texts

    english, russian = await asyncio.gather(read("en"), read("ru"))
    assert english == ["just now"] * 3
    assert russian == ["только что"] * 3


@pytest.mark.parametrize(("n", "russian"), [(1, "день"), (2, "дня"), (5, "дней"), (11, "дней"), (21, "день"), (104, "дня")])
def test_russian_counts_in_three_forms(n: int, russian: str) -> None:
    with using("ru"):
        assert ngettext("{n} day", "{n} days", n).format(n=n) == f"{n} {russian}"
    assert ngettext("{n} day", "{n} days", n).format(n=n) == f"{n} day{'s' * (n != 1)}"


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        (lambda: number(0), "0", "0"),
        (lambda: number(1234567), "1,234,567", "1 234 567"),
        (lambda: number(1234.5, 2), "1,234.5", "1 234,5"),
        (lambda: number(-0.001, 1), "0", "0"),
        (lambda: number(-12.5, 1), "−12.5", "−12,5"),
        (lambda: number(math.nan), "–", "–"),
        (lambda: percent(0.456), "46%", "46 %"),
        (lambda: percent(0.0456, 1), "4.6%", "4,6 %"),
        (lambda: percent(10), "1,000%", "1 000 %"),
        (lambda: percent(math.nan), "–", "–"),
        (lambda: size(0), "0 B", "0 Б"),
        (lambda: size(1023), "1,023 B", "1 023 Б"),
        (lambda: size(1536), "1.5 KiB", "1,5 КиБ"),
        (lambda: size(8 << 30), "8 GiB", "8 ГиБ"),
        (lambda: size(2_000_000_000_000), "1.82 TiB", "1,82 ТиБ"),
        (lambda: size((1 << 30) - 1), "1 GiB", "1 ГиБ"),
        (lambda: size(12.34 * (1 << 40)), "12.3 TiB", "12,3 ТиБ"),
        (lambda: size(-1), "–", "–"),
        (lambda: size(2**80), "1,048,576 EiB", "1 048 576 ЭиБ"),
        (lambda: size(math.inf), "–", "–"),
        (lambda: rate(13_000_000), "12.4 MiB/s", "12,4 МиБ/с"),
        (lambda: bits_rate(940_000_000), "940 Mbit/s", "940 Мбит/с"),
        (lambda: bits_rate(999.9), "1 kbit/s", "1 кбит/с"),
        (lambda: duration(0.4), "0 s", "0 с"),
        (lambda: duration(-5), "0 s", "0 с"),
        (lambda: duration(59.9), "59 s", "59 с"),
        (lambda: duration(200), "3 min", "3 мин"),
        (lambda: duration(7 * 3600), "7 h", "7 ч"),
        (lambda: duration(86400), "1 day", "1 день"),
        (lambda: duration(12 * 86400), "12 days", "12 дней"),
        (lambda: duration(800 * 86400), "2 years", "2 года"),
        (lambda: age(100, 101), "just now", "только что"),
        (lambda: age(101, 100), "just now", "только что"),
        (lambda: age(0, 180), "3 min ago", "3 мин назад"),
        (lambda: age(7200, 0), "in 2 h", "через 2 ч"),
        (lambda: i18n.datetime(MOMENT, UTC), "Nov 3, 2026, 14:05", "3 нояб. 2026 г., 14:05"),
        (lambda: i18n.date(MOMENT, UTC), "Nov 3, 2026", "3 нояб. 2026 г."),
        (lambda: i18n.time(MOMENT, UTC), "14:05:09", "14:05:09"),
    ],
)
def test_numbers_sizes_and_times(text: Callable[[], str], english: str, russian: str) -> None:
    with using("en"):
        assert said(text()) == english
    with using("ru"):
        assert said(text()) == russian


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    for text in (size(8 << 30), rate(8 << 30), duration(86400)):
        assert " " not in text
