"""Abstract interpretation of JAX code with the standard library alone. Worker or command line."""
