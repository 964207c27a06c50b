"""A day as data: who does what when, over and over, at the speed of the pool's clock.

lasts = "20:00"             a round, in minutes and seconds (or seconds alone); then it begins anew
life = true                 other things happen by themselves as well, as with --life

[[step]]
at = "1:30"
pool = "lab-pool"           its name; without it the step happens in every pool
do = "vm.backup"            a verb of verbs/, and its arguments
vm = ["web-1", "db-01"]     one after the other, `apart` seconds from each other
apart = 20
seconds = 40
"""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import admin_api
from .errors import XapiError
from .pool import Pool

log = logging.getLogger(__name__)

HERE = Path(__file__).parent / "scenarios"
APART = 15.0


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    at: float  # seconds from the beginning of a round
    do: str
    pool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    lasts: float
    steps: list[ScenarioStep] = field(default_factory=list)
    life: bool = False


def names() -> list[str]:
    """Of the scenarios that come along."""
    return sorted(path.stem for path in HERE.glob("*.toml"))


def read(wanted: str) -> Scenario:
    """One that comes along, or a file; ValueError with one sentence if it is none."""
    path = HERE / f"{wanted}.toml" if wanted in names() else Path(wanted)
    try:
        raw = tomllib.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{wanted}: {error.strerror}; there are {', '.join(names())} and files") from None
    except ValueError as error:  # neither TOML nor text
        raise ValueError(f"{wanted}: {error}") from None
    if unknown := set(raw) - {"lasts", "life", "step"}:
        raise ValueError(f"{wanted}: a scenario has no {', '.join(sorted(unknown))}")
    try:
        steps = [step for one in raw.get("step", []) for step in expanded(one)]
        last = max((step.at for step in steps), default=0.0)
        lasts = seconds(raw.get("lasts", last + APART))
        if lasts <= last or lasts <= 0:
            raise ValueError(f"it lasts {lasts:g} s, but a step is at {last:g} s")
    except ValueError as error:
        raise ValueError(f"{wanted}: {error}") from None
    return Scenario(path.stem, lasts, sorted(steps, key=lambda step: step.at), bool(raw.get("life", False)))


def expanded(raw: dict[str, Any]) -> list[ScenarioStep]:
    """One step, or one for each of those whom it names."""
    if not isinstance(raw, dict) or "do" not in raw or "at" not in raw:
        raise ValueError("a step has a time, at, and a verb, do")
    at, name, pool, apart = seconds(raw["at"]), raw["do"], raw.get("pool", ""), seconds(raw.get("apart", APART))
    arguments = {key: value for key, value in raw.items() if key not in ("at", "do", "pool", "apart")}
    many = next((key for key in admin_api.OBJECTS if isinstance(arguments.get(key), list)), "")
    each = [{**arguments, many: one} for one in arguments[many]] if many else [arguments]
    for one in each:
        admin_api.check(name, one)
    return [ScenarioStep(at + number * apart, name, pool, one) for number, one in enumerate(each)]


def seconds(value: Any) -> float:
    """90, 90.5 or "1:30" (minutes, or hours and minutes before the seconds)."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    try:
        total = 0.0
        for part in value.split(":"):
            total = total * 60 + float(part)
    except (AttributeError, ValueError):
        raise ValueError(f"{value!r} is no time; 90 and 1:30 are") from None
    return total


async def play(scenario: Scenario, pool: Pool) -> None:
    """Round after round, until the pool closes. A step that cannot be is left out; a name that nobody has is told once."""
    own = pool.db.get(pool.ref, "name_label")
    steps = [step for step in scenario.steps if step.pool in ("", own)]
    told: set[str] = set()
    while steps:
        passed = 0.0
        for step in steps:
            await pool.clock.sleep(step.at - passed)
            passed = step.at
            try:
                admin_api.perform(pool, step.do, step.arguments)
            except XapiError as error:
                log.debug("%s: %s: %s", scenario.name, step.do, error)  # somebody else was there first
            except ValueError as error:
                if str(error) not in told:
                    told.add(str(error))
                    log.warning("%s: %s: %s", scenario.name, step.do, error)
        await pool.clock.sleep(scenario.lasts - passed)
