"""The pages in docs/ say what the code says, and what they show happens."""
