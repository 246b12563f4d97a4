// A fit: data, curve and bands; residuals; parameters with their intervals.

views.fit_curve = (answer, call) => {
  const { result } = answer;
  const dataset = fileOf(answer, "residuals.csv");
  const curve = fileOf(answer, "curve.csv");
  const files = dataset && curve ? Promise.all([readFile(dataset), readFile(curve)]) : Promise.resolve([null, null]);
  const holder = make("div", {}, fitChart(result, call, pairs(call.x, call.y), inlineCurve(result)));
  return [
    ...result.reasons.length ? [section("Why to look closer", make("ul", {}, result.reasons.map(fitReason)))] : [],
    replaceWhenThere(holder, files, ([rows, dense]) => fitCharts(result, call, rows, dense)),
    section("Parameters (95 % intervals)", fitParameters(result.parameters)),
    section("Goodness", fitGoodness(result)),
    result.comparison.length > 1 ? section("Models", fitModels(result.comparison)) : null,
    result.code ? folded("The fit as code", make("pre", {}, result.code)) : null,
  ].filter((node) => node !== null);
};

function fitReason({ code, message, fix }) {
  return make("li", {}, make("code", { class: "fair" }, code), ` ${message} ${fix ?? ""}`);
}

/** [x, y] of equally long lists of numbers; none where the data came in another form. */
function pairs(x, y) {
  const isNumbers = Array.isArray(x) && Array.isArray(y) && x.every((value) => typeof value === "number");
  return isNumbers ? x.map((at, row) => [at, y[row]]) : [];
}

function inlineCurve({ prediction }) {
  return prediction
    .filter(({ x }) => typeof x === "number")
    .map((row) => [row.x, row.y, row.confidence_low, row.confidence_high, row.prediction_low, row.prediction_high]);
}

function fitCharts(result, call, rows, dense) {
  const points = rows ? columnsOf(rows) : null;
  const curve = dense ? columnsOf(dense) : null;
  const isPlane = points?.x && curve?.x;
  const steps = isPlane
    ? curve.x.map((x, row) => [
        x, curve.y[row], curve.confidence_low[row], curve.confidence_high[row],
        curve.prediction_low[row], curve.prediction_high[row],
      ])
    : inlineCurve(result);
  const measured = isPlane ? pairs(points.x, points.y) : pairs(call.x, call.y);
  const charts = [fitChart(result, call, measured, steps)];
  if (isPlane) {
    const left = pairs(points.x, points.residual);
    const marks = [{ kind: "points", name: "residual", points: left, hue: 0 }, { kind: "rule", name: "none", y: 0 }];
    charts.push(chart({ name: "Residuals", x: { label: call.x_label || "x" }, y: { label: "data - fit" }, marks, height: 130 }));
  }
  return charts.filter((part) => part !== null);
}

function fitChart(result, call, measured, curve) {
  if (!curve.length && !measured.length) return null;
  const band = (from) => curve.map((row) => [row[0], row[from], row[from + 1]]);
  const marks = [
    { kind: "band", name: "prediction", points: band(4), hue: 7 },
    { kind: "band", name: "confidence", points: band(2), hue: 0 },
    { kind: "line", name: "fit", points: curve.map(([x, y]) => [x, y]), hue: 0 },
    { kind: "points", name: "data", points: measured, hue: 1 },
  ];
  const name = `Fit of ${result.model}`;
  const filled = marks.filter(({ points }) => points.length);
  return chart({ name, x: { label: call.x_label || "x" }, y: { label: call.y_label || "y" }, marks: filled });
}

function fitParameters(parameters) {
  return table("Parameters", [
    ["name", ({ name }) => name],
    ["value", ({ value }) => value],
    ["standard error", ({ se }) => se],
    ["low", ({ ci_low: low }) => low],
    ["high", ({ ci_high: high }) => high],
    ["interval by", ({ ci_method: method }) => method],
    ["unit", ({ unit }) => unit ?? ""],
    ["remark", (row) => (row.at_bound ? "at its bound" : row.identifiable === false ? "not identifiable" : "")],
  ], parameters);
}

function fitGoodness({ fit, residuals, solver }) {
  return fit && [
    facts([
      ["rows", fit.n],
      ["RMSE", short(fit.rmse)],
      ["R²", short(fit.r2)],
      ["reduced χ²", short(fit.chi2_reduced)],
      ["AICc", short(fit.aicc)],
    ]),
    residuals && facts([
      ["runs p", short(residuals.runs_p)],
      ["normality p", short(residuals.normality_p)],
      ["outliers", residuals.n_outliers],
      ["solver", solver?.engine],
    ]),
  ];
}

function fitModels(comparison) {
  return table("Models", [
    ["model", ({ model }) => model],
    ["AICc", ({ aicc }) => aicc],
    ["weight", ({ weight }) => weight],
  ], comparison);
}
