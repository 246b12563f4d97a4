"""How the tests of check_gradients call it: its plan and jobs in this process."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import pytest

from jax_workbench.tools.check_gradients import CheckGradientsAnswer, CheckGradientsAsk
from tests.records.check_gradients.in_one_process import check as check_ask

HEAD = """\
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax

"""

UNHURRIED = {"time_budget_s": 300, "timeout_s": 600}
"""No verdict may hang on how busy the machine is."""

type Check = Callable[..., CheckGradientsAnswer]


@pytest.fixture(autouse=True)
def as_in_a_worker() -> Iterator[None]:
    """The code under check is the user's: JAX is as lenient with it as it ships."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def check() -> Check:
    """Check `fn` of some text at `arguments`, the text of a tuple."""

    def checked(text: str, arguments: str = "", **more: Any) -> CheckGradientsAnswer:
        maker = f"\ndef make_args():\n    return {arguments}\n" if arguments else ""
        arguments_of_call = {"code": f"{HEAD}{text}{maker}", **UNHURRIED, **more}
        ask = CheckGradientsAsk.model_validate(arguments_of_call)
        return check_ask(ask)

    return checked
