"""The command line: one module a verb, imported when the verb is used.

A verb's module has ``configure(parser)``, which adds its arguments, and ``run(args) -> int``, which answers on
stdout and returns the exit code. Progress and problems go to stderr.
"""
