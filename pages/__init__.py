"""One file a route; each has `create(context)`, which registers it, and is composition only."""
