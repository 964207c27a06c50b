"""Every rule there is. A new one is a function and a row in the file of its kind, a sentence in components/findings, and a line of test."""

from data.findings import hosts, networks, servers, storage, vms

RULES = (*servers.RULES, *hosts.RULES, *storage.RULES, *networks.RULES, *vms.RULES)
