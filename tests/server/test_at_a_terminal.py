"""The server started by hand, in a terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "jax_workbench.server"]
LIMIT_S = 60


def test_a_person_who_starts_it_is_told_what_it_waits_for_and_ctrl_c_ends_it(
    tmp_path: Path,
) -> None:
    ours, terminal = pty.openpty()
    env = {**os.environ, "JAX_WORKBENCH_STATE_DIR": str(tmp_path)}
    with subprocess.Popen(  # noqa: S603
        COMMAND, stdin=terminal, stderr=subprocess.PIPE, env=env, start_new_session=True
    ) as server:
        assert server.stderr is not None
        is_there, _, _ = select.select([server.stderr], [], [], LIMIT_S)
        said = server.stderr.readline().decode() if is_there else ""
        server.send_signal(signal.SIGINT)
        code = server.wait(LIMIT_S)
    os.close(ours)
    os.close(terminal)

    assert said.startswith("jax-workbench waits for an MCP client on stdin")
    assert "config" in said
    assert code == 130
