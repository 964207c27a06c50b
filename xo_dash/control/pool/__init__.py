"""Commands for pools, their messages and their tasks."""
