"""Hosts and pools: the lists of them, and the parts of their pages."""
