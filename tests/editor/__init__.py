"""Writing specs: what parts show of themselves, the JSON Schema, and what editors and hooks make of both."""
