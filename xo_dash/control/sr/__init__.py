"""Commands for storage repositories."""
