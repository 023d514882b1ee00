"""Built-in executors, one file each; the file's name is the word in a spec."""
