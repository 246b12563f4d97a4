// Shows what the host hands over; follows a job until its answer is there.

const place = document.getElementById("answer");
const WAIT_S = 20;
let call = {};

function show(result) {
  place.replaceChildren(...shown(result, call));
  const answer = result.structuredContent;
  if (answer?.status === "running" && host.capabilities.serverTools) follow(answer.run.job_id);
}

/** Wait for the job by get_job, as a model would, and show the answer that it gives. */
async function follow(job_id) {
  const said = make("output", {}, "Waiting for the job.");
  const stop = () => request("tools/call", { name: "cancel_job", arguments: { job_id } });
  place.append(make("div", { class: "row" }, said, make("button", { type: "button", onclick: stop }, "Stop it")));
  let result;
  do {
    try {
      result = await request("tools/call", { name: "get_job", arguments: { job_id, wait_s: WAIT_S } });
    } catch (error) {
      said.textContent = `The job cannot be followed here: ${error.message}`;
      return;
    }
    said.textContent = result.structuredContent?.result?.message ?? result.structuredContent?.summary ?? "";
  } while (!result.isError && result.structuredContent?.status === "running");
  show(result);
}

host.heard["ui/notifications/tool-input"] = ({ arguments: given }) => {
  call = given ?? {};
};
host.heard["ui/notifications/tool-result"] = show;
host.heard["ui/notifications/tool-cancelled"] = ({ reason }) => {
  place.replaceChildren(make("p", { class: "fair" }, `Cancelled${reason ? `: ${reason}` : ""}.`));
};

await connect(NAME, VERSION);
