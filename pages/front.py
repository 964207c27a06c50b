"""The pages in front of the door, as the door wants them."""

from typing import Final

from pages import first_run, kiosk_entry, login
from xo_dash.auth.forms import Views

VIEWS: Final = Views(
    login.page, first_run.page, kiosk_entry.page, login.CONTENT_SECURITY_POLICY, kiosk_entry.CONTENT_SECURITY_POLICY
)  # fmt: skip
