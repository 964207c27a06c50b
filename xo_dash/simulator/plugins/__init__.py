"""What host.call_plugin runs: each module is a script of a real host's, or a few that are alike; host_plugins.py has the table of them."""
