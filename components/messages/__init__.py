"""XAPI's messages in words, and the list of them."""
