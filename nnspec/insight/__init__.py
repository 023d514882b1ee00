"""What a network does, shown: saturation, single steps in numbers, what it imagines of a class."""
