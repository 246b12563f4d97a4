"""Finds the harness's way to the host in its frames, and floods it.

Ends: worker_died, output_too_large, user_code_failed
"""

import gc

for found in gc.get_objects():
    if type(found).__name__ == "Channel" and hasattr(found, "save"):
        for index in range(1000):
            found.save(f"{index}", "text/plain", b"x" * 2**20)
raise RuntimeError("found no channel")
