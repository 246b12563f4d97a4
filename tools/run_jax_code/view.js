// A snippet: its value and what it printed.

views.run_jax_code = ({ result }) => {
  const printed = (text, isCut) => (text ? make("pre", {}, `${text}${isCut ? "[...]" : ""}`) : null);
  const value = result.value === null ? result.value_repr : JSON.stringify(result.value, null, 1);
  return [
    section("Value", value ? make("pre", {}, value) : null),
    section("Output", printed(result.stdout, result.stdout_truncated)),
    section("Errors and warnings", printed(result.stderr, result.stderr_truncated)),
  ].filter((node) => node !== null);
};
