"""When an SR will be full: a straight past is a forecast, anything else is not."""

import pytest

from data.growth import DAY, Sample, days_until_full, kept

NOW = 1_800_000_000.0


def past(days: float, used_then: float, used_now: float, n: int = 50) -> list[Sample]:
    return [Sample(NOW - days * DAY * (1 - i / (n - 1)), used_then + (used_now - used_then) * i / (n - 1)) for i in range(n)]


@pytest.mark.parametrize(
    ("samples", "days"),
    [
        (past(10, 50, 60), 40),  # a GiB a day, 40 left
        (past(0.05, 80, 90), 0.05),  # fast: a quarter of its size in an hour
        (past(10, 60, 60), None),  # it does not grow
        (past(10, 60, 50), None),  # it shrinks
        ([], None),
        (past(0.001, 50, 60), None),  # too little is known
    ],
)
def test_forecast(samples: list[Sample], days: float | None) -> None:
    found = days_until_full(samples, 100, NOW)
    assert found == (days if days is None else pytest.approx(days, rel=0.05))


def test_a_step_is_no_trend() -> None:
    jump = [Sample(NOW - 10 * DAY + i * 4000, 40 if i < 200 else 60) for i in range(216)]
    assert days_until_full(jump, 100, NOW) is None


def test_few_samples_tell_of_two_months() -> None:
    samples: list[Sample] = []
    for minute in range(0, 60 * 24 * 70, 5):
        samples = kept(samples, Sample(NOW + minute * 60, minute))
    assert len(samples) < 400
    assert 59 * DAY < samples[-1].t - samples[0].t <= 60 * DAY
