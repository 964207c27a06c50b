"""Speaking to one pool. The only place that imports XenAPI."""
