// Derivatives: which entry or rule is wrong, and how far each direction is off.

views.check_gradients = ({ result }) => {
  if (!result) return [];
  const { findings, directions, modes, cost } = result;
  return [
    section("Findings", findings.length ? findings.map(gradientFinding) : null),
    section("Random directions", directions.length ? directionBars(directions) : null),
    section("Entries", findings.length > 1 ? entryTable(findings) : null),
    facts([
      ["reverse mode", held(modes.rev)],
      ["forward mode", held(modes.fwd)],
      ["resolution", short(result.resolution)],
      ["precision", result.precision],
      ["evaluations", cost?.evaluations],
    ]),
  ].filter((node) => node !== null);
};

function held(wasRun) {
  return wasRun ? "checked" : "not checked";
}

function gradientPlace({ rule, leaf, index, primitive }) {
  if (rule) return `rule of ${rule}`;
  const entry = index ? `[${index.join(", ")}]` : "";
  return leaf ? `${leaf}${entry}` : primitive ?? "the whole";
}

function gradientFinding(finding) {
  const { kind, line, source, hint, ad_value: ad, fd_value: fd, ratio } = finding;
  const values = ad === null ? "" : `: AD ${short(ad)}, differences ${short(fd)}, ratio ${short(ratio)}`;
  return make(
    "div",
    {},
    make("p", {}, make("code", { class: "bad" }, kind), ` ${gradientPlace(finding)}${values}. ${hint}`),
    source ? make("pre", {}, `${line}: ${source}`) : null,
  );
}

function directionBars(directions) {
  const rows = directions
    .filter(({ ad, fd, tolerance }) => ad !== null && fd !== null && tolerance > 0)
    .map(({ ad, fd, tolerance, outcome }, index) => ({
      label: `direction ${index + 1}`,
      at: Math.max(Math.abs(ad - fd) / tolerance, 1e-6),
      tone: outcome === "pass" ? "good" : "bad",
      text: `AD ${short(ad)}, differences ${short(fd)}`,
    }));
  if (!rows.length) return null;
  return [
    intervals("Disagreement in tolerances", rows, { isLog: true, reference: 1 }),
    make("p", { class: "quiet" }, "|AD - differences| in units of what was tolerated; right of the line is wrong."),
  ];
}

function entryTable(findings) {
  return table("Entries", [
    ["where", gradientPlace],
    ["AD", ({ ad_value: value }) => value],
    ["differences", ({ fd_value: value }) => value],
    ["± error", ({ fd_error: value }) => value],
    ["ratio", ({ ratio }) => ratio],
    ["line", ({ line }) => line ?? ""],
  ], findings);
}
