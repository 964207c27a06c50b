"""Commands for the paths of hosts to SRs."""
