"""Text to a valid document: reader, syntax, marks, composition, document, checks, translation, hints, problems."""
