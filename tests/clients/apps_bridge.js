// A host made of the extension's own AppBridge, which checks each message against its schemas.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const CAPABILITIES = { openLinks: {}, downloadFile: {}, serverTools: {}, serverResources: {}, message: {}, logging: {} };
let frame = document.querySelector("iframe");
let bridge;
let heard;

/** Frame the page, shake hands, hand over a call and its result; done when the page first tells its size. */
globalThis.show = async (page, given, result, context) => {
  await bridge?.close();
  const fresh = frame.cloneNode();
  fresh.removeAttribute("srcdoc");
  frame.replaceWith(fresh);
  frame = fresh;
  heard = [];
  bridge = new AppBridge(null, { name: "reference bridge", version: "1" }, CAPABILITIES, { hostContext: context });
  const began = new Promise((resolve) => { bridge.oninitialized = resolve; });
  bridge.onerror = (error) => heard.push(["error", String(error)]);
  bridge.onmessage = async (params) => (heard.push(["message", params]), {});
  bridge.ondownloadfile = async (params) => (heard.push(["download", params]), {});
  // A job that runs is asked for again, and still runs.
  bridge.oncalltool = async (params) => (heard.push(["call", params]), result);
  bridge.onreadresource = async (params) => (heard.push(["read", params]), { contents: [] });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = page;
  await began;
  const sized = new Promise((resolve) => {
    bridge.onsizechange = ({ height }) => {
      if (height) frame.style.height = `${height}px`;
      resolve();
    };
  });
  await bridge.sendToolInput({ arguments: given });
  await bridge.sendToolResult(result);
  await sized;
  return { app: bridge.getAppVersion(), capabilities: bridge.getAppCapabilities() };
};

globalThis.heardOf = () => heard;
globalThis.turnDark = async () => { await bridge.sendHostContextChange({ theme: "dark" }); };
globalThis.tearDown = async () => await bridge.teardownResource({});
