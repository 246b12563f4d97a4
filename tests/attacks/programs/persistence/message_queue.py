"""Leaves a POSIX message queue.

Ends: ok
"""

refused("mq_open", b"attack", 0o102, 0o666, 0)
