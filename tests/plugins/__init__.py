"""What others bring, and what it can and cannot do."""
