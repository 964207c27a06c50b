"""What a screen on a wall has beside the map."""
