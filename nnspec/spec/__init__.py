"""Text to a valid document: reader, marks, composition, document, checks, problems."""
