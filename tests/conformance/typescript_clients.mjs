// Calls every tool through the TypeScript clients, both major versions and both protocol eras.
// They check each structured answer against the tool's output schema and refuse one that differs.
//
//     node typescript_clients.mjs COMMAND [ARGUMENT...]

import assert from "node:assert/strict";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const LIMIT_MS = 120_000;
const INFO = { name: "typescript-clients", version: "1" };

// [tool, arguments, statuses or error codes that are right]
const CALLS = [
  ["run_jax_code", { code: "import jax.numpy as jnp\nprint('out')\n{'a': jnp.arange(3.0)}" }, ["ok"]],
  ["run_jax_code", { code: "[float('nan'), float('inf'), 1.5, None]" }, ["ok"]],
  ["run_jax_code", { code: "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n" }, ["ok"]],
  ["run_jax_code", { code: "1 / 0" }, ["user_code_failed"]],
  ["run_jax_code", { cod: "1" }, ["bad_argument"]],
  [
    "benchmark_fn",
    {
      variants: [
        { name: "square", code: "def fn(x):\n    return x * x" },
        { name: "cube", code: "def fn(x):\n    return x * x * x" },
      ],
      inputs: [{ shape: [256, 256] }],
      check_outputs: false,
      time_budget_s: 3,
    },
    ["compared", "ambiguous", "partial"],
  ],
  ["benchmark_fn", { variants: [{ name: "one", code: "def fn(x):\n    return x + 1" }], inputs: [{ shape: [256, 256] }], time_budget_s: 3 }, ["measured", "partial"]],
  ["lint_jax_code", { code: "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\nb = jax.random.normal(k)\n" }, ["findings"]],
  ["lint_jax_code", { code: "import jax.numpy as jnp\nx = jnp.ones(3)\n" }, ["clean"]],
  ["check_gradients", { code: "import jax.numpy as jnp\ndef fn(x):\n    return jnp.sin(x).sum()", inputs: [{ shape: [3] }], timeout_s: 100 }, ["pass"]],
  ["fit_curve", { model: "a*exp(-k*x)", x: [0, 1, 2, 3, 4, 5], y: [3.02, 1.81, 1.12, 0.66, 0.42, 0.24], timeout_s: 100 }, ["ok", "warn"]],
  ["run_mcmc", { model: "def model():\n    raise ValueError('no')" }, ["refused"]],
  ["train_tiny_model", { model: "mlp", dataset: "iris", mode: "check", timeout_s: 100 }, ["converged", "still_improving"]],
  ["get_job", { job_id: "unknown" }, ["bad_argument"]],
  ["cancel_job", { job_id: "unknown" }, ["bad_argument"]],
];

const CLIENTS = [
  {
    name: "v1, 2025-11-25",
    make: (env) => [new ClientV1(INFO), new StdioV1({ command, args, env, stderr: "inherit" })],
    call: (client, params, options) => client.callTool(params, undefined, options),
  },
  {
    name: "v2, 2025-11-25",
    make: (env) => [new ClientV2(INFO), new StdioV2({ command, args, env, stderr: "inherit" })],
    call: (client, params, options) => client.callTool(params, options),
  },
  {
    name: "v2, 2026-07-28",
    make: (env) => [
      new ClientV2(INFO, { versionNegotiation: { mode: "auto" } }),
      new StdioV2({ command, args, env, stderr: "inherit" }),
    ],
    call: (client, params, options) => client.callTool(params, options),
  },
];

function outcome(result) {
  const text = result.content[0].text;
  if (result.isError) {
    assert.equal(result.structuredContent, undefined);
    return text.slice(0, text.indexOf(":"));
  }
  assert.deepEqual(JSON.parse(text), result.structuredContent);
  return result.structuredContent.status;
}

async function connected({ make }, more = {}) {
  const env = { ...process.env, ...more };
  const [client, transport] = make(env);
  await client.connect(transport);
  return client;
}

async function callsEveryTool(kind) {
  const client = await connected(kind, { JAX_WORKBENCH_ANSWER_WITHIN_S: "110" });
  const { tools } = await client.listTools();
  const options = { timeout: LIMIT_MS };
  for (const [name, toolArguments, right] of CALLS) {
    const got = outcome(await kind.call(client, { name, arguments: toolArguments }, options));
    assert.ok(right.includes(got), `${name} was ${got}, not ${right.join(" or ")}`);
    console.log(`${kind.name}: ${name} ${right.join(" or ")}`);
  }
  const called = new Set(CALLS.map(([name]) => name));
  assert.deepEqual(tools.filter(({ name }) => !called.has(name)), [], "a tool was not called");
  await client.close();
}

async function handsOver(kind) {
  const client = await connected(kind, { JAX_WORKBENCH_ANSWER_WITHIN_S: "0" });
  await client.listTools();
  const options = { timeout: LIMIT_MS };
  const call = async (name, toolArguments) =>
    (await kind.call(client, { name, arguments: toolArguments }, options)).structuredContent;
  const start = async (code) => (await call("run_jax_code", { code })).run.job_id;

  const job_id = await start("1 + 1");
  let answer = await call("get_job", { job_id });
  while (answer.status === "running") answer = await call("get_job", { job_id });
  const already = await call("cancel_job", { job_id });
  const endless = await start("while True: pass");
  const running = await call("get_job", { job_id: endless, wait_s: 0 });
  const cancelled = await call("cancel_job", { job_id: endless });

  assert.equal(answer.result.value, 2);
  assert.equal(already.status, "already_finished");
  assert.equal(running.status, "running");
  assert.equal(cancelled.status, "cancelled");
  console.log(`${kind.name}: job handles running, ok, already_finished, cancelled`);
  await client.close();
}

async function abortCancels(kind) {
  const client = await connected(kind);
  await client.listTools();
  const abort = new AbortController();
  const params = { name: "run_jax_code", arguments: { code: "while True: pass" } };
  const onprogress = ({ message }) => message === "running the code" && abort.abort();
  const call = kind.call(client, params, { timeout: LIMIT_MS, signal: abort.signal, onprogress });
  await assert.rejects(call);

  let queue = { running: 1 };
  while (queue.running) {
    const read = await client.readResource({ uri: "workbench://device" });
    queue = JSON.parse(read.contents[0].text).queue;
  }
  console.log(`${kind.name}: an abort ended the job`);
  await client.close();
}

for (const kind of CLIENTS) {
  await callsEveryTool(kind);
  await handsOver(kind);
  await abortCancels(kind);
}
console.log("Every answer passed the clients' own checks.");
process.exit(0);
