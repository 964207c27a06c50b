"""A failure of XAPI as one sentence: a fact, and a way out."""

from xo_dash.control.failures.explain import explain, explain_error
from xo_dash.control.failures.naming import plain
from xo_dash.control.failures.network import network_reason

__all__ = ["explain", "explain_error", "network_reason", "plain"]
