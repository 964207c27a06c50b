"""Runs that go on after a restart of ours: what is written down while they go, and how that is read again."""
