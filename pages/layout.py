"""The frame every page stands in, put together for whoever looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nicegui import App, ui

from components import bundles, internals, theme
from components.actions import PlacedMenu, RunProgress
from components.findings.badge import badge
from components.frame import status
from components.frame.account import account
from components.frame.feed import TreeFeed
from components.frame.finder import Finder
from components.frame.keys import Keys
from components.frame.loading import show_loading
from components.frame.navigation import Navigation
from components.frame.shell import Shell, brand, breadcrumbs
from components.frame.tree import SNAPSHOT, Tree
from components.parts import part
from components.people.role_word import role_word
from components.people.view_as import viewing_banner
from components.stale_data import stale_bands
from components.taken import reload_when_taken
from components.ui import heading, page_title
from components.ui import page as page_box
from data.changes import Subject
from data.stores.users import User
from data.types import XapiObject
from pages.serving import serve
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import _


def install(app: App, context: Context) -> None:
    """Serve what the frame fetches; called once, before the first page."""
    theme.install(app)
    bundles.install(app)
    internals.install(app)
    serve(app, SNAPSHOT, context, TreeFeed)


@contextmanager
def frame(
    context: Context, *, title: str, crumbs: Iterable[tuple[str, str]] = (), selected: Subject | None = None,
    about: Iterable[XapiObject] = (), bare: bool = False,
) -> Iterator[None]:  # fmt: skip
    """Everything around a page; what is drawn inside is the page.

    `crumbs` are (name, path) of what the page is part of, `selected` is the object the tree shows as chosen (see `show_object`), `about`
    are others that it is made for: once its reader may not see one of them any more it is loaded anew. A `bare` page gets all the room,
    without margins or breadcrumbs.
    """
    user = current_user()
    reload_when_taken(context, about)
    feed = context.shared(TreeFeed)
    theme.wear(user.preferences)
    page_title(title)
    shell = Shell()
    show_loading(context.mirror, shell)
    with shell.brand:
        brand("/")
    with shell.middle:
        menu = PlacedMenu(context)
        part(Finder, context, menu.open)
    with shell.end:
        with ui.link(target="/attention").classes("x-status xo-badge-head") as link:
            link.props["aria-label"] = _("Attention")
            badge(context)
        status.tasks(context.tasks, "/tasks")
        status.connection(context.mirror, "/settings")
        Keys()
        part(_account, context, user)
    with shell.side:
        part(Navigation, context, ui.context.client.request.url.path)
        part(Tree, feed, selected, on_menu=menu.open)
    with shell.band:
        viewing_banner(user)
    with shell.main:
        if bare:
            shell.main.classes("x-main-bare")
            yield
        else:
            with page_box():
                breadcrumbs(list(crumbs))
                yield
    part(RunProgress, context)


@contextmanager
def list_page(context: Context, title: str, about: Iterable[XapiObject] = ()) -> Iterator[None]:
    """The frame around one list, which takes all the room that is left; its title is only read aloud."""
    with frame(context, title=title, about=about, bare=True), ui.element().classes("x-list-page"):
        heading(title, 1).classes("x-only-read")
        stale_bands(context.mirror)
        yield


def _account(context: Context, user: User) -> None:
    async def keep(name: str, value: str | None) -> None:
        await context.users.set_preferences(current_user().id, {name: value})

    account(user.name, role_word(user.role), lambda: current_user().preferences, "/account", keep)
