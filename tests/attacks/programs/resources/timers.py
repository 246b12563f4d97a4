"""Makes timers until the user's share of pending signals is used up.

Ends: ok
"""

made = 0
kept = ctypes.create_string_buffer(8)
while made < 20000 and call("timer_create", 1, 0, kept)[0] == 0:
    made += 1
if made > 2000:
    breach(f"made {made} timers")
