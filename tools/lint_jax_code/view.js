// Findings: a table of all, then each in the code, with a caret below what is wrong, and its fix.

const SEVERITY_TONES = { error: "bad", warning: "fair", info: "quiet" };
const SEVERITY_RANKS = { error: "1error", warning: "2warning", info: "3info" };
const LINES_AROUND = 1;

views.lint_jax_code = ({ result }, { code = "" }) => {
  const { findings, fixed_code: fixed } = result;
  const lines = code.split("\n");
  return [
    section("Findings", findings.length > 1 ? findingTable(findings) : null),
    section(
      findings.length > 1 ? "In the code" : "Finding",
      findings.map((finding) => findingInCode(finding, lines)),
    ),
    fixed === null ? null : folded("The code with its fixes", make("pre", {}, fixed)),
  ].filter((node) => node !== null);
};

function findingTable(findings) {
  return table("Findings", [
    ["line", ({ line }) => line],
    ["severity", ({ severity }) => SEVERITY_RANKS[severity], (ranked) => ranked.slice(1)],
    ["code", ({ code }) => code],
    ["rule", ({ name }) => name],
    ["fix", ({ fix }) => fix?.applicability ?? ""],
    ["evidence", ({ evidence }) => evidence],
  ], findings);
}

function findingInCode(finding, lines) {
  const { code, severity, message, why, related, line, column } = finding;
  const also = related.map((other) => make("li", {}, `Line ${other.line}: ${other.message}`));
  return make(
    "div",
    { class: "finding" },
    make("p", {}, make("code", { class: SEVERITY_TONES[severity] }, code), ` Line ${line}, column ${column}: ${message}`),
    marked(finding, lines),
    also.length ? make("ul", {}, also) : null,
    make("p", { class: "quiet" }, why),
    fixShown(finding.fix, lines),
  );
}

/** The line with its neighbours, and carets below what is wrong; null where the code is not known. */
function marked({ line, column, end_line: endLine, end_column: endColumn }, lines) {
  if (line > lines.length || !lines[line - 1].trim()) return null;
  const first = Math.max(1, line - LINES_AROUND);
  const last = Math.min(lines.length, line + LINES_AROUND);
  const width = String(last).length;
  const shownLines = [];
  for (let number = first; number <= last; number += 1) {
    shownLines.push(`${String(number).padStart(width)} | ${lines[number - 1]}`);
    if (number !== line) continue;
    // Columns count characters; a tab stays one, so that the caret stands where the line does.
    const characters = [...lines[line - 1]];
    const end = endLine === line ? endColumn : characters.length + 1;
    const before = characters.slice(0, column - 1).map((character) => (character === "\t" ? "\t" : " "));
    shownLines.push(`${" ".repeat(width)} | ${before.join("")}${"^".repeat(Math.max(1, end - column))}`);
  }
  return make("pre", {}, shownLines.join("\n"));
}

function fixShown(fix, lines) {
  if (!fix) return null;
  const after = fix.edits.length ? linesAfter(fix.edits, lines) : null;
  return make(
    "div",
    {},
    make("p", {}, make("code", { class: fix.applicability === "safe" ? "good" : "fair" }, fix.applicability), ` Fix: ${fix.title}`),
    after === null ? null : make("pre", {}, after),
  );
}

/** The lines that the edits touch, as they are afterwards; null where the code is not known. */
function linesAfter(edits, lines) {
  const last = Math.max(...edits.map((edit) => edit.end_line));
  const first = Math.min(...edits.map((edit) => edit.line));
  if (lines.length === 1 && !lines[0]) return null;
  if (last > lines.length + 1) return null;
  const touched = lines.slice(first - 1, last);
  const characters = touched.map((line) => [...line]);
  const offset = (line, column) =>
    characters.slice(0, line - first).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  const text = [...touched.join("\n")];
  const backwards = edits.toSorted((a, b) => b.line - a.line || b.column - a.column);
  for (const edit of backwards) {
    const from = offset(edit.line, edit.column);
    text.splice(from, offset(edit.end_line, edit.end_column) - from, ...edit.new_text);
  }
  const changed = text.join("").split("\n");
  return changed.map((line, index) => `${first + index} + ${line}`).join("\n");
}
