"""Returns NaN, infinities, huge integers, complex numbers and bytes.

Ends: ok
"""

[float("nan"), float("-inf"), 10**400, 2**63, 1j, b"\xff", 1e999, -0.0]
