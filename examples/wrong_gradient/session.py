"""Finds which of three custom rules in a feed-forward block is wrong, and where.

python -m examples.wrong_gradient.session
"""

from pathlib import Path

from examples.session import Session, record

BLOCK = """\
import jax
import jax.numpy as jnp

@jax.custom_vjp
def rms_norm(x, gain):
    return gain * x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6)

def rms_norm_forward(x, gain):
    scale = jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6)
    return gain * x * scale, (x, gain, scale)

def rms_norm_backward(saved, g):
    x, gain, scale = saved
    normal = x * scale
    by_gain = jnp.sum(g * normal, axis=tuple(range(g.ndim - 1)))
    BY_X
    return by_x, by_gain

rms_norm.defvjp(rms_norm_forward, rms_norm_backward)

@jax.custom_jvp
def swish(x):
    return x * jax.nn.sigmoid(x)

@swish.defjvp
def swish_rule(primals, tangents):
    (x,), (dx,) = primals, tangents
    gate = jax.nn.sigmoid(x)
    return x * gate, (gate + x * gate * (1 - gate)) * dx

@jax.custom_vjp
def softcap(x):
    return 5.0 * jnp.tanh(x / 5.0)

def softcap_forward(x):
    y = 5.0 * jnp.tanh(x / 5.0)
    return y, y

def softcap_backward(y, g):
    return (g * (1 - (y / 5.0) ** 2),)

softcap.defvjp(softcap_forward, softcap_backward)

def fn(params, x):
    h = rms_norm(x, params["gain"])
    h = swish(h @ params["gate"]) * (h @ params["up"])
    return softcap(x + h @ params["down"]).mean()

def make_args():
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = {"gate": (8, 16), "up": (8, 16), "down": (16, 8)}
    params = {name: 0.3 * jax.random.normal(key, shape)
              for key, (name, shape) in zip(keys, shapes.items())}
    params["gain"] = jnp.linspace(0.5, 1.5, 8)
    return params, jax.random.normal(keys[3], (6, 8))
"""
WRONG = BLOCK.replace("BY_X", "by_x = g * gain * scale")
RIGHT = BLOCK.replace(
    "BY_X",
    "h = g * gain\n    by_x = scale * (h - normal * jnp.mean(h * normal, -1, keepdims=True))",
)


async def talk(session: Session) -> None:
    """Find the rule, mend it, and check again."""
    session.say("# Find the wrong custom rule")
    session.say(
        "A block with a hand-made RMS norm, a SwiGLU gate and a soft cap trains, only worse than "
        "it should. Three of its functions have derivatives of their own."
    )
    found = await session.ask("check_gradients", "Are the derivatives right?", code=WRONG)
    rules = sorted({finding["rule"] for finding in found["result"]["findings"]})
    leaves = sorted({finding["leaf"] for finding in found["result"]["findings"]})
    session.conclude(
        f"`{found['status']}`; the rule named is {', '.join(rules)}, seen at {', '.join(leaves)}. "
        "Its backward pass leaves out that the scale depends on x as well."
    )
    mended = await session.ask(
        "check_gradients", "With the missing term, in both orders", code=RIGHT, order=2
    )
    session.conclude(f"`{mended['status']}` with second derivatives checked too.")
    lint = await session.ask("lint_jax_code", "Is anything else wrong in it?", code=RIGHT)
    session.conclude(f"`{lint['status']}`.")


if __name__ == "__main__":
    record(talk, Path(__file__).parent)
