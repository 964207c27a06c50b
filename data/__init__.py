"""What we know of pools and of ourselves, and what follows from it. See docs/architecture.md."""
