"""Built-in exporters, one file each; the file's name is the word in a spec."""
