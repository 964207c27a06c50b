"""What a VM's screen shows, and the ways to see it: RFB through /console (CONNECT or websocket), text, and a picture."""
