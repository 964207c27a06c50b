"""Hundreds of small calls, each with the answer that a real xapi gave."""

import pytest

from tests.recorded import recorded_json
from tests.simulator.behaviour import all_answers
from tests.simulator.furnished import furnish_inside
from tests.simulator.inside import built


@pytest.mark.parametrize("hosts", [1, 3])
async def test_every_case_agrees(hosts: int) -> None:
    """Cases that only the recorded pool explains (no licence, a dummy SR, one host, its CPUs) are not recorded."""
    pool = await built(hosts, 6)
    await furnish_inside(pool)
    real, ours = recorded_json("behaviour.json"), await all_answers(pool)
    assert {name: (answer, ours.get(name)) for name, answer in real.items() if ours.get(name) != answer} == {}
