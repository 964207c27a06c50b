"""Consoles: the page that shows one, the files it is made of, its words, and pictures of many."""
