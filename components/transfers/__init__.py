"""Files that are sent and fetched: choosing one (`picker`), handing one over (`handing`), and how far they are (`listing`)."""
