"""What surrounds every page: the bar with the search, the tree of all there is, and the way around."""
