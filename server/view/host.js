// The wire to the host: JSON-RPC over postMessage, MCP Apps 2026-01-26.

const host = { capabilities: {}, context: {}, heard: {} };
const open = new Map();
let lastId = 0;

function send(message) {
  // The host's origin is not known inside its sandbox, and nothing secret goes out.
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function notify(method, params = {}) {
  send({ method, params });
}

/** Ask the host; rejects with the host's own words. */
function request(method, params = {}) {
  lastId += 1;
  const id = lastId;
  send({ id, method, params });
  return new Promise((resolve, reject) => open.set(id, { resolve, reject }));
}

window.addEventListener("message", ({ source, data }) => {
  if (source !== window.parent || data?.jsonrpc !== "2.0") return;
  if (data.method === undefined) {
    const waiting = open.get(data.id);
    open.delete(data.id);
    if (data.error) waiting?.reject(new Error(data.error.message));
    else waiting?.resolve(data.result);
  } else if (data.id === undefined) {
    host.heard[data.method]?.(data.params ?? {});
  } else if (data.method === "ping" || data.method === "ui/resource-teardown") {
    send({ id: data.id, result: {} });
  } else {
    send({ id: data.id, error: { code: -32601, message: "Method not found" } });
  }
});

/** Shake hands; the host sends the call and its result only afterwards. */
async function connect(name, version) {
  const said = await request("ui/initialize", {
    protocolVersion: "2026-01-26",
    appInfo: { name, version },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  });
  host.capabilities = said.hostCapabilities ?? {};
  take(said.hostContext ?? {});
  host.heard["ui/notifications/host-context-changed"] = take;
  notify("ui/notifications/initialized");
  tellSize();
}

/** Follow the host's colours, fonts and safe area. */
function take(context) {
  Object.assign(host.context, context);
  const { style } = document.documentElement;
  if (context.theme) style.colorScheme = context.theme;
  for (const [name, value] of Object.entries(context.styles?.variables ?? {})) {
    if (value) style.setProperty(name, value);
  }
  for (const [side, pixels] of Object.entries(context.safeAreaInsets ?? {})) {
    document.body.style.setProperty(`padding-${side}`, `${12 + pixels}px`);
  }
}

/** Keep the frame as high as what it shows. */
function tellSize() {
  let last = "";
  new ResizeObserver(() => {
    const { width, height } = document.body.getBoundingClientRect();
    const size = { width: Math.ceil(width), height: Math.ceil(height) };
    if (JSON.stringify(size) === last) return;
    last = JSON.stringify(size);
    notify("ui/notifications/size-changed", size);
  }).observe(document.body);
}

/** The text or bytes of a run's file, or null where the host hands none on. */
async function readFile(uri) {
  if (!host.capabilities.serverResources) return null;
  try {
    const [{ text, blob }] = (await request("resources/read", { uri })).contents;
    return text ?? Uint8Array.from(atob(blob), (character) => character.charCodeAt(0));
  } catch {
    return null; // the run may have been pruned: what came inline is still shown
  }
}

/** The URI of the artifact called `name`. */
function fileOf(answer, name) {
  return answer.artifacts.find((artifact) => artifact.name === name)?.uri;
}
