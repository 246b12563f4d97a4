"""Makes libraries raise, and looks for the host's folders in the traceback.

Ends: user_code_failed
"""

import traceback

import jax

try:
    jax.jit(lambda x: x @ x)(jax.numpy.ones((2, 3)))
except Exception:
    text = traceback.format_exc()
    if HOST["home"] not in ("/", "/tmp") and HOST["home"] in text:
        breach("a traceback names the home folder")
    raise
