"""Eight schools in the form that diverges, and in the form that does not.

python -m examples.eight_schools.session

Data: Rubin, Estimation in Parallel Randomized Experiments (1981), table 1.
"""

from pathlib import Path

from examples.session import Session, record

DATA = {
    "effect": [28, 8, -3, 7, -1, 1, 18, 12],
    "error": [15, 10, 16, 11, 9, 11, 10, 18],
}
HEAD = """\
import numpyro
import numpyro.distributions as dist

def model(effect, error):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", 8):
"""
CENTRED = (
    HEAD
    + """\
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("obs", dist.Normal(theta, error), obs=effect)
"""
)
NON_CENTRED = (
    HEAD
    + """\
        away = numpyro.sample("away", dist.Normal(0, 1))
        theta = numpyro.deterministic("theta", mu + tau * away)
        numpyro.sample("obs", dist.Normal(theta, error), obs=effect)
"""
)


async def talk(session: Session) -> None:
    """Sample the usual text, read why not to trust it, make the repair, sample again."""
    session.say("# Eight schools: a posterior that diverges, and its repair")
    session.say(
        "Eight schools tried coaching for a test (Rubin 1981). How much does coaching help, and "
        "how much do schools differ?"
    )
    centred = await session.ask("run_mcmc", "As it is usually written", model=CENTRED, data=DATA)
    session.keep_picture()
    result = centred["result"]
    for reason in result["reasons"]:
        session.say(f"- `{reason['code']}`: {reason['evidence']} {reason['fix']}")
    codes = {reason["code"] for reason in result["reasons"]}
    session.conclude(
        f"`{centred['status']}`; "
        f"{'it diverged' if 'divergences' in codes else 'it did not diverge'}, and "
        f"{'no number is offered' if not result['parameters'] else 'numbers are offered'}."
    )
    repaired = await session.ask(
        "run_mcmc",
        "Non-centred: each school's distance from the mean, in units of tau",
        model=NON_CENTRED,
        data=DATA,
        target_accept=0.95,
        checks=["posterior_predictive", "loo"],
    )
    for parameter in repaired["result"]["parameters"]:
        if parameter["name"] in {"mu", "tau", "theta[0]"}:
            session.say(
                f"- {parameter['name']}: median {parameter['median']:.3g}, 90 % "
                f"{parameter['q05']:.3g} to {parameter['q95']:.3g}, R-hat {parameter['rhat']:.4f}"
            )
    session.conclude(
        f"`{repaired['status']}`. The interval of tau begins near 0: the data allow that schools "
        "do not differ at all, so the first school's own 28 points are not its effect."
    )


if __name__ == "__main__":
    record(talk, Path(__file__).parent)
