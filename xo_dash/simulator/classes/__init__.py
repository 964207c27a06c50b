"""XAPI's classes: what their messages do, one family a file."""
