"""Models by name, and their sums and products as one formula. Runs in the worker."""
