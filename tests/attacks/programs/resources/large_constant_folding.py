"""Has the compiler fold a constant of gigabytes.

Ends: user_code_failed, out_of_memory, worker_died, timed_out, ok
Wall: 5 s
"""

exec(compile("x = " + "+".join(["'a' * 4096"] * 20000), "attack", "exec"))
