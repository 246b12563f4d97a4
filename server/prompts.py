"""Prompts that a user picks in the client: each asks the model to measure instead of guessing."""

from collections.abc import Mapping
from typing import NamedTuple

from mcp import types
from mcp.shared.exceptions import MCPError


class Wanted(NamedTuple):
    """One argument of a prompt."""

    description: str
    is_required: bool = True


class Template(NamedTuple):
    """One prompt: its text holds `{name}` for each argument."""

    title: str
    description: str
    arguments: Mapping[str, Wanted]
    text: str


CODE = Wanted("The Python source.")
INPUTS = Wanted("Shapes and dtypes of the arguments, in words.", is_required=False)
RUN = "run"
"""The argument that completes to stored runs."""

TEMPLATES: Mapping[str, Template] = {
    "review_jax_code": Template(
        "Review this JAX code",
        "Finds what is wrong in JAX code and proves each point by running it.",
        {"code": CODE},
        "Review this JAX code. First call lint_jax_code; check each finding "
        "by a small run_jax_code snippet; where the code defines derivatives, call "
        "check_gradients. Report only what a tool confirmed: the line, what happens, the fix.\n\n"
        "```python\n{code}\n```",
    ),
    "make_it_faster": Template(
        "Make this function faster and prove it",
        "Writes faster versions of a JAX function and keeps what benchmark_fn proves.",
        {"code": CODE, "inputs": INPUTS},
        "Make this JAX function faster. Write up to four versions and send them with the original "
        "as the baseline to benchmark_fn in one call; arguments: {inputs}. Keep a version only on "
        "the verdict `faster`; on `ambiguous` raise time_budget_s once; on `rejected` mend it. "
        "Answer with the version, its time_ratio with both ends of the interval, and what you "
        "changed.\n\n```python\n{code}\n```",
    ),
    "is_this_posterior_trustworthy": Template(
        "Is this posterior trustworthy?",
        "Samples a NumPyro model, or reads a stored run, and says whether to believe the draws.",
        {
            "model": Wanted("NumPyro source.", is_required=False),
            RUN: Wanted("URI of an earlier run_mcmc run.", is_required=False),
        },
        "Can this posterior be trusted? Read the stored run {run} if one is named; else call "
        "run_mcmc with the model below. On `warn` or `refused` make the repair that the first "
        "reason names and run again, at most three times. Answer with the status, the reasons "
        "that are left, and the numbers only if the status is `ok`.\n\n```python\n{model}\n```",
    ),
    "debug_this_training_run": Template(
        "Debug this training run",
        "Finds out why a model does not learn.",
        {"code": CODE, "symptom": Wanted("What goes wrong.", is_required=False)},
        "This model does not train as it should: {symptom}. Call train_tiny_model with mode "
        "`check`, then `train`; where it does not fit, run one batch in run_jax_code: shapes of "
        "outputs and targets, loss at the start, gradients of every layer. Check custom "
        "rules with check_gradients. Change one thing at a time and measure it.\n\n"
        "```python\n{code}\n```",
    ),
    "fit_this_data": Template(
        "Fit this data",
        "Fits one or several models to data, with honest intervals.",
        {
            "data": Wanted("CSV text, or the name of a file below the server's roots."),
            "models": Wanted("Models to try, in words or as expressions.", is_required=False),
        },
        "Fit this data with fit_curve; models: {models}. Name the meaning of sigma if there is "
        "one. With several models use `compare`. Read the reasons before the numbers: on `warn` "
        "say what the data cannot determine. Answer with parameters, intervals, and a sentence on "
        "the residuals.\n\n{data}",
    ),
}


def listed() -> types.ListPromptsResult:
    """All prompts, always in the same order."""
    return types.ListPromptsResult(
        prompts=[
            types.Prompt(
                name=name,
                title=template.title,
                description=template.description,
                arguments=[
                    types.PromptArgument(
                        name=argument, description=wanted.description, required=wanted.is_required
                    )
                    for argument, wanted in template.arguments.items()
                ],
            )
            for name, template in TEMPLATES.items()
        ]
    )


def filled(name: str, arguments: Mapping[str, str]) -> types.GetPromptResult:
    """A prompt's text with its arguments in place. Raises MCPError."""
    template = TEMPLATES.get(name)
    if template is None:
        raise _invalid(f"No prompt is called {name!r}. There are: {', '.join(TEMPLATES)}.")
    missing = [
        argument
        for argument, wanted in template.arguments.items()
        if wanted.is_required and not arguments.get(argument)
    ]
    unknown = arguments.keys() - template.arguments.keys()
    if missing or unknown:
        accepted = ", ".join(template.arguments)
        faults = [f"{part}: required, but missing." for part in missing]
        faults += [f"{part}: there is no such argument." for part in sorted(unknown)]
        raise _invalid(f"{' '.join(faults)} Accepted: {accepted}.")
    text = template.text
    for argument in template.arguments:  # not format(): code is full of braces
        text = text.replace(f"{{{argument}}}", arguments.get(argument) or "(not given)")
    return types.GetPromptResult(
        description=template.description,
        messages=[
            types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
        ],
    )


def _invalid(text: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, text)
