"""Replaces the harness's own functions, reached through its frames.

Ends: worker_died, ok, user_code_failed
"""

import sys

for name, module in list(sys.modules.items()):
    if name.startswith("jax_workbench"):
        for attribute in list(vars(module)):
            if not attribute.startswith("__"):
                setattr(module, attribute, None)
