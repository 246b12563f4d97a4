"""Models by name. Each file's text is handed out as it stands, so it uses NumPyro and JAX alone."""
