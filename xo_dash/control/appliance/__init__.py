"""Commands for vApps: groups of VMs that start and stop together. XAPI calls them VM appliances."""
