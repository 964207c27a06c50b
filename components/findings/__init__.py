"""What needs attention, in words and as a list."""
