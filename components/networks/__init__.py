"""Networks: the list of them, and the parts of one's page."""
