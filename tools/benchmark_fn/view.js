// A measurement: how the variants compare, their times, their resources, the checks that failed.

views.benchmark_fn = ({ result }) => {
  const measured = result.variants.filter(({ wall_us: wall }) => wall !== null);
  const sizes = new Set(measured.map(({ size }) => JSON.stringify(size)));
  const failed = result.checks.filter(({ ok }) => !ok);
  return [
    section("Compared", result.comparisons.length ? comparisonRows(result.comparisons) : null),
    section("Time of a call", sizes.size > 1 ? timesBySize(measured) : timeBars(measured)),
    section("Scaling", result.scaling.map(scalingLine)),
    section("Variants", variantTable(result.variants)),
    section("Checks that failed", failed.length ? make("ul", {}, failed.map(checkLine)) : null),
  ].filter((node) => node !== null);
};

const VERDICT_TONES = { faster: "good", slower: "bad", same: "", ambiguous: "fair", rejected: "bad" };

function comparisonRows(comparisons) {
  const isSwept = new Set(comparisons.map(({ size }) => size)).size > 1;
  const rows = comparisons.map((row) => ({
    label: `${row.candidate} to ${row.baseline}${isSwept ? ` at ${row.size}` : ""}`,
    at: row.time_ratio,
    low: row.ci_low,
    high: row.ci_high,
    tone: VERDICT_TONES[row.verdict],
    text: row.time_ratio === null ? `${row.verdict}: ${row.reason}` : `${short(row.time_ratio)} ${row.verdict}`,
  }));
  const bars = rows.filter(({ at }) => at !== null);
  const refused = rows.filter(({ at }) => at === null);
  return [
    bars.length ? intervals("Ratio of times", bars, { isLog: true, reference: 1 }) : null,
    ...refused.map(({ label, text }) => make("p", { class: "bad" }, `${label}: ${text}`)),
    make("p", { class: "quiet" }, "Ratio of the candidate's time to the baseline's, with its interval; below 1 is faster."),
  ];
}

function timeBars(variants) {
  if (!variants.length) return null;
  const rows = variants.map(({ name, wall_us: wall }) => ({
    label: name,
    at: wall.median,
    low: wall.q10,
    high: wall.q90,
    inner: [wall.ci_low, wall.ci_high],
    text: microseconds(wall.median),
  }));
  return [
    intervals("Time of a call", rows, { isLog: true, unit: microseconds }),
    make("p", { class: "quiet" }, "Dot: median. Thick: its interval. Thin: the middle 80 % of the blocks."),
  ];
}

function timesBySize(variants) {
  const names = [...new Set(variants.map(({ name }) => name))];
  const marks = names.flatMap((name, hue) => {
    const mine = variants.filter((variant) => variant.name === name && typeof variant.size === "number");
    return [
      { kind: "band", name, hue, points: mine.map(({ size, wall_us: wall }) => [size, wall.q10, wall.q90]) },
      { kind: "line", name, hue, points: mine.map(({ size, wall_us: wall }) => [size, wall.median]) },
      { kind: "points", name, hue, points: mine.map(({ size, wall_us: wall }) => [size, wall.median]) },
    ];
  });
  const name = "Median time by size, with the middle 80 %";
  return chart({ name, x: { label: "size", isLog: true }, y: { label: "µs", isLog: true }, marks });
}

function scalingLine({ variant, parameter, exponent, ci_low: low, ci_high: high, range }) {
  const said = `${variant}: time grows as ${parameter}^${short(exponent)} [${short(low)}, ${short(high)}]`;
  return make("p", {}, `${said}, from ${parameter} ${range.join(" to ")}.`);
}

function variantTable(variants) {
  return table("Variants", [
    ["variant", ({ name }) => name],
    ["size", ({ size }) => size ?? ""],
    ["median", ({ wall_us: wall }) => wall?.median ?? null, microseconds],
    ["low", ({ wall_us: wall }) => wall?.ci_low ?? null, microseconds],
    ["high", ({ wall_us: wall }) => wall?.ci_high ?? null, microseconds],
    ["CPU", ({ cpu_us: cpu }) => cpu, microseconds],
    ["bound by", ({ bound }) => bound],
    ["Gflop/s", ({ gflops }) => gflops],
    ["% attainable", ({ pct_attainable: share }) => share],
    ["scratch bytes", ({ temp_bytes: bytes }) => bytes],
    ["compile s", ({ compile_s: seconds }) => seconds],
    ["rejected", ({ rejected }) => rejected ?? ""],
  ], variants);
}

function checkLine({ code, text }) {
  return make("li", {}, make("code", { class: "fair" }, code), ` ${text}`);
}
