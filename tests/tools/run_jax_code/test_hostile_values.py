"""Values whose classes do what they can to mislead or to stop whoever looks at them."""

from jax_workbench.tools.common.user_code import load_module
from jax_workbench.tools.run_jax_code.value import Sent, encode_value


def sent(code: str) -> Sent:
    """What is sent of the `value` that `code` makes."""
    return encode_value(load_module(code, "code").value)


def test_subclasses_are_read_by_the_methods_of_their_base() -> None:
    code = """
class SlyList(list):
    def __iter__(self): raise SystemExit
class SlyDict(dict):
    def items(self): raise SystemExit
class SlyInt(int):
    def __int__(self): return 5
class SlyFloat(float):
    def __float__(self): return 5.0
class SlyText(str):
    def __str__(self): return "five"
value = [SlyList([1, 2]), SlyDict(a=1), SlyInt(7), SlyFloat(7.5), SlyText("seven")]
"""

    assert sent(code).value == [[1, 2], {"a": 1}, 7, 7.5, "seven"]


def test_an_array_that_misleads_about_itself_is_read_as_it_is() -> None:
    code = """
import numpy as np
class SlyArray(np.ndarray):
    shape = property(lambda self: 1 / 0)
    def view(self, *arguments): raise SystemExit
    def min(self, *arguments, **more): return -1.0
value = np.ndarray.view(np.ones(2), SlyArray)
"""

    assert (sent(code).value["shape"], sent(code).value["min"]) == ([2], 1.0)


def test_an_object_that_poses_as_a_dict_is_none() -> None:
    code = """
class Posing:
    __class__ = property(lambda self: dict)
    def __repr__(self): raise KeyboardInterrupt
value = Posing()
"""

    got = sent(code)

    assert got.value is None
    assert got.value_repr == "<Posing object; its repr raised KeyboardInterrupt>"
    assert got.notes[0].text.startswith("value is of type Posing")


def test_a_repr_that_is_no_text_is_named() -> None:
    code = "class NotText:\n    def __repr__(self): return 3\nvalue = NotText()\n"

    assert sent(code).value_repr == "<NotText object; its repr raised TypeError>"


def test_a_repr_without_end_is_cut() -> None:
    code = "class Long:\n    def __repr__(self): return 'x' * 10**6\nvalue = [Long()]\n"

    assert len(sent(code).value_repr) == 1024


def test_a_class_that_raises_when_it_is_looked_at_is_told() -> None:
    code = """
class Meta(type):
    __name__ = property(lambda self: 1 / 0)
    def __getattr__(self, name): raise SystemExit(name)
class Closed(tuple, metaclass=Meta): pass
value = Closed((1, 2))
"""

    got = sent(code)

    assert got.value is None
    assert got.notes[0].text == "Looking at the value raised SystemExit: _fields"


def test_a_pytree_that_contains_itself_is_given_up() -> None:
    code = """
import jax
@jax.tree_util.register_pytree_node_class
class Round:
    def tree_flatten(self): return ([self, 1.0], None)
    tree_unflatten = classmethod(lambda cls, nothing, parts: cls())
value = Round()
"""

    assert sent(code).value is None
