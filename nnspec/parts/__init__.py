"""Built-in parts. Each imports only what a plugin author may import: `nnspec.extend`."""
