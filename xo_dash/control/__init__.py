"""What changes things: requests, plans, the table of actions, the runner and the audit. See docs/architecture.md."""
