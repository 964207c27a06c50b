"""A failure of XAPI as one sentence: a fact, and a way out."""

from xo_dash.control.failures.explain import driver_text, explain, explain_error, gist
from xo_dash.control.failures.naming import plain
from xo_dash.control.failures.network import network_reason

__all__ = ["driver_text", "explain", "explain_error", "gist", "network_reason", "plain"]
