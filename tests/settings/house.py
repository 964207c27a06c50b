"""The settings of a program with real stores and real connections, and somebody who looks at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nicegui import app, ui
from nicegui.element import Element
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction
from nicegui.testing.user_simulation import user_simulation

from components.ui import Button, Field
from data.mirror import PoolMirror
from data.server import ServerState
from data.stores.servers import ServerRecord
from data.stores.users import Role
from data.stores.users import User as Account
from pages import account, audit, people, setup
from tests import fakes
from tests.sync.house import House, house
from tests.waiting import until
from xo_dash.auth.current import session_of
from xo_dash.auth.sessions import Session
from xo_dash.context import Context

PASSWORD = "a long enough password"


class Settings:
    """`user` looks at the settings as `me`."""

    def __init__(self, user: User, context: Context, home: House, me: Account) -> None:
        self.user, self.context, self.home, self.me = user, context, home, me

    @property
    def records(self) -> list[ServerRecord]:
        return list(self.home.store.all())

    def field(self, label: str) -> Field:
        return next(field for field in self.user.find(Field).elements if field.props.get("label") == label)

    def type(self, **values: str) -> None:
        """Into fields by their label, with spaces for underscores."""
        for name, value in values.items():
            self.field(name.replace("_", " ")).value = value

    def press(self, text: str) -> None:
        """The button that says exactly this; where there are several, that of the dialog on top."""
        self._press(max(self._buttons(text), key=lambda button: button.id))

    def press_first(self, text: str) -> None:
        """Of several that say this the first."""
        self._press(min(self._buttons(text), key=lambda button: button.id))

    def _buttons(self, text: str) -> list[Button]:
        return [button for button in self.user.find(Button).elements if button.text == text]

    def _press(self, button: Button) -> None:
        interaction = self.user.find(Button)
        interaction.elements = {button}
        interaction.click()

    def press_item(self, text: str, *, last: bool = False) -> None:
        """The first (or last) item of a menu that says exactly this; the menu need not be open."""
        assert self.user.client
        found = [one for one in self.user.client.elements.values() if isinstance(one, ui.menu_item) and _says(one) == text]
        interaction = UserInteraction[Element](self.user, set(), None)
        interaction.elements = {(max if last else min)(found, key=lambda item: item.id)}
        interaction.click()

    async def fault(self, label: str) -> str:
        """What the field says is wrong, once it says something."""
        await until(lambda: self.field(label).error)
        return str(self.field(label).error)

    def session(self) -> Session:
        """The one of the page that is open."""
        assert self.user.client
        found = session_of(self.user.client)
        assert found
        return found

    async def live(self) -> PoolMirror:
        """The one pool, connected."""
        await until(lambda: [pool for pool in self.home.mirror if pool.server.state is ServerState.LIVE])
        return next(iter(self.home.mirror))


def _says(item: Element) -> str:
    return "".join(part.text for part in item.descendants() if isinstance(part, ui.label))


@asynccontextmanager
async def looking(folder: Path, role: Role = Role.ADMIN, path: str = "/settings") -> AsyncIterator[Settings]:
    async with user_simulation(lambda: None) as user, house(folder / "servers") as home:
        context = fakes.context(home.mirror, folder / "data", servers=home.servers, server_store=home.store)
        me = fakes.sign_in(app, context, "ann", role)
        setup.create(context)
        people.create(context)
        account.create(context)
        audit.create(context)
        await user.open(path)
        try:
            yield Settings(user, context, home, me)
        finally:
            await context.runner.stop()
            await context.auth.close()
