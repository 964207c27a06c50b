"""A page that has some of the map's modules, without a server: their functions are called with plain values."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.modules import open_modules

MODULES = Path(__file__).parents[2] / "components" / "map" / "modules"


@asynccontextmanager
async def modules(browser: Browser, *names: str) -> AsyncIterator[Page]:
    """The page; module `filter` is `window.filter`, and so on."""
    imports = "".join(f"import * as {name} from './{name}.js'; window['{name}'] = {name};" for name in names)
    page = await open_modules(browser, MODULES, f"<script type=module>{imports} window.ready = true;</script>", "window.ready")
    yield page


async def call(page: Page, function: str, *arguments: Any) -> Any:
    """`function` is an expression in the browser."""
    return await page.evaluate(f"{function}(...{json.dumps(arguments)})")
