"""A page that has some of the map's modules, without a server: their functions are called with plain values."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route

MODULES = Path(__file__).parents[2] / "components" / "map" / "modules"
ORIGIN = "http://map.test/"


@asynccontextmanager
async def modules(browser: Browser, *names: str) -> AsyncIterator[Page]:
    """The page; module `filter` is `window.filter`, and so on."""
    loader = "".join(f"import * as {name} from './{name}.js'; window['{name}'] = {name};" for name in names)

    async def serve(route: Route) -> None:
        name = route.request.url.removeprefix(ORIGIN)
        if not name:
            await route.fulfill(content_type="text/html", body=f"<script type=module>{loader} window.ready = true;</script>")
        else:
            await route.fulfill(content_type="text/javascript", body=(MODULES / name).read_text(encoding="utf-8"))

    page = await browser.new_page()
    await page.route(f"{ORIGIN}**", serve)
    await page.goto(ORIGIN)
    await page.wait_for_function("window.ready")
    yield page


async def call(page: Page, function: str, *arguments: Any) -> Any:
    """`function` is an expression in the browser."""
    return await page.evaluate(f"{function}(...{json.dumps(arguments)})")
