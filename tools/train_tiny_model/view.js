// A training run: the metric against its baseline, the curve, what was found, where rows go wrong.

views.train_tiny_model = ({ result }) => {
  if (!result) return [];
  const { findings, checks, curve, metric, parameters, details, configs, samples } = result;
  const failed = checks.filter(({ ok }) => !ok);
  return [
    section("Findings", findings.length ? findings.map(trainingFinding) : null),
    section("Checks that failed", failed.length ? make("ul", {}, failed.map(trainingCheck)) : null),
    section("Metric", metric ? metricBars(metric) : null),
    section("Loss", lossChart(result)),
    section("Learning rate", rateChart(curve)),
    section("Configurations", configs.length ? plainTable("Configurations", configs) : null),
    section("Confusion", details?.confusion ? confusionTable(details.confusion) : null),
    section("Parameters", parameters ? layerTable(parameters) : null),
    section("Samples", samples.map((sample) => make("pre", {}, String(sample)))),
    facts([
      ["steps/s", short(result.steps_per_s)],
      ["compile", `${short(result.compile_s)} s`],
      ["run", `${short(result.run_s)} s`],
      ["optimizer", details?.optimizer],
    ]),
  ].filter((node) => node !== null);
};

function trainingFinding({ code, step, layer, line, evidence, fix }) {
  const at = [
    step === null || step === undefined ? null : `step ${step}`,
    layer || null,
    line ? `line ${line}` : null,
  ].filter((part) => part !== null);
  const where = at.length ? ` (${at.join(", ")})` : "";
  return make("p", {}, make("code", { class: "bad" }, code), `${where} ${evidence} `, make("span", { class: "quiet" }, fix));
}

function trainingCheck({ code, text }) {
  return make("li", {}, make("code", { class: "bad" }, code), ` ${text}`);
}

function metricBars(metric) {
  const parts = [
    { label: "training", at: metric.train },
    { label: "validation", at: metric.validation },
    { label: "test", at: metric.test, low: metric.ci_low, high: metric.ci_high },
  ];
  const rows = parts
    .filter(({ at }) => at !== null && at !== undefined)
    .map((row) => ({ ...row, text: row.low === undefined || row.low === null ? short(row.at) : `${short(row.at)} [${short(row.low)}, ${short(row.high)}]` }));
  if (!rows.length) return null;
  return [
    intervals(metric.name, rows, { reference: metric.baseline }),
    make("p", { class: "quiet" }, `${metric.name}; the vertical line is the baseline, ${short(metric.baseline)}.`),
  ];
}

function lossChart({ curve, expected_init_loss: expected, best_step: best }) {
  const line = (name, key, hue) => {
    const points = curve.filter((row) => row[key] !== null).map((row) => [row.step, row[key]]);
    return points.length ? [{ kind: "line", name, hue, points }] : [];
  };
  const marks = [...line("training", "train_loss", 0), ...line("validation", "val_loss", 1)];
  if (!marks.length) return null;
  if (expected !== null && expected !== undefined) marks.push({ kind: "rule", name: "expected at the start", y: expected });
  const name = `Loss by step, best at step ${best ?? "none"}`;
  return chart({ name, x: { label: "step" }, y: { label: "loss" }, marks });
}

function rateChart(curve) {
  const points = curve.filter((row) => row.learning_rate !== null).map((row) => [row.step, row.learning_rate]);
  if (points.length < 2 || new Set(points.map(([, rate]) => rate)).size < 2) return null;
  const marks = [{ kind: "line", name: "learning rate", hue: 2, points }];
  return chart({ name: "Learning rate by step", x: { label: "step" }, y: { label: "" }, marks, height: 120 });
}

function confusionTable(confusion) {
  const rows = confusion.map((counts, truth) => ({ truth, counts }));
  const columns = rows.map(({ truth }) => [`said ${truth}`, ({ counts }) => counts[truth]]);
  return table("Confusion", [["is", ({ truth }) => truth], ...columns], rows);
}

function layerTable({ trainable, by_layer: layers }) {
  const rows = Object.entries(layers).map(([name, count]) => ({ name, count }));
  return [
    table("Layers", [["layer", ({ name }) => name], ["numbers", ({ count }) => count, String]], rows),
    facts([["trainable", trainable]]),
  ];
}

function plainTable(name, rows) {
  const keys = Object.keys(rows[0]).filter((key) => typeof rows[0][key] !== "object");
  return table(name, keys.map((key) => [key, (row) => row[key]]), rows);
}
