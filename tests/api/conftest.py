"""All routes over a mirror of two pools, and a token of each role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui import app
from nicegui.testing.user_simulation import user_simulation

from data.stores.users import Role
from tests import fakes
from xo_dash.app import add_routes
from xo_dash.context import Context


@dataclass
class Api:
    """`await api.get("/vms", filter="web")`: what the API says to an administrator, or to whoever `by` names."""

    http: httpx.AsyncClient
    context: Context
    tokens: dict[str, str]

    async def ask(self, method: str, path: str, *, by: str = "admin", **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[by]}"} if by else {}
        return await self.http.request(method, f"/api/v1{path}", headers=headers | options.pop("headers", {}), **options)

    async def get(self, path: str, *, by: str = "admin", **query: str) -> Any:
        answer = await self.ask("GET", path, by=by, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, *, by: str = "admin") -> httpx.Response:
        return await self.ask("POST", path, by=by, json=body)

    async def refused(self, status: int, method: str, path: str, *, by: str = "admin", **options: Any) -> dict[str, Any]:
        """The problem that is told."""
        answer = await self.ask(method, path, by=by, **options)
        told: dict[str, Any] = answer.json()
        assert answer.status_code == status == told["status"], answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert told["title"] and told["detail"] and "\n" not in told["detail"]
        return told


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with user_simulation(lambda: None) as user:
        context = fakes.context(fakes.judged(fakes.home_lab()), tmp_path)
        add_routes(app, context)
        tokens: dict[str, str] = {}
        for role in Role:
            who = context.users.add_now(role, "hash", role)
            tokens[role], _token = context.tokens.add_now(who.id, "tests")
        yield Api(user.http_client, context, tokens)
        await context.runner.stop()
        await context.auth.close()
