"""Where do three optimisers go in a narrow valley? One snippet that draws it.

python -m examples.descent.session
"""

from pathlib import Path

from examples.session import Session, record

ARRIVED = 1e-4
"""Height above the minimum, which is 0."""
PATHS = """\
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import optax

def valley(p):
    x, y = p
    return (1 - x) ** 2 + 20 * (y - x**2) ** 2

def path(optimizer, steps=300):
    def step(carry, _):
        p, state = carry
        updates, state = optimizer.update(jax.grad(valley)(p), state, p)
        p = optax.apply_updates(p, updates)
        return (p, state), p
    start = jnp.array([-1.2, 1.6])
    _, points = jax.lax.scan(step, (start, optimizer.init(start)), length=steps)
    return jnp.concatenate([start[None], points])

optimizers = {
    "sgd": optax.sgd(0.005),
    "sgd with momentum": optax.sgd(0.005, momentum=0.9),
    "adam": optax.adam(0.1),
}
paths = {name: path(optimizer) for name, optimizer in optimizers.items()}

x, y = jnp.meshgrid(jnp.linspace(-1.7, 1.7, 120), jnp.linspace(-0.7, 2.2, 120))
figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
axes.contour(x, y, valley((x, y)), levels=jnp.geomspace(0.1, 200, 12), colors="0.75")
for name, points in paths.items():
    axes.plot(*points.T, ".-", markersize=3, linewidth=1, label=name)
axes.plot(1, 1, "k*", markersize=12, label="minimum")
axes.set(title="300 steps in a narrow valley", xlabel="x", ylabel="y")
axes.legend(loc="lower left")
{name: valley(points[-1]) for name, points in paths.items()}
"""


async def talk(session: Session) -> None:
    """Draw the paths and say who arrived."""
    session.say("# See where optimisers go")
    session.say(
        "Three optimisers start at the same place in a valley that is steep across and flat along."
    )
    drawn = await session.ask(
        "run_jax_code", "Draw their paths, and say how low each one ends", code=PATHS
    )
    session.keep_picture()
    heights = drawn["result"]["value"]
    there = [name for name in sorted(heights) if heights[name] < ARRIVED]
    late = [name for name in sorted(heights) if name not in there]
    session.conclude(
        f"`{drawn['status']}`; {' and '.join(there)} arrive. {' and '.join(late)} does not: it "
        "creeps along the floor of the valley."
    )


if __name__ == "__main__":
    record(talk, Path(__file__).parent)
