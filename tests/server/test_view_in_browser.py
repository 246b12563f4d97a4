"""The page that shows answers, in headless Chromium inside a host's frame."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.chromium import Page, chromium
from tests.server.view_page import ANSWERS, NARROW, PAINTED, WIDE, load, record, show, text_of

NAMED_ROLES = {"button", "combobox", "searchbox", "image"}

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")


def pixels(host: Page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(host.screenshot())).convert("RGB")).astype(int)


def test_it_shakes_hands_before_it_says_anything_else(host: Page) -> None:
    load(host, context={"theme": "light"})

    first, second = host.run("heard.slice(0, 2)")

    assert first["method"] == "ui/initialize"
    assert first["params"]["protocolVersion"] == "2026-01-26"
    assert first["params"]["appInfo"]["name"] == "jax-workbench"
    assert second == {"jsonrpc": "2.0", "method": "ui/notifications/initialized", "params": {}}


def test_it_answers_its_host_and_refuses_what_it_does_not_know(host: Page) -> None:
    load(host)

    answers = [
        host.run(f"ask({json.dumps(method)})")
        for method in ("ping", "ui/resource-teardown", "tools/list")
    ]

    assert [answer.get("result") for answer in answers] == [{}, {}, None]
    assert answers[2]["error"]["code"] == -32601


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", ANSWERS)
def test_each_recorded_answer_is_shown_within_its_frame(host: Page, name: str, width: int) -> None:
    host.resize(width, 800)
    inside = show(host, name)
    result = record(name)["result"]
    words = (
        result["structuredContent"]["summary"]
        if "structuredContent" in result
        else result["content"][0]["text"].partition("\n")[0]
    )

    overflows = host.run("document.documentElement.scrollWidth > innerWidth", inside)
    height = host.run("frame.getBoundingClientRect().height")
    content = host.run("document.body.getBoundingClientRect().height", inside)

    assert words in text_of(host, inside)
    assert not overflows
    assert abs(height - content) <= 1
    assert host.complaints() == []
    assert host.requests() == []


@pytest.mark.parametrize("name", ["benchmark", "fit", "posterior_warned", "training"])
def test_all_that_can_be_operated_has_a_name(host: Page, name: str) -> None:
    show(host, name, capabilities={"message": {}, "serverResources": {}, "downloadFile": {}})

    nodes = host.send("Accessibility.getFullAXTree", frameId=host.frame())["nodes"]
    found = [
        node
        for node in nodes
        if node.get("role", {}).get("value") in NAMED_ROLES
        or any(said["name"] == "focusable" for said in node.get("properties", []))
    ]
    unnamed = [node for node in found if not node.get("name", {}).get("value")]

    assert found
    assert unnamed == []


def test_the_screen_follows_the_hosts_theme_and_colours(host: Page) -> None:
    inside = show(host, "fit", context={"theme": "light"})
    light = pixels(host)
    host.run("tell('ui/notifications/host-context-changed', {theme: 'dark'})")
    host.run(PAINTED)
    dark = pixels(host)
    variables = {"--color-background-primary": "rgb(1, 2, 3)"}
    host.run(
        "tell('ui/notifications/host-context-changed', "
        f"{json.dumps({'styles': {'variables': variables}})})"
    )
    host.run(PAINTED)

    assert np.median(light) > 240
    assert np.median(dark) < 50
    assert len(np.unique(light.reshape(-1, 3), axis=0)) > 50
    assert host.run("getComputedStyle(document.body).backgroundColor", inside) == "rgb(1, 2, 3)"


def test_arrow_keys_read_a_chart(host: Page) -> None:
    inside = show(host, "training")
    host.run("document.querySelector('svg').focus()", inside)

    host.press("ArrowRight")
    host.press("ArrowRight")
    said = host.run("document.querySelector('output').textContent", inside)

    first = record("training")["result"]["structuredContent"]["result"]["curve"][1]
    assert said.startswith(f"step {first['step']}: training ")
    assert "validation" in said


def test_a_series_can_be_hidden_and_a_column_sorted(host: Page) -> None:
    inside = show(host, "benchmark")

    lines = "document.querySelectorAll('svg .line').length"
    before = host.run(lines, inside)
    host.run("document.querySelector('[aria-pressed]').click()", inside)
    after = host.run(lines, inside)
    host.run("[...document.querySelectorAll('th button')].at(2).click()", inside)
    medians = host.run(
        "[...document.querySelectorAll('[aria-label=Variants] tbody tr')]"
        ".map((row) => row.children[2].textContent)",
        inside,
    )
    variants = record("benchmark")["result"]["structuredContent"]["result"]["variants"]
    fastest = min(variant["wall_us"]["median"] for variant in variants)

    assert (before, after) == (2, 1)
    assert medians[0] == f"{fastest:.4g} µs"


def test_a_fit_is_drawn_from_the_files_of_its_run_where_the_host_reads_them(host: Page) -> None:
    answer = record("fit")["result"]["structuredContent"]
    uris = {artifact["name"]: artifact["uri"] for artifact in answer["artifacts"]}
    rows = "row,x,y,fit,residual\n0,0.1,2,1.5,0.5\n1,0.2,3,3.5,-0.5\n"
    curve = "x,y,confidence_low,confidence_high,prediction_low,prediction_high\n"
    curve += "".join(f"{x / 100},{x},{x - 1},{x + 1},{x - 2},{x + 2}\n" for x in range(100))
    files = {uris["residuals.csv"]: rows, uris["curve.csv"]: curve}
    told = {uri: {"contents": [{"uri": uri, "text": text}]} for uri, text in files.items()}
    host.run(f"answers = {json.dumps(told)}; 0")

    inside = show(host, "fit", capabilities={"serverResources": {}})
    host.run(PAINTED)

    assert host.run("document.querySelectorAll('svg').length", inside) == 2
    assert host.run("document.querySelectorAll('svg circle').length", inside) == 4


def test_the_draws_of_a_chosen_parameter_are_read_from_the_run(host: Page) -> None:
    answer = record("posterior")["result"]["structuredContent"]
    uri = next(a["uri"] for a in answer["artifacts"] if a["name"] == "draws.npz")
    chains = np.arange(4 * 50 * 3, dtype=np.float64).reshape(4, 50, 3)
    archive = io.BytesIO()
    np.savez(archive, slope=chains, scale=chains[..., 0])
    blob = base64.b64encode(archive.getvalue()).decode()
    host.run(f"answers = {json.dumps({uri: {'contents': [{'uri': uri, 'blob': blob}]}})}; 0")

    inside = show(host, "posterior", capabilities={"serverResources": {}})
    said = host.run(
        """(async () => {
          const buttons = [...document.querySelectorAll("button")];
          buttons.find((button) => button.textContent === "Show the draws").click();
          while (!document.querySelector("select")) await new Promise(requestAnimationFrame);
          const select = document.querySelector("select");
          select.value = "slope[1]";
          select.dispatchEvent(new Event("change"));
          while (!document.querySelector("svg text")) await new Promise(requestAnimationFrame);
          const chart = document.querySelector("svg");
          chart.focus();
          chart.dispatchEvent(new KeyboardEvent("keydown", {key: "Home"}));
          return document.querySelector("output").textContent;
        })()""",
        inside,
    )

    first = [float(chains[chain, 0, 1]) for chain in range(4)]
    words = ", ".join(f"chain {chain + 1} {value:g}" for chain, value in enumerate(first))
    assert said == f"draw 0: {words}"


def test_a_running_job_is_followed_to_its_answer(host: Page) -> None:
    running, done = record("running")["result"], record("snippet")["result"]
    host.run(f"answers = {json.dumps({'get_job': [running, done]})}; 0")

    inside = show(host, "running", capabilities={"serverTools": {}})
    host.run(
        "(async () => { while (!document.querySelector('img'))"
        " await new Promise(requestAnimationFrame); })()",
        inside,
    )
    calls = host.run("heard.filter(({method}) => method === 'tools/call').map((m) => m.params)")

    job_id = running["structuredContent"]["run"]["job_id"]
    assert calls == [{"name": "get_job", "arguments": {"job_id": job_id, "wait_s": 20}}] * 2
    assert done["structuredContent"]["summary"] in text_of(host, inside)


def test_a_next_step_is_handed_to_the_conversation(host: Page) -> None:
    inside = show(host, "gradient_wrong", capabilities={"message": {}})

    host.run(
        "[...document.querySelectorAll('button')]"
        ".find((b) => b.textContent === 'Ask for it').click()",
        inside,
    )
    asked = host.run("until(({method}) => method === 'ui/message')")

    assert asked["params"]["role"] == "user"
    assert "check_gradients" in asked["params"]["content"][0]["text"]


def test_text_of_user_code_stays_text(host: Page) -> None:
    said = record("snippet")
    trap = "<img src=x onerror=document.title='caught'><script>document.title='caught'</script>"
    answer = said["result"]["structuredContent"]
    answer["summary"] = answer["result"]["stdout"] = trap
    load(host)

    host.run(f"deliver({{}}, {json.dumps(said['result'])})")
    inside = host.inside()

    assert trap in text_of(host, inside)
    assert host.run("document.title", inside) == "JAX workbench"


def test_messages_from_other_windows_are_not_heard(host: Page) -> None:
    inside = show(host, "snippet")
    before = text_of(host, inside)
    forged: dict[str, Any] = {
        "jsonrpc": "2.0",
        "method": "ui/notifications/tool-cancelled",
        "params": {},
    }

    host.run(f"window.postMessage({json.dumps(forged)}, '*')", inside)
    host.run(PAINTED, inside)

    assert text_of(host, inside) == before
