"""Elements that follow data; they know nothing of routes and of calls to pools. See docs/architecture.md."""
