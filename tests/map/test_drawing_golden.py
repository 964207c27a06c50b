"""Six fleets in two themes look as they did when somebody looked at them: see `pictures`."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.map.pictures import FLEETS, FOLDER, distance, load, paint, save


@pytest.mark.parametrize("name", FLEETS)
async def test_the_map_looks_as_it_did(browser: Browser, name: str, tmp_path: Path) -> None:
    for theme, blocks in (await paint(browser, name)).items():
        mean, part = distance(blocks, load(FOLDER / f"{name}-{theme}.png"))
        if mean > 3 or part > 0.03:
            save(tmp_path / f"{name}-{theme}.png", blocks)
            pytest.fail(
                f"{name}, {theme}: {mean:.1f} levels and {part:.1%} of the blocks; it looks like {tmp_path}. See tests/map/pictures.py"
            )


async def test_another_picture_is_another_picture() -> None:
    """The measure sees what must be seen: other loads, a tile moved, another theme."""
    pictures = {path.stem: load(path) for path in FOLDER.glob("*.png")}
    for theme in ("dark", "light"):
        mean, part = distance(pictures[f"lab-{theme}"], pictures[f"gone-{theme}"])
        assert mean > 3 and part > 0.03
