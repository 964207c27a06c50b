"""The pages in front of the door, as the door wants them."""

from typing import Final

from pages import first_run, invitation, kiosk_entry, login
from xo_dash.auth.forms import Views

VIEWS: Final = Views(
    sign_in=login.page,
    code=login.code_page,
    recovery_codes=login.recovery_page,
    first_run=first_run.page,
    kiosk=kiosk_entry.page,
    invitation=invitation.page,
    content_security_policy=login.CONTENT_SECURITY_POLICY,
    sign_in_content_security_policy=login.SIGN_IN_CONTENT_SECURITY_POLICY,
    invitation_content_security_policy=invitation.CONTENT_SECURITY_POLICY,
    kiosk_content_security_policy=kiosk_entry.CONTENT_SECURITY_POLICY,
)
