"""The MCP face: lists the tools, checks arguments, sends work to the sandbox. Never imports JAX."""
