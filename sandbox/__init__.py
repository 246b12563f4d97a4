"""Runs a named function on JSON in a jailed, disposable process. Knows neither MCP nor JAX."""
