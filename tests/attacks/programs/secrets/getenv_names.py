"""Asks for variables that often hold keys.

Ends: ok
"""

import os

for name in ("ATTACK_BAIT", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "ANTHROPIC_API_KEY", "USER"):
    if os.getenv(name):
        breach(f"{name} is set")
