"""What runs inside the jail: standard library only, no import of the host's side."""
