"""The language of each browser."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import nicegui
from nicegui import Client

from xo_dash import i18n
from xo_dash.auth.current import session_of


class BrowserLanguage:
    """The language of a browser: its user's choice, else what it asks for, else the installation's."""

    def __init__(self, installation: str) -> None:
        self._installation = installation
        self._by_client: WeakKeyDictionary[Client, str] = WeakKeyDictionary()

    def __call__(self) -> str | None:
        try:
            client = nicegui.context.client
            known = self._by_client.get(client)  # asked for each text of a page
            if known is None:
                known = self._by_client[client] = self._choose(client)
        except RuntimeError:  # nobody is looking: no client, or one without a request
            return None if self._installation == "auto" else self._installation
        return known

    def _choose(self, client: Client) -> str:
        session = session_of(client)
        chosen = session.user().preferences.get("language") if session and session.is_open else None
        if chosen in i18n.LOCALES:
            return str(chosen)
        if self._installation != "auto":
            return self._installation
        return i18n.negotiate(client.request.headers.get("accept-language", ""))
