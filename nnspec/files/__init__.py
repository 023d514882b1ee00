"""Files that others wrote, read within bounds: no room is made for what they only claim."""
