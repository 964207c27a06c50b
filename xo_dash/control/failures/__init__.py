"""A failure of XAPI as one sentence: a fact, and a way out."""

from xo_dash.control.failures.explain import explain, explain_error
from xo_dash.control.failures.naming import plain

__all__ = ["explain", "explain_error", "plain"]
