// A posterior: why to doubt it, every parameter's interval, the draws of the one that is chosen.

const MANY = 12;

views.run_mcmc = (answer) => {
  const { result } = answer;
  if (!result) return [];
  const doubtful = result.unreliable_estimates ?? [];
  const parameters = result.parameters.length ? result.parameters : doubtful;
  const tone = result.parameters.length ? "" : "fair";
  return [
    section("Why not to trust it", result.reasons.length ? make("ul", {}, result.reasons.map(posteriorReason)) : null),
    section(tone ? "Unreliable estimates" : "Parameters", parameters.length ? estimates(parameters, tone) : null),
    section("Draws", parameters.length ? drawsOf(answer, parameters) : null),
    section("Sampler", result.sampler ? samplerFacts(result) : null),
    section("Not checked", result.not_checked?.length ? make("p", { class: "quiet" }, result.not_checked.join("; ")) : null),
  ].filter((node) => node !== null);
};

function posteriorReason({ code, site, evidence, fix }) {
  return make("li", {}, make("code", { class: "bad" }, code), ` ${site ?? ""} ${evidence} `, make("span", { class: "quiet" }, fix));
}

function estimates(parameters, tone) {
  const holder = make("div");
  const fill = (wanted) => {
    const chosen = parameters.filter(({ name }) => name.includes(wanted));
    holder.replaceChildren(...(chosen.length ? [forest(chosen, tone), estimateTable(chosen)] : []));
  };
  fill("");
  if (parameters.length <= MANY) return [holder];
  const filter = make("input", { type: "search", oninput: ({ target }) => fill(target.value) });
  return [make("label", { class: "row" }, "Only names with ", filter), holder];
}

function forest(parameters, tone) {
  const rows = parameters.map(({ name, q05, median, q95, rhat }) => ({
    label: name,
    at: median,
    low: q05,
    high: q95,
    tone: tone || (rhat !== null && rhat >= 1.01 ? "fair" : ""),
    text: `${short(median)} [${short(q05)}, ${short(q95)}]`,
  }));
  return make(
    "div",
    {},
    intervals("Median and 90 % interval", rows, { reference: rows.some(({ low, high }) => low < 0 && high > 0) ? 0 : null }),
    make("p", { class: "quiet" }, "Dot: median. Line: 5 % to 95 %."),
  );
}

function estimateTable(parameters) {
  return folded("Numbers", table("Estimates", [
    ["name", ({ name }) => name],
    ["mean", ({ mean }) => mean],
    ["sd", ({ sd }) => sd],
    ["5 %", ({ q05 }) => q05],
    ["median", ({ median }) => median],
    ["95 %", ({ q95 }) => q95],
    ["R-hat", ({ rhat }) => rhat],
    ["ESS bulk", ({ ess_bulk: ess }) => ess],
    ["ESS tail", ({ ess_tail: ess }) => ess],
    ["MCSE", ({ mcse_mean: error }) => error],
  ], parameters));
}

function samplerFacts({ sampler, time }) {
  return [
    facts([
      ["divergences", sampler.divergences],
      ["acceptance", short(sampler.accept_prob)],
      ["step size", short(sampler.step_size)],
      ["leapfrogs", short(sampler.mean_leapfrogs)],
      ["lowest E-BFMI", sampler.ebfmi ? short(Math.min(...sampler.ebfmi)) : null],
    ]),
    time && facts([
      ["compile", `${short(time.compile_s)} s`],
      ["sample", `${short(time.sample_s)} s`],
      ["ESS/s", short(time.ess_per_s)],
    ]),
  ];
}

/** A trace of each chain and a histogram, where the host lets the view read the run's draws. */
function drawsOf(answer, parameters) {
  const uri = fileOf(answer, "draws.npz");
  if (!uri || !host.capabilities.serverResources) return null;
  const holder = make("div");
  const open = async () => {
    const bytes = await readFile(uri);
    const arrays = bytes instanceof Uint8Array ? arraysOf(bytes) : {};
    const charts = make("div");
    const pick = (name) => charts.replaceChildren(...drawCharts(arrays, name));
    const options = parameters.map(({ name }) => make("option", {}, name));
    const select = make("select", { onchange: ({ target }) => pick(target.value) }, options);
    holder.replaceChildren(make("label", { class: "row" }, "Parameter ", select), charts);
    pick(parameters[0].name);
  };
  holder.append(make("button", { type: "button", onclick: open }, "Show the draws"));
  return holder;
}

function drawCharts(arrays, name) {
  const chains = chainsOf(arrays, name);
  if (!chains.length) return [make("p", { class: "quiet" }, `The stored draws hold no ${name}.`)];
  const every = Math.max(1, Math.ceil(chains[0].length / 250));
  const traces = chains.map((chain, index) => ({
    kind: "line",
    name: `chain ${index + 1}`,
    hue: index % 8,
    points: chain.map((value, draw) => [draw, value]).filter(([draw]) => draw % every === 0),
  }));
  const [low, high] = [Math.min(...chains.flat()), Math.max(...chains.flat())];
  const densities = chains.map((chain, index) => ({
    kind: "line",
    name: `chain ${index + 1}`,
    hue: index % 8,
    points: histogram(chain, low, high),
  }));
  return [
    chart({ name: `Trace of ${name}`, x: { label: "draw" }, y: { label: name }, marks: traces, height: 180 }),
    chart({ name: `Density of ${name}`, x: { label: name }, y: { label: "share of draws" }, marks: densities, height: 160 }),
  ];
}

function histogram(values, low, high, nBins = 30) {
  const counts = new Array(nBins).fill(0);
  const width = (high - low) / nBins || 1;
  for (const value of values) counts[Math.min(nBins - 1, Math.floor((value - low) / width))] += 1;
  return counts.map((count, bin) => [low + (bin + 0.5) * width, count / values.length]);
}
