"""What a command wants to know, as a type: the dialog, the API, the command line, a stored job and the audit all come from it."""
