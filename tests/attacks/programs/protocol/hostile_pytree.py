"""Returns a class whose flattening answers with anything.

Ends: ok, user_code_failed, timed_out, worker_died
Wall: 4 s
"""

import jax


class Node:
    pass


jax.tree_util.register_pytree_node(Node, lambda n: ((Node(), Node()), None), lambda *_: Node())
Node()
