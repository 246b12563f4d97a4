// The frame around every answer: status and summary, the tool's own view, notes, files, the run.

const views = {};

/** A result of tools/call as nodes; `call` holds the arguments it came from. */
function shown(result, call) {
  const pictures = (result.content ?? []).filter(isPicture).map(picture);
  const answer = result.structuredContent;
  if (!answer) return [...texts(result), ...pictures];
  const tool = answer.run.tool;
  const view = answer.result === null ? undefined : views[tool];
  return [
    head(answer),
    make("p", {}, answer.summary),
    ...(view ? view(answer, call) : rest(answer)),
    ...(view && pictures.length ? [folded("Picture", ...pictures)] : pictures),
    section("Notes", noteList(answer.notes)),
    section("Next", answer.next.map(nextStep)),
    answer.artifacts.length ? folded("Files", make("ul", {}, answer.artifacts.map(file))) : null,
    folded("Run", runFacts(answer.run)),
  ].filter((node) => node !== null);
}

function head({ status, notes, run }) {
  const said = TOOLS[run.tool] ?? { title: run.tool, bad: [] };
  const isWarned = notes.some(({ severity }) => severity === "warning") || status === "warn";
  const tone = said.bad.includes(status) ? "bad" : isWarned || status === "running" ? "fair" : "good";
  return make("div", { class: "head" }, make("span", { class: `status ${tone}` }, status), make("h1", {}, said.title));
}

function texts(result) {
  const tone = result.isError ? "bad" : "quiet";
  return (result.content ?? [])
    .filter(({ type }) => type === "text")
    .flatMap(({ text }) => {
      const [first, ...others] = text.split("\n");
      return [make("p", { class: tone }, first), others.length ? make("pre", {}, others.join("\n")) : null];
    })
    .filter((node) => node !== null);
}

function isPicture({ type, mimeType, data }) {
  return type === "image" && mimeType === "image/png" && /^[A-Za-z0-9+/=]+$/.test(data);
}

function picture({ data }) {
  return make("img", { src: `data:image/png;base64,${data}`, alt: "The answer's picture; its facts are in the text." });
}

/** Of a tool without a view: its result as it is. */
function rest({ result }) {
  return result === null ? [] : [make("pre", {}, JSON.stringify(result, null, 1))];
}

function noteList(notes) {
  if (!notes.length) return null;
  const line = ({ code, severity, text }) =>
    make("li", {}, make("code", { class: severity === "warning" ? "fair" : "quiet" }, code), ` ${text}`);
  return make("ul", {}, notes.map(line));
}

/** A call that would help; a host that takes messages gets a button for it. */
function nextStep({ tool, why, arguments: given }) {
  const said = `Call ${tool}${given ? ` with ${JSON.stringify(given)}` : ""}: ${why}`;
  const content = [{ type: "text", text: said }];
  const ask = () => request("ui/message", { role: "user", content });
  const button = host.capabilities.message ? make("button", { type: "button", onclick: ask }, "Ask for it") : null;
  return make("p", { class: "row" }, make("code", {}, tool), make("span", {}, why), button);
}

function file({ uri, name, mime_type: mimeType, bytes }) {
  const link = { type: "resource_link", uri, name, mimeType };
  const save = () => request("ui/download-file", { contents: [link] });
  const button = host.capabilities.downloadFile
    ? make("button", { type: "button", onclick: save, "aria-label": `Save ${name}` }, "Save")
    : null;
  return make("li", {}, `${name} (${mimeType}, ${bytes} bytes) `, button);
}

function runFacts(run) {
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  return make(
    "div",
    {},
    facts([
      ["on", run.device],
      ["x64", run.x64 ? "yes" : "no"],
      ["seed", run.seed],
      ["sandbox", run.sandbox.tier],
    ]),
    facts([
      ["wall", `${short(run.wall_s)} s`],
      ["queued", `${short(run.queue_s)} s`],
      ["CPU", `${short(run.cpu_s)} s`],
      ["memory", `${short(run.peak_rss_mib)} MiB`],
    ]),
    facts([["", versions.join(", ")], ["run", run.run_id]]),
  );
}

/** Put `made(value)` where `holder` stands once `coming` is there; null leaves what is shown. */
function replaceWhenThere(holder, coming, made) {
  coming.then((value) => value !== null && holder.replaceChildren(...made(value)));
  return holder;
}

/** Numbers of a CSV text by column, as the tools write it: a head line, then numbers alone. */
function columnsOf(text) {
  const [head, ...lines] = text.trim().split("\n").map((line) => line.split(","));
  return Object.fromEntries(head.map((name, index) => [name.trim(), lines.map((line) => Number(line[index]))]));
}
