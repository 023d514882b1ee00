"""Tables that are no text, as parts of nnspec."""
