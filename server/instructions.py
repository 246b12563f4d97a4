"""What a client tells its model about the whole server. The key part comes first: some cut it."""

INSTRUCTIONS = """\
Measures JAX code instead of guessing. Code runs in a sandbox on this host: no network, no home, \
a fresh process each time, nothing kept between calls.
- run_jax_code: run a snippet; its output, value and figures.
- lint_jax_code: what is wrong with JAX code, without running it, and the fix.
- benchmark_fn: how fast a function is, and which version of it is faster.
- check_gradients: whether derivatives are right, else which element of which rule is wrong.
- fit_curve: parameters of a model from data, with honest intervals; no start needed.
- run_mcmc: the posterior of a NumPyro model, and whether its draws can be trusted.
- train_tiny_model: whether a model learns, how well, and what is wrong if not.
- get_job, cancel_job: fetch or stop a call that answered status "running".

Every answer is one object: status (one word that decides), summary (one sentence with the \
numbers), result, notes [{code, severity, text}], next [{tool, why, arguments}], artifacts \
[{uri, name, mime_type, bytes}], run (device, versions, sandbox, cost, run_id). Read status and \
notes before you trust a number. Names end in their unit.
No answer comes as an error: "code: cause. next step." Mend what it names and call again.
A call that takes longer than about 45 s answers status "running" with run.job_id: pass that to \
get_job until it is done.
Pictures, arrays and files come as artifacts: read workbench://runs/{run_id}/{file}, or name that \
URI in a later call's `files`. workbench://device says what the host can do; \
workbench://guides/{name} are short pages with tested code (transforms, randomness, performance, \
nnx, optax, orbax, numpyro, nlsq, numerics, sharding, export).
"""
