"""vApps: their list, and the parts of the page of one."""
