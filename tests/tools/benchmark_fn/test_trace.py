"""Tracers run in this process here: only code of these tests, which does nothing but compute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from jax_workbench.tools.benchmark_fn import make_inputs, trace
from jax_workbench.tools.benchmark_fn.input_sets import unpack_set
from jax_workbench.tools.benchmark_fn.messages import Draw, InputSets, TraceAsk, Traced
from jax_workbench.tools.errors import ToolError

HEAD = "import jax, jax.numpy as jnp\n"
SQUARE = Draw(shape=(4, 4), dtype="float32", distribution="normal", low=0, high=0)


@dataclass
class FakeJob:
    """Keeps what a job says and saves."""

    blobs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    said: list[str] = field(default_factory=list[str])
    saved: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def progress(self, message: str) -> None:
        """Note it."""
        self.said.append(message)

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Note it."""
        del mime_type
        self.saved[name] = content


def traced(
    code: str, *draws: Draw, job: FakeJob | None = None, **options: Any
) -> tuple[Traced, export.Exported]:
    """Trace `code` on the draws, or on one square matrix."""
    job = job or FakeJob()
    made = "" if draws or "make_inputs" not in options else options["make_inputs"]
    ask = TraceAsk(
        name="a",
        code=HEAD + code,
        fn=options.get("fn", "fn"),
        make_inputs=made,
        draws=() if made else draws or (SQUARE,),
        sizes={},
        seed=0,
        backward=options.get("backward", False),
    )
    said = Traced.model_validate(trace.run(ask.model_dump(), job))
    return said, export.deserialize(bytearray(job.saved["program"]))


def test_the_program_computes_what_the_function_does() -> None:
    _, program = traced("def fn(x):\n    return jnp.tanh(x @ x)\n")
    x = jnp.eye(4)

    (found,) = program.call(x)

    assert found == pytest.approx(jnp.tanh(x @ x))


def test_trees_of_any_kind_are_flattened_and_their_leaves_named() -> None:
    code = """
from typing import NamedTuple
class Pair(NamedTuple):
    a: object
    b: object
def fn(x):
    w, v = jnp.linalg.eigh(x)
    return Pair(w, {"v": v, "both": [w, v]})
"""

    said, program = traced(code)

    assert said.in_paths == ("args[0]",)
    assert said.out_paths == (
        "result.a",
        "result.b['both'][0]",
        "result.b['both'][1]",
        "result.b['v']",
    )
    assert len(program.out_avals) == 4


def test_arguments_of_make_inputs_keep_dtype_weakness_and_keys() -> None:
    maker = """
import jax, numpy as np
def make_inputs(seed):
    return {"w": np.ones(3), "n": 2}, jax.random.key(seed), 0.5
"""
    code = """
def fn(parameters, key, scale):
    half = parameters["w"].astype(jnp.float16) * scale
    return half, jax.random.normal(key, (2,)) * parameters["n"]
"""

    said, program = traced(code, make_inputs=maker)

    assert said.in_paths == ("args[0]['n']", "args[0]['w']", "args[1]", "args[2]")
    kinds = [str(aval.dtype) for aval in program.in_avals]
    assert kinds == ["int32", "float32", "key<fry>", "float32"]
    assert program.out_avals[0].dtype == jnp.float16


def test_backward_gives_the_value_and_a_gradient_for_each_real_leaf() -> None:
    vector = Draw(shape=(4,), dtype="float32", distribution="normal", low=0, high=0)
    count = Draw(shape=(), dtype="int32", distribution="integers", low=0, high=9)
    code = "def fn(x, v, n):\n    return (v @ x @ v) * n.astype(x.dtype)\n"

    said, program = traced(code, SQUARE, vector, count, backward=True)

    x, v = jnp.ones((4, 4)), jnp.arange(4.0)
    value, by_x, by_v = program.call(x, v, jnp.asarray(3))
    assert value == 3 * 36
    assert (by_x == 3 * jnp.outer(v, v)).all()
    assert (by_v == 3 * 2 * 6).all()
    assert said.out_paths == ("result[0]", "result[1][0]", "result[1][1]")


def test_backward_of_what_is_no_single_number_is_the_callers_fault() -> None:
    with pytest.raises(ToolError, match=r"returns float32\[4, 4\]; backward needs one real"):
        traced("def fn(x):\n    return x\n", backward=True)


def test_backward_without_a_real_argument_is_a_bad_argument() -> None:
    count = Draw(shape=(), dtype="int32", distribution="integers", low=0, high=9)

    with pytest.raises(ToolError) as caught:
        traced("def fn(n):\n    return n * 1.0\n", count, backward=True)

    assert caught.value.code == "bad_argument"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param("def fn(x:\n", "SyntaxError", id="does not parse"),
        pytest.param("y = 1 / 0\n", "ZeroDivisionError.*\n.*line 2", id="module raises"),
        pytest.param(
            "def f(x):\n    return x\n", "no fn is defined; callables in it: f", id="no fn"
        ),
        pytest.param("fn = 3\n", "fn is a int", id="fn is a number"),
        pytest.param("def fn(x):\n    return x @ x[:3]\n", "line 3, in fn", id="fn raises"),
        pytest.param(
            "def fn(x):\n    return x if x[0, 0] > 0 else -x\n",
            "TracerBoolConversionError",
            id="branches on a value",
        ),
        pytest.param("def fn(x, y):\n    return x\n", "missing 1 required", id="arguments"),
        pytest.param("def fn(x):\n    raise SystemExit(3)\n", "SystemExit", id="exits"),
        pytest.param(
            "def fn(x):\n    return {'a': 'text'}\n", r"result\['a'\] is a str", id="text"
        ),
    ],
)
def test_code_that_fails_says_where(code: str, says: str) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        traced(code)

    assert caught.value.code == "user_code_failed"


@pytest.mark.parametrize(
    "code",
    [
        "def fn(x):\n    jax.debug.print('{}', x[0, 0])\n    return x\n",
        "def fn(x):\n    return jax.pure_callback(lambda v: v, x, x)\n",
    ],
    ids=["debug.print", "pure_callback"],
)
def test_what_calls_back_to_the_host_cannot_be_exported(code: str) -> None:
    with pytest.raises(ToolError, match="as_called") as caught:
        traced(code)

    assert caught.value.code == "unsupported"


def test_files_of_the_call_lie_under_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = FakeJob(blobs={"scale.txt": b"2.5"})

    _, program = traced(
        "from pathlib import Path\n"
        "factor = float(Path('inputs/scale.txt').read_text())\n"
        "def fn(x):\n    return factor * x\n",
        job=job,
    )

    assert program.call(jnp.ones((4, 4)))[0][0, 0] == 2.5


def made_inputs(code: str, *seeds: int) -> tuple[FakeJob, InputSets]:
    job = FakeJob()
    argument: dict[str, Any] = {"code": code, "seeds": seeds or (1, 2), "sizes": {}}
    return job, InputSets.model_validate(make_inputs.run(argument, job))


def test_input_sets_arrive_as_they_were_made() -> None:
    code = """
import jax, jax.numpy as jnp, numpy as np
def make_inputs(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 3)).T, {"k": jax.random.key(seed), "b": jnp.bfloat16(seed)}, True
"""

    job, sets = made_inputs(code, 7, 8)

    for i, seed in enumerate((7, 8)):
        array, low, key, flag = unpack_set(sets.sets[i], job.saved[f"set_{i}"])
        expected = np.random.default_rng(seed).normal(size=(2, 3)).T.astype(np.float32)
        assert (np.asarray(array) == expected).all()
        assert (float(low), low.dtype) == (seed, jnp.bfloat16)
        assert key == jax.random.key(seed)
        assert bool(flag)


@pytest.mark.parametrize(
    ("code", "code_of_error", "says"),
    [
        pytest.param("x = 1\n", "user_code_failed", "defines no function", id="none"),
        pytest.param(
            "def make_inputs(seed):\n    return {}\n", "user_code_failed", "a dict", id="no tuple"
        ),
        pytest.param(
            "def make_inputs(seed):\n    return seed / 0,\n",
            "user_code_failed",
            "line 2",
            id="raises",
        ),
        pytest.param(
            "def make_inputs(seed):\n    return 'text',\n",
            "user_code_failed",
            "is a str",
            id="text",
        ),
        pytest.param(
            "import numpy as np\ndef make_inputs(seed):\n    return np.zeros(2**24),\n",
            "bad_argument",
            "64 MiB; at most 48 MiB",
            id="too big",
        ),
    ],
)
def test_make_inputs_that_fails_says_why(code: str, code_of_error: str, says: str) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        made_inputs(code)

    assert caught.value.code == code_of_error
