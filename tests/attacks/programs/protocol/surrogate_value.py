"""Returns half a character.

Ends: ok, user_code_failed
"""

["\ud83d", {"\udc00": 1}]
