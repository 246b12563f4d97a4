// A chart of lines, points and bands, which pointer and arrow keys read out.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 58;
const BOTTOM = 34;
const TOP = 18;
const RIGHT = 10;

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Maps values to 0..1, with round `ticks`; a margin keeps marks off the edges. */
function scale(values, isLog, nTicks = 5) {
  const turn = isLog ? Math.log10 : (value) => value;
  let low = turn(Math.min(...values));
  let high = turn(Math.max(...values));
  if (!(high > low)) [low, high] = [low - 0.5 * (Math.abs(low) || 1), low + 0.5 * (Math.abs(low) || 1)];
  const margin = 0.03 * (high - low);
  [low, high] = [low - margin, high + margin];
  const place = (value) => (turn(value) - low) / (high - low);
  place.back = (share) => (isLog ? 10 ** (low + share * (high - low)) : low + share * (high - low));
  place.ticks = (isLog ? decades : round)(low, high, nTicks);
  return place;
}

function round(low, high, nTicks) {
  const rough = (high - low) / nTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function decades(low, high, nTicks) {
  const factors = high - low < 2.2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((high - low) / nTicks));
  const found = [];
  for (let power = Math.floor(low); power <= high; power += 1) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found.length > 1 ? found : round(10 ** low, 10 ** high, nTicks).filter((value) => value > 0);
}

/**
 * marks: {kind: "line"|"points"|"band", name, points: [[x, y]] or [[x, low, high]], hue: 0..7},
 * or {kind: "rule", name, y}. `x` and `y`: {label, isLog}.
 */
function chart({ name, x, y, marks, height = 240 }) {
  const hidden = new Set();
  const state = { isLogY: y.isLog ?? false, cursor: null };
  const svg = draw("svg", { role: "img", tabindex: "0", "aria-label": `${name}. Arrow keys read its values.` });
  const readout = make("output", {}, "");
  const render = () => paint(svg, readout, { x, y, height, state, marks: marks.filter((mark) => !hidden.has(mark.name)) });
  const legend = make("div", { class: "row" }, [...new Map(marks.map((mark) => [mark.name, mark])).values()].map((mark) => {
    const toggle = (event) => {
      const isShown = hidden.has(mark.name);
      if (isShown) hidden.delete(mark.name);
      else if (hidden.size + 1 < new Set(marks.map((other) => other.name)).size) hidden.add(mark.name);
      event.currentTarget.setAttribute("aria-pressed", String(!hidden.has(mark.name)));
      render();
    };
    const swatch = make("span", { class: "swatch", style: `background:var(--s${mark.hue ?? 7})` });
    return make("button", { type: "button", "aria-pressed": "true", onclick: toggle }, swatch, mark.name);
  }));
  const values = marks.flatMap((mark) => (mark.points ?? []).flatMap((point) => point.slice(1)));
  if (values.every((value) => value > 0) && Math.max(...values) > 20 * Math.min(...values)) {
    const turn = (event) => {
      state.isLogY = !state.isLogY;
      event.currentTarget.textContent = state.isLogY ? "linear scale" : "log scale";
      render();
    };
    legend.append(make("button", { type: "button", onclick: turn }, state.isLogY ? "linear scale" : "log scale"));
  }
  let width = 0;
  new ResizeObserver(() => {
    if (svg.clientWidth && svg.clientWidth !== width) render();
    width = svg.clientWidth;
  }).observe(svg);
  listen(svg, state, render);
  return make("figure", {}, legend, svg, readout);
}

function listen(svg, state, render) {
  const move = (index) => {
    state.cursor = Math.max(0, Math.min(state.stops.length - 1, index));
    render();
  };
  svg.addEventListener("pointermove", (event) => {
    const at = (event.clientX - svg.getBoundingClientRect().left - LEFT) / (svg.clientWidth - LEFT - RIGHT);
    const far = (stop) => Math.abs(state.placeX(stop) - at);
    move(state.stops.reduce((best, stop, index) => (far(stop) < far(state.stops[best]) ? index : best), 0));
  });
  svg.addEventListener("keydown", (event) => {
    const now = state.cursor ?? -1;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: state.stops.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  const leave = () => {
    state.cursor = null;
    render();
  };
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("blur", leave);
}

function paint(svg, readout, { x, y, height, state, marks }) {
  const width = svg.clientWidth || 600;
  const [inner, deep] = [width - LEFT - RIGHT, height - TOP - BOTTOM];
  const isShown = ([, ...ys]) => ys.every((value) => value !== null && (!state.isLogY || value > 0));
  const shown = marks.map((mark) => ({ ...mark, points: (mark.points ?? []).filter(isShown) }));
  const xs = shown.flatMap((mark) => mark.points.map(([at]) => at));
  const ys = shown.flatMap((mark) => (mark.kind === "rule" ? [mark.y] : mark.points.flatMap((point) => point.slice(1))));
  if (!xs.length) return;
  state.placeX = scale(xs, x.isLog ?? false, Math.max(2, Math.floor(inner / 90)));
  const placeY = scale(ys, state.isLogY);
  state.stops = [...new Set(shown.filter((mark) => mark.kind !== "band").flatMap((mark) => mark.points.map(([at]) => at)))].sort((a, b) => a - b);
  const left = (value) => LEFT + inner * state.placeX(value);
  const top = (value) => TOP + deep * (1 - placeY(value));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  svg.replaceChildren(
    draw("path", { class: "axis", d: `M${LEFT} ${TOP}V${TOP + deep}H${LEFT + inner}` }),
    ...state.placeX.ticks.map((value) => draw("text", { x: left(value), y: TOP + deep + 14, "text-anchor": "middle" }, short(value))),
    ...placeY.ticks.map((value) => draw("text", { x: LEFT - 5, y: top(value) + 4, "text-anchor": "end" }, short(value))),
    draw("text", { x: LEFT + inner, y: height - 4, "text-anchor": "end" }, x.label),
    draw("text", { x: LEFT, y: 10 }, y.label),
    ...shown.flatMap((mark) => shapes(mark, left, top, LEFT + inner)),
  );
  readout.textContent = "";
  if (state.cursor === null) return;
  const at = state.stops[Math.min(state.cursor, state.stops.length - 1)];
  svg.append(draw("path", { class: "cursor", d: `M${left(at)} ${TOP}V${TOP + deep}` }));
  readout.textContent = `${x.label} ${short(at)}: ${shown.flatMap((mark) => said(mark, at)).join(", ")}`;
}

function shapes(mark, left, top, end) {
  const hue = `var(--s${mark.hue ?? 7})`;
  if (mark.kind !== "rule" && !mark.points.length) return [];
  if (mark.kind === "rule") return [draw("path", { class: "rule", d: `M${LEFT} ${top(mark.y)}H${end}` })];
  if (mark.kind === "points") {
    return mark.points.map(([at, value]) => draw("circle", { cx: left(at), cy: top(value), r: 3.2, style: `fill:${hue}` }));
  }
  const path = (points) => points.map(([at, value]) => `${left(at).toFixed(1)} ${top(value).toFixed(1)}`).join("L");
  if (mark.kind === "line") return [draw("path", { class: "line", style: `stroke:${hue}`, d: `M${path(mark.points)}` })];
  const back = mark.points.map(([at, , high]) => [at, high]).reverse();
  return [draw("path", { class: "band", style: `fill:${hue}`, d: `M${path(mark.points)}L${path(back)}Z` })];
}

function said(mark, at) {
  return mark.points.filter(([place]) => place === at).map(([, ...values]) => `${mark.name} ${values.map(short).join(" to ")}`);
}
