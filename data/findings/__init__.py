"""What is wrong, since when, and what it touches: rules over the mirror and its measurements."""
