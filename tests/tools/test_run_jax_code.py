"""run_jax_code the whole way: a client, the server, a real worker in its jail, and back."""

import base64
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, types

from jax_workbench.server.app import build_server
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.tools.run_jax_code import TOOL

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[2] / "docs" / "tools" / "run_jax_code.md"


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    """A client of a server with a warm pool."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "points.csv").write_text("1,2\n", encoding="utf-8")
    settings = Settings(state_dir=folder / "state", roots=(folder,))
    server = build_server(
        (TOOL,), local_pool(settings), settings, RunStore.open(settings), JobBook(max_unfinished=8)
    )
    async with Client(server) as connected:
        yield connected


async def called(client: Client, code: str, **more: Any) -> types.CallToolResult:
    with anyio.fail_after(120):
        return await client.call_tool("run_jax_code", {"code": code, **more})


async def answer(client: Client, code: str, **more: Any) -> dict[str, Any]:
    """The envelope of a call that answers."""
    got = await called(client, code, **more)
    assert not got.is_error, got.content
    assert got.structured_content is not None
    return got.structured_content


async def failure(client: Client, code: str, **more: Any) -> str:
    """The text of a call that has no answer."""
    got = await called(client, code, **more)
    assert got.is_error
    assert isinstance(got.content[0], types.TextContent)
    return got.content[0].text


async def test_the_example_in_the_docs_is_true(client: Client) -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    call, shown = (json.loads(block) for block in blocks)

    got = await answer(client, **call)

    assert got.keys() == shown.keys()
    assert got["result"] == shown["result"]
    assert re.sub(r"[\d.e-]+ s wall", "", got["summary"]) == re.sub(
        r"[\d.e-]+ s wall", "", shown["summary"]
    )
    assert {name: got["run"][name] for name in shown["run"]} == shown["run"]


async def test_a_figure_comes_back_as_a_picture_and_an_artifact(client: Client) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()"

    got = await called(client, code)

    assert got.structured_content is not None
    assert [a["name"] for a in got.structured_content["artifacts"]] == ["figure-1.png"]
    assert got.structured_content["result"]["stderr"] == ""
    (picture,) = (part for part in got.content if isinstance(part, types.ImageContent))
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")


async def test_a_file_goes_out_as_an_artifact_and_comes_in_through_files(client: Client) -> None:
    made = await answer(client, "import numpy as np\nnp.save('outputs/x.npy', np.arange(3))")
    (artifact,) = made["artifacts"]

    read = await answer(
        client, "import numpy as np\nnp.load('inputs/x.npy').tolist()", files=[artifact["uri"]]
    )

    assert (artifact["name"], artifact["mime_type"]) == ("x.npy", "application/octet-stream")
    assert read["result"]["value"] == [0, 1, 2]


async def test_nothing_is_kept_between_calls(client: Client) -> None:
    code = (
        "import builtins, os, jax\n"
        "seen = [hasattr(builtins, 'left'), os.path.exists('left'), jax.config.jax_enable_x64]\n"
        "builtins.left = 1; open('left', 'w').close(); jax.config.update('jax_enable_x64', True)\n"
        "import nlsq\n"
        "seen"
    )

    values = [(await answer(client, code))["result"]["value"] for _ in range(3)]

    assert values == [[False, False, False]] * 3


async def test_the_options_reach_the_job(client: Client) -> None:
    code = (
        "import jax, jax.numpy as jnp, numpy as np\n"
        "[jax.device_count(), jnp.ones(1).dtype.name, round(np.random.rand(), 6)]"
    )

    got = await answer(client, code, devices=4, x64=True, seed=7)

    assert got["result"]["value"] == [4, "float64", 0.076308]
    assert [note["code"] for note in got["notes"]] == ["simulated_devices"]


async def test_what_numpyro_and_nlsq_do_at_import_is_not_shown(client: Client) -> None:
    got = await answer(client, "import nlsq, numpyro, optax, diffrax, orbax.checkpoint")

    assert got["result"]["stderr"] == ""
    assert got["result"]["stdout"] == ""


async def test_an_exception_is_told_with_the_codes_own_lines_and_last_output(
    client: Client,
) -> None:
    code = "import jax.numpy as jnp\nprint('so far')\njnp.ones(3) @ jnp.ones(4)"

    text = await failure(client, code)

    assert text.startswith("user_code_failed: TypeError: dot_general requires contracting")
    assert "  line 3\n    jnp.ones(3) @ jnp.ones(4)" in text
    assert "so far" in text
    assert "Mend line 3 and call again." in text
    assert "/sb/" not in text


async def test_an_error_in_a_callback_is_told_without_paths_of_the_jail(client: Client) -> None:
    code = (
        "import jax\n\ndef no(x):\n    raise ValueError('from the callback')\n\n"
        "jax.jit(lambda x: jax.pure_callback(no, jax.ShapeDtypeStruct((), 'float32'), x))(1.0)\n"
    )

    cause = (await failure(client, code)).partition("End of stderr")[0]

    assert "ValueError: from the callback" in cause
    assert "/sb/" not in cause


FAILS = {
    "while True: pass": "timed_out: ",
    "class R:\n    def __repr__(self):\n        while True: pass\nR()": "timed_out: ",
    "import jax.numpy as jnp\njnp.ones((10**5, 10**5))": "out_of_memory: ",
    "x = bytearray(10**10)": "out_of_memory: ",
    "import os; os._exit(3)": "worker_died: ",
    "import os; os.abort()": "worker_died: ",
    "import sys; sys.modules.clear()": "worker_died: ",
    "def f(:": "user_code_failed: SyntaxError",
    "import subprocess; subprocess.run(['ls'])": "user_code_failed: PermissionError",
    "import socket; socket.socket()": "user_code_failed: PermissionError",
}


@pytest.mark.parametrize(("code", "starts"), FAILS.items())
async def test_code_that_gives_no_answer_has_a_named_outcome(
    client: Client, code: str, starts: str
) -> None:
    assert (await failure(client, code, timeout_s=5)).startswith(starts)


DISTURBS = {
    "no streams": "import sys; sys.stdout = sys.stderr = None",
    "closed streams": "import os; os.close(1); os.close(2)",
    "elsewhere": "import os; os.chdir('/')",
    "no outputs": "import os; os.rmdir('outputs')",
    "a link for outputs": "import os; os.rmdir('outputs'); os.symlink('/', 'outputs')",
    "a pipe": "import os; os.mkfifo('outputs/pipe')",
    "no recursion": "import sys; sys.setrecursionlimit(60)",
    "no figures": "import matplotlib.pyplot as plt; plt.get_fignums = None",
    "no collector": "import gc; gc.disable(); gc.freeze()",
    "endless thread": (
        "import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin).start()"
    ),
    "warnings": "import warnings; warnings.simplefilter('error')",
    "numpy's errors": "import numpy as np; np.seterr(all='raise')",
    "numpy's printing": "import numpy as np; np.set_printoptions(threshold=10**9)",
    "jax's promotion": "import jax; jax.config.update('jax_numpy_rank_promotion', 'raise')",
    "jax's debugging": "import jax; jax.config.update('jax_debug_nans', True)",
}


@pytest.mark.parametrize("deed", DISTURBS.values(), ids=DISTURBS.keys())
async def test_code_that_disturbs_its_worker_still_gets_its_value(
    client: Client, deed: str
) -> None:
    got = await answer(client, f"{deed}\nimport numpy as np\n[7, np.array([1.0, np.nan])]")

    assert got["result"]["value"][0] == 7
    assert got["result"]["value"][1]["nonfinite"] == 1


async def test_output_without_end_is_cut_and_says_so(client: Client) -> None:
    got = await answer(client, "for n in range(10**5):\n    print('line', n)")

    assert got["result"]["stdout_truncated"] is True
    assert len(got["result"]["stdout"]) < 70_000
    assert got["result"]["stdout"].endswith("line 99999\n")
    assert [note["code"] for note in got["notes"]] == ["stdout_truncated"]


async def test_code_that_rewrites_its_own_report_cannot_leave_the_form(client: Client) -> None:
    code = (
        "import jax_workbench.tools.run_jax_code.work as work\n"
        "work.Ran = lambda **said: type('R', (), {'model_dump': lambda *a, **k: {'value': 1}})()\n"
    )

    assert (await failure(client, code)).startswith("worker_died: The job answered in a form")


async def test_a_flood_that_ends_in_a_huge_error_is_a_short_error(client: Client) -> None:
    code = (
        "print('x' * 3_000_000)\n"
        "def deeper(n):\n"
        "    return deeper(n - 1) if n else [][10**6:] / ('because ' * 500_000)\n"
        "try:\n    deeper(200)\n"
        "except TypeError as error:\n    raise ValueError('first words ' + 'y' * 10**7) from None"
    )

    said = await failure(client, code)

    assert said.startswith("user_code_failed: ValueError: first words")
    assert len(said) <= 8000
    assert "line 7" in said


async def test_a_flood_leaves_a_short_answer_and_a_file_with_more(client: Client) -> None:
    code = "for n in range(200_000):\n    print('line', n)\n'a' * 200_000"

    got = await answer(client, code)

    assert got["result"]["stdout"].startswith("line 0\n")
    assert got["result"]["stdout"].endswith("line 199999\n")
    assert len(got["result"]["stdout"]) < 7500
    assert got["result"]["stdout_truncated"]
    (kept,) = got["artifacts"]
    assert kept["name"] == "stdout.txt"
    assert kept["bytes"] > 60_000
    assert {note["code"] for note in got["notes"]} == {"stdout_truncated", "long_value"}
