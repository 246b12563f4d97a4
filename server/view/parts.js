// What every view is built from. Texts are set as text, never as HTML: they come from user code.

/** An element: make("p", {class: "quiet"}, "text", child). Attributes that are null are left out. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Four digits, for reading; the full numbers are in the answer. */
function short(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(value.toPrecision(4)));
  return value.toExponential(2);
}

/** A time that is given in microseconds. */
function microseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 1e3) return `${short(value)} µs`;
  return value < 1e6 ? `${short(value / 1e3)} ms` : `${short(value / 1e6)} s`;
}

function section(title, ...children) {
  const held = children.flat().filter((child) => child !== null && child !== undefined);
  return held.length ? make("section", {}, make("h2", {}, title), held) : null;
}

function folded(title, ...children) {
  return make("details", {}, make("summary", {}, title), ...children);
}

/** A fact list in one line: name value, name value. */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined);
  return make("p", { class: "quiet" }, known.map(([name, value]) => `${name} ${value}`).join(" · "));
}

/** Columns are [title, row => value, value => text?]; a click on a title sorts by it. */
function table(name, columns, rows) {
  const body = make("tbody");
  const areNumbers = columns.map(([, value]) => rows.some((row) => typeof value(row) === "number"));
  let sorted = null;
  let sign = 1;
  const fill = () => {
    const order = sorted === null ? rows : rows.toSorted((a, b) => sign * compare(sorted, a, b));
    const cells = (row) => columns.map((column, index) => cell(column, row, areNumbers[index]));
    body.replaceChildren(...order.map((row) => make("tr", {}, cells(row))));
  };
  const head = columns.map((column, index) => {
    const sort = (event) => {
      sign = sorted === column ? -sign : 1;
      sorted = column;
      for (const other of event.target.closest("tr").children) other.removeAttribute("aria-sort");
      event.target.closest("th").setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      fill();
    };
    const button = make("button", { type: "button", onclick: sort }, column[0]);
    return make("th", { scope: "col", class: areNumbers[index] ? "number" : null }, button);
  });
  fill();
  const whole = make("table", {}, make("thead", {}, make("tr", {}, head)), body);
  return make("div", { class: "scroll", role: "region", "aria-label": name, tabindex: "0" }, whole);
}

function compare([, value], a, b) {
  const [first, second] = [value(a), value(b)];
  if (first === second) return 0;
  if (first === null || first === undefined) return 1;
  if (second === null || second === undefined) return -1;
  return first < second ? -1 : 1;
}

function cell([, value, text = short], row, isNumber) {
  return make("td", { class: isNumber ? "number" : null }, text(value(row)));
}

/** Rows {label, at, low, high, inner: [low, high], tone, text} over one common scale. */
function intervals(name, rows, { isLog = false, reference = null, unit = short } = {}) {
  const all = rows.flatMap(({ at, low, high }) => [at, low, high]);
  const place = scale([...all, reference].filter((value) => value !== null && value !== undefined), isLog);
  const left = (value) => `left:${(100 * place(value)).toFixed(2)}%`;
  const span = (kind, from, to, tone) => {
    if (from === null || to === null || from === undefined || to === undefined) return null;
    const width = `width:${(100 * (place(to) - place(from))).toFixed(2)}%`;
    return make("span", { class: `${kind} ${tone ?? ""}`, style: `${left(from)};${width}` });
  };
  const mark = (kind, at, tone = "") =>
    at === null || at === undefined ? null : make("span", { class: `${kind} ${tone}`, style: left(at) });
  const body = rows.map(({ label, at, low, high, inner = [], tone, text }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, label),
      make(
        "td",
        { class: "track", "aria-hidden": "true" },
        mark("reference", reference),
        span("outer", low, high, tone),
        span("inner", inner[0], inner[1], tone),
        mark("dot", at, tone),
      ),
      make("td", { class: "number" }, text),
    ),
  );
  const ticks = place.ticks.map((value) => make("span", { style: left(value) }, unit(value)));
  const foot = make("tr", { "aria-hidden": "true" }, make("td"), make("td", { class: "track scale" }, ticks), make("td"));
  const whole = make("table", { class: "bars" }, make("tbody", {}, body), make("tfoot", {}, foot));
  return make("div", { class: "scroll", role: "region", "aria-label": name, tabindex: "0" }, whole);
}
