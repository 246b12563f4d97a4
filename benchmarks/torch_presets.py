"""The presets of train_tiny_model in PyTorch, as one writes them there. Needs torch and NumPy.

Only a Python that has them runs this; see training_beside_torch.py.
"""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

torch: Any = importlib.import_module("torch")
nn: Any = torch.nn
functional: Any = torch.nn.functional

N_LEVELS, N_WAVES = 100, 16
N_HEADS = 4
SIDE = 8
BOUNDARY_WEIGHT, DIFFUSIVITY = 10.0, 0.1


class Dense(nn.Module):
    """Layers of the widths in `weights` below `path`."""

    def __init__(self, weights: dict[str, Any], path: str, activation: Any) -> None:
        """The hidden layers in the order of their names, then the head."""
        super().__init__()
        names = sorted({k.rpartition(".")[0] for k in weights if k.startswith(f"{path}layers.")})
        self.layers = nn.ModuleList([linear(weights, name) for name in [*names, f"{path}head"]])
        self.activation = activation

    def forward(self, x: Any) -> Any:
        """Shape (n, a) to (n, b)."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


class Scaled(nn.Module):
    """A model whose inputs, and outputs where they are numbers, are in the data's own units."""

    def __init__(self, weights: dict[str, Any], inner: Any, *, is_number: bool) -> None:
        """With the scales in `weights`."""
        super().__init__()
        self.inner, self.is_number = inner, is_number
        for name in ("x_mean", "x_scale", "y_mean", "y_scale"):
            self.register_buffer(name, torch.tensor(weights[name]))

    def forward(self, x: Any) -> Any:
        """In the units of the targets."""
        found = self.inner((x - self.x_mean) / self.x_scale)
        return found * self.y_scale + self.y_mean if self.is_number else found


class Cnn(nn.Module):
    """Two 3 x 3 layers with pooling, then a dense layer."""

    def __init__(self, weights: dict[str, Any]) -> None:
        """With channels first, as PyTorch has them."""
        super().__init__()
        self.first, self.second = (convolution(weights, name) for name in ("first", "second"))
        # Ours flattens with the channels last, PyTorch with them first.
        name = "top.layers.0.kernel"
        n, width = self.second.out_channels, weights[name].shape[1]
        side = math.isqrt(weights[name].shape[0] // n)
        kernel = weights[name].reshape(side, side, n, width).transpose(2, 0, 1, 3)
        self.top = Dense({**weights, name: kernel.reshape(-1, width)}, "top.", torch.relu)

    def forward(self, x: Any) -> Any:
        """Flat rows to logits."""
        x = x.reshape(-1, 1, SIDE, SIDE)
        for layer in (self.first, self.second):
            x = functional.max_pool2d(torch.relu(layer(x)), 2)
        return self.top(x.flatten(1))


class Denoiser(nn.Module):
    """The noise in a row, given the row and how noisy it is."""

    def __init__(self, weights: dict[str, Any]) -> None:
        """With frequencies for the level."""
        super().__init__()
        self.body = Dense(weights, "body.", functional.silu)
        self.register_buffer("waves", 2.0 ** torch.linspace(0.0, 6.0, N_WAVES) * math.pi / N_LEVELS)

    def forward(self, x: Any, level: Any) -> Any:
        """Shapes (n, width) and (n,) to (n, width)."""
        phase = level[:, None] * self.waves
        return self.body(torch.cat([x, phase.sin(), phase.cos()], -1))


class Block(nn.Module):
    """Attention and a dense part, each after a norm and added to its input."""

    def __init__(self, weights: dict[str, Any], path: str, turn: Any) -> None:
        """With the weights below `path`."""
        super().__init__()
        self.norms = nn.ModuleList([norm(weights, f"{path}.norms.{i}") for i in (0, 1)])
        self.joint, self.out, self.up, self.down = (
            linear(weights, f"{path}.{name}")
            for name in ("attention.joint", "attention.out", "up", "down")
        )
        self.turn = turn

    def forward(self, x: Any) -> Any:
        """Shape (n, length, width)."""
        n, length, width = x.shape
        joint = self.joint(self.norms[0](x)).reshape(n, length, 3, N_HEADS, width // N_HEADS)
        query, key, value = (part.transpose(1, 2) for part in joint.unbind(2))
        mixed = functional.scaled_dot_product_attention(
            self.turn(query), self.turn(key), value, is_causal=True
        )
        x = x + self.out(mixed.transpose(1, 2).reshape(n, length, width))
        up = functional.gelu(self.up(self.norms[1](x)), approximate="tanh")
        return x + self.down(up)


class TransformerLm(nn.Module):
    """Logits of the next token at each place."""

    def __init__(self, weights: dict[str, Any], length: int) -> None:
        """For rows of `length` tokens."""
        super().__init__()
        table = torch.tensor(weights["embed.embedding"])
        self.embed = nn.Embedding.from_pretrained(table, freeze=False)
        turn = rotation(length, table.shape[1] // N_HEADS)
        paths = sorted({".".join(k.split(".")[:2]) for k in weights if k.startswith("blocks.")})
        self.blocks = nn.ModuleList([Block(weights, path, turn) for path in paths])
        self.near = linear(weights, "near.joint")
        self.norm, self.head = norm(weights, "norm"), linear(weights, "head")

    def forward(self, tokens: Any) -> Any:
        """Shape (n, length) to (n, length, n_symbols)."""
        x = self.embed(tokens)
        length, width = x.shape[1:]
        n_near = self.near.in_features // width
        padded = functional.pad(x, (0, 0, n_near - 1, 0))
        shifted = [padded[:, i : i + length] for i in range(n_near)]
        x = x + self.near(torch.cat(shifted, -1))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def linear(weights: dict[str, Any], path: str) -> Any:
    """A linear layer with these weights; theirs are stored the other way round."""
    kernel, bias = weights[f"{path}.kernel"], weights.get(f"{path}.bias")
    layer = nn.Linear(*kernel.shape, bias=bias is not None)
    layer.weight.data = torch.tensor(np.ascontiguousarray(kernel.T))
    if bias is not None:
        layer.bias.data = torch.tensor(bias)
    return layer


def convolution(weights: dict[str, Any], path: str) -> Any:
    """A 3 x 3 convolution with the weights of the matmul over shifted slices."""
    kernel, bias = weights[f"{path}.kernel"], weights[f"{path}.bias"]
    layer = nn.Conv2d(len(kernel) // 9, kernel.shape[1], 3, padding=1)
    images = kernel.reshape(3, 3, -1, kernel.shape[1]).transpose(3, 2, 0, 1)
    layer.weight.data = torch.tensor(np.ascontiguousarray(images))
    layer.bias.data = torch.tensor(bias)
    return layer


def norm(weights: dict[str, Any], path: str) -> Any:
    """Root mean square norm with this gain."""
    gain = weights[f"{path}.gain"]
    layer = nn.RMSNorm(len(gain), eps=1e-6)
    layer.weight.data = torch.tensor(gain)
    return layer


def rotation(length: int, width: int) -> Callable[[Any], Any]:
    """Rotary positions of (n, heads, length, width)."""
    rates = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(length)[:, None] * rates
    cosine, sine = angles.cos(), angles.sin()

    def turn(x: Any) -> Any:
        even, odd = x[..., ::2], x[..., 1::2]
        return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)

    return turn


def shifted(x: Any) -> Any:
    """Each image moved by up to one pixel, with zeros coming in."""
    padded = functional.pad(x.reshape(-1, SIDE, SIDE), (1, 1, 1, 1))
    at = torch.randint(0, 3, (len(x), 2))
    places = torch.arange(SIDE)
    rows, columns = at[:, :1] + places, at[:, 1:] + places
    n = torch.arange(len(x))[:, None, None]
    return padded[n, rows[:, :, None], columns[:, None, :]].reshape(len(x), -1)


def losses_of(name: str, model: Any, task: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """(inputs, targets) -> the loss to differentiate."""
    if name == "autoencoder":
        spread = float(task["spread"])
        return lambda x, _: functional.mse_loss(model(x), x) / spread
    if name == "diffusion":
        kept = torch.tensor(task["kept"])

        def of_noise(x: Any, _: Any) -> Any:
            level, noise = torch.randint(0, N_LEVELS, (len(x),)), torch.randn_like(x)
            share = kept[level][:, None]
            found = model(share.sqrt() * x + (1 - share).sqrt() * noise, level)
            return functional.mse_loss(found, noise)

        return of_noise
    if name == "pinn":
        edge = torch.tensor(task["edge"])
        at_edge = torch.exp(-DIFFUSIVITY * math.pi**2 * edge[:, 1]) * (math.pi * edge[:, 0]).sin()

        def of_residual(x: Any, _: Any) -> Any:
            points = x.detach().requires_grad_()
            first = torch.autograd.grad(model(points).sum(), points, create_graph=True)[0]
            second = torch.autograd.grad(first[:, 0].sum(), points, create_graph=True)[0]
            within = first[:, 1] - DIFFUSIVITY * second[:, 0]
            around = model(edge)[:, 0] - at_edge
            return within.square().mean() + BOUNDARY_WEIGHT * around.square().mean()

        return of_residual
    if name == "cnn":
        return lambda x, y: functional.cross_entropy(model(shifted(x)), y)
    return lambda x, y: functional.cross_entropy(model(x).flatten(0, -2), y.flatten())


def model_of(name: str, weights: dict[str, Any], length: int) -> Any:
    """The preset's model, with these weights."""
    if name == "mlp":
        return Scaled(weights, Dense(weights, "inner.", torch.relu), is_number=False)
    if name == "autoencoder":
        parts = (Dense(weights, f"inner.{part}.", torch.relu) for part in ("encoder", "decoder"))
        return Scaled(weights, nn.Sequential(*parts), is_number=True)
    if name == "pinn":
        return Scaled(
            {**weights, "x_mean": weights["middle"], "x_scale": weights["half"]}
            | dict.fromkeys(("y_mean", "y_scale"), np.ones(1, np.float32)),
            Dense(weights, "body.", torch.tanh),
            is_number=False,
        )
    made: dict[str, Callable[[], Any]] = {
        "cnn": lambda: Cnn(weights),
        "diffusion": lambda: Denoiser(weights),
        "transformer_lm": lambda: TransformerLm(weights, length),
    }
    return made[name]()
