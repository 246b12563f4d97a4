"""The usual training loop in PyTorch, in a process of its own. Needs torch and NumPy.

    PYTHON benchmarks/torch_loop.py TASK.npz

TASK.npz has the model's name, its weights, the rows of each step and the settings of its optimiser.
Says one line of JSON when it is ready, with the losses of the first steps, and after that one for
each number of steps that it is sent: the seconds that they took. Started by
training_beside_torch.py.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from torch_presets import losses_of, model_of, nn, torch

N_CHECKED = 10
"""Steps whose losses are told, from the same weights on the same rows."""


class Loop:
    """The usual training loop, with the preset's optimiser."""

    def __init__(self, task: dict[str, Any]) -> None:
        """From the weights in `task`."""
        self.settings: dict[str, Any] = json.loads(str(task["settings"]))
        name = self.settings["model"]
        weights = {k.removeprefix("w:"): v for k, v in task.items() if k.startswith("w:")}
        self.x, self.y = torch.tensor(task["x"]), torch.tensor(task["y"]).long()
        self.index, self.rates = torch.tensor(task["index"]).long(), task["rates"]
        self.model = model_of(name, weights, self.x.shape[-1])
        self.loss = losses_of(name, self.model, task)
        self.params = list(self.model.parameters())
        decay = self.settings["weight_decay"]
        # As ours: only arrays with two axes decay; theirs of convolutions have four.
        groups = [
            {"params": [p for p in self.params if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in self.params if p.ndim == 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, fused=True)
        self.average = [p.detach().clone() for p in self.params]
        self.step = 0

    def run(self, n: int) -> list[Any]:
        """`n` steps, over and over the same rows; their losses."""
        clip, ema = self.settings["clip_norm"], self.settings["ema"]
        losses: list[Any] = []
        for _ in range(n):
            rows = self.index[self.step % len(self.index)]
            for group in self.optimizer.param_groups:
                group["lr"] = float(self.rates[self.step])
            loss = self.loss(self.x[rows], self.y[rows])
            self.optimizer.zero_grad()
            loss.backward()
            if clip > 0:
                nn.utils.clip_grad_norm_(self.params, clip)
            self.optimizer.step()
            if ema > 0:
                own = min(ema, (1.0 + self.step) / (10.0 + self.step))
                torch._foreach_lerp_(self.average, [p.detach() for p in self.params], 1 - own)
            losses.append(loss.detach())
            self.step += 1
        return losses


def main() -> None:
    """Serve one task."""
    with np.load(sys.argv[1], allow_pickle=False) as archive:
        loop = Loop({name: archive[name] for name in archive.files})
    torch.set_num_threads(loop.settings["threads"])
    first = [float(loss) for loss in loop.run(N_CHECKED)]
    said = {"losses": first, "n_parameters": sum(p.numel() for p in loop.params)}
    print(json.dumps({**said, "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        float(loop.run(int(line))[-1])
        took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
