"""Texts that are hard on a linter: too deep, too long, too many, not quite text."""

HEAD = "import jax\nimport jax.numpy as jnp\nx = jnp.zeros(3)\n"


def hostile_texts(n: int) -> dict[str, str]:
    """Texts by what they do; `n` is how often most of them repeat it, 10 to 100,000."""
    return {**_deep(n), **_branching(), **_long(n), **_growing(), **_broken(n), **_odd(n)}


def _deep(n: int) -> dict[str, str]:
    return {
        "brackets": f"{HEAD}y = {'[' * n}1{']' * n}\n",
        "calls": f"{HEAD}y = {'jnp.sin(' * 90}x{')' * 90}\n",
        "minus": f"{HEAD}y = {'-' * n}x\n",
        "not": f"{HEAD}y = {'not ' * n}x\n",
        "sum": HEAD + "y = " + "+".join(["x"] * n) + "\n",
        "and": HEAD + "y = " + " and ".join(["x"] * n) + "\n",
        "attributes": f"{HEAD}y = x{'.T' * n}\n",
        "subscripts": f"{HEAD}y = x{'[0]' * n}\n",
        "updates": f"{HEAD}y = x{'.at[0].set(1)' * n}\n",
        "lambdas": f"{HEAD}y = {'lambda a: ' * min(n, 900)}2\n",
        "if else": f"{HEAD}y = {'1 if x else ' * min(n, 900)}2\n",
        "ifs": HEAD + "".join(f"{' ' * i}if x > {i}:\n" for i in range(99)) + " " * 99 + "pass\n",
        "defs": HEAD + "".join(f"{' ' * i}def f{i}(x):\n" for i in range(95)) + " " * 95 + "pass\n",
        "elif": f"{HEAD}@jax.jit\ndef f(x):\n  if x: pass\n"
        + "".join(f"  elif x == {i}: y = x\n" for i in range(min(n, 3000))),
        "jit of jit": "import jax\nf = abs\n" + "f = jax.jit(f)\n" * n + "f(1)\n",
        "bases": "import jax\nclass C0: pass\n"
        + "".join(f"class C{i}(C{i - 1}): pass\n" for i in range(1, min(n, 2000))),
    }


def _branching() -> dict[str, str]:
    """Texts whose paths double at every line."""
    doubling = "".join(f"def f{i}(k): return f{i - 1}(k) + f{i - 1}(k)\n" for i in range(1, 40))
    nested = "".join(f"{' ' * i}for a{i} in x:\n" for i in range(19))
    return {
        "calls of calls": f"{HEAD}def f0(k): return k\n{doubling}jax.jit(f39)(x)\n",
        "keys of keys": f"{HEAD}f0 = jax.random.normal\n{doubling}f39(jax.random.key(0))\n",
        "mutual calls": f"{HEAD}def f(x): return g(x) + g(x)\ndef g(x): return f(x) + f(x)\nf(x)\n",
        "loops": f"{HEAD}{nested}{' ' * 19}x = jnp.sin(x)\n",
        "comprehensions": f"{HEAD}y = {'[' * 40}x{' for a in x]' * 40}\n",
        "two bases": f"{HEAD}class C0: pass\nclass D0: pass\n"
        + "".join(
            f"class C{i}(C{i - 1}, D{i - 1}): pass\nclass D{i}(C{i - 1}, D{i - 1}): pass\n"
            for i in range(1, 200)
        ),
    }


def _long(n: int) -> dict[str, str]:
    return {
        "lines": HEAD + "y=1\n" * (10 * n),
        "empty lines": HEAD + "\n" * (10 * n),
        "comments": HEAD + "#\n" * (10 * n),
        "one line": HEAD + "y = 1; " * n + "\n",
        "a string": f"{HEAD}y = '{'a' * n}'\n",
        "a list": HEAD + "y = jnp.array([" + "1," * n + "])\n",
        "a dict": HEAD + "y = {" + ",".join(f"{i}: {i}" for i in range(n)) + "}\n",
        "an f-string": f"{HEAD}y = f'{'{x}' * n}'\n",
        "a name": f"import jax\n{'é' * n} = 1\n",
        "suppressions": HEAD + "y = 1  # noqa: JAX301\n" * n,
        "findings": HEAD + "jax.tree_map(x)\n" * n,
        "two findings a line": HEAD + "if jax.foo: y = x\n" * n,
        "branches": HEAD + "if x: y = x\n" * n,
        "functions": HEAD + "".join(f"@jax.jit\ndef f{i}(x):\n  return x\n" for i in range(n // 5)),
        "keys": HEAD
        + "k = jax.random.key(0)\n"
        + "".join(
            f"k, s{i} = jax.random.split(k)\njax.random.normal(s{i})\n" for i in range(n // 5)
        ),
        "parameters": f"{HEAD}@jax.jit\ndef f({', '.join(f'a{i}' for i in range(n // 5))}): pass\n",
        "decorators": HEAD + "@jax.jit\n" * (n // 5) + "def f(x): return x\nf(1)\n",
        "fences": "```\nimport jax\n" * n,
        "prompts": ">>> import jax\n" * n,
        "magics": "%time x\n" * n + "import jax\n",
    }


def _growing() -> dict[str, str]:
    """Values that double at every line."""
    return {
        "integers": HEAD + "y = 3\n" + "y = y * y\n" * 60 + "jnp.zeros(y)\n",
        "powers": f"{HEAD}jnp.zeros(9**9**9**9)\njnp.zeros(1 << (1 << 40))\n",
        "a long integer": f"{HEAD}jnp.asarray(0x{'f' * 10_000})\n",
        "too long an integer": f"{HEAD}y = {'9' * 10_000}\n",
        "floats": f"{HEAD}y = 1e999\njnp.zeros(1e999)\nint(1e999)\n",
        "strings": HEAD + "y = 'a'\n" + "y = y + y\n" * 60 + "jnp.array(y)\n",
        "lists": HEAD + "y = [x]\n" + "y = y + y\n" * 60 + "jnp.array(y)\n",
        "tuples": HEAD + "y = (x,)\n" + "y = (y, y)\n" * 200 + "jax.jit(lambda z: z)(y)\n",
        "trees": HEAD + "y = {}\n" + "y = {'a': y, 'b': y}\n" * 200 + "jax.tree.map(abs, y)\n",
        "either": HEAD + "y = z = (x,)\n" + "if x: y = (y, z)\nelse: y = (z, y)\n" * 100,
        "shapes": f"{HEAD}y = jnp.zeros((10**6,) * 60)\n" + "y = jnp.concatenate([y, y])\n" * 300,
        "stacks": f"{HEAD}y = jnp.tile(x, {[10**9] * 50})\n" + "y = jnp.stack([y] * 100)\n" * 50,
        "products": f"{HEAD}z = [0] * 10**12\nw = (1,) * 10**10\njnp.array(z)\n",
        "ranges": f"{HEAD}for i in range(10**18):\n  x = x + 1\n[i for i in range(10**15)]\n",
    }


def _broken(n: int) -> dict[str, str]:
    return {
        "open brackets": "import jax\n" + "x = (\n" * n,
        "every line": "import jax\n" + "x y\n" * n,
        "last line": HEAD + "y = 1\n" * n + "x y\n",
        "a null byte": f"{HEAD}y = '\0'\n",
        "a lone surrogate": f"{HEAD}y = '\ud800'\nif x: pass\n",
        "a surrogate in a name": "\udc80 = 1\nimport jax\n",
        "all bytes": "".join(map(chr, range(256))) + "import jax\n",
        "tabs and spaces": "import jax\nif x:\n\ty\n        z\n",
        "a space that is none": "import\u00a0jax\n",
        "cells that are none": '{"cells": [{"cell_type": "code", "source": 5}, "jax"]}',
        "open cells": '{"cells":' * n,
    }


def _odd(n: int) -> dict[str, str]:
    return {
        "carriage returns": "import jax\r" * n,
        "form feeds": "import jax\x0c\ny = 1\x0c\n",
        "byte order marks": "\ufeff\ufeffimport jax\n",
        "wide characters": "import jax\nx = jax.foo('🙂')\n" * (n // 10),
        "right to left": "import jax\nx = '\u202e'\n",
        "stars": "from jax import *\nfrom jax.numpy import *\n" * (n // 10),
        "its own base": "import jax\nclass A(A): pass\nA()\n",
        "its own alias": "import jax\nf = f\nf = jax.jit(f)\nf = jax.jit(f)\nf(1)\n",
        "outside of functions": "import jax\nglobal x\nawait x\nreturn 1\nyield\n",
        "deleted": f"{HEAD}del x\nx\ndel x.y[0]\n",
        "type parameters": "import jax\ntype X = int\ndef f[T: int](x: T) -> T: return x\n",
        "groups of errors": "import jax\ntry: pass\nexcept* ValueError: pass\n",
        "nothing": "",
        "a space": " ",
        "a word": "jax",
    }
