"""What keeps the mirror fresh, and its findings."""
