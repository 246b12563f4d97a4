from pathlib import Path

import pytest

from jax_workbench.server.settings import Settings, SettingsError, default_state_dir


def test_without_anything_said_the_defaults_hold() -> None:
    settings = Settings.read({}, {})

    assert settings == Settings()
    assert (settings.sandbox, settings.memory_mib, settings.answer_within_s) == ("auto", 2048, 45)


def test_the_environment_mirrors_each_option_and_the_option_wins() -> None:
    env = {
        "JAX_WORKBENCH_ROOTS": "/data:/more",
        "JAX_WORKBENCH_MEMORY_MIB": "512",
        "JAX_WORKBENCH_ANSWER_WITHIN_S": "1.5",
        "JAX_WORKBENCH_STATE_DIR": "/state",
        "JAX_WORKBENCH_SANDBOX": "full",
    }

    settings = Settings.read({"memory_mib": "1024"}, env)

    assert settings.roots == (Path("/data"), Path("/more"))
    assert settings.memory_mib == 1024
    assert settings.answer_within_s == 1.5
    assert settings.state_dir == Path("/state")
    assert settings.sandbox == "full"


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert Settings.read({}, {"JAX_WORKBENCH_MEMORY_MIB": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("SANDBOX", "weak", "one of auto, full, landlock, none"),
        ("MEMORY_MIB", "1.5", "whole number"),
        ("MEMORY_MIB", "10", "at least 64"),
        ("ANSWER_WITHIN_S", "nan", "finite"),
        ("ANSWER_WITHIN_S", "soon", "must be a number"),
        ("ROOTS", "data", "not an absolute path"),
        ("STATE_DIR", "state", "not an absolute path"),
    ],
)
def test_a_setting_that_cannot_be_used_names_itself_and_what_it_takes(
    variable: str, text: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint) as raised:
        Settings.read({}, {f"JAX_WORKBENCH_{variable}": text})

    assert f"JAX_WORKBENCH_{variable}={text!r}" in str(raised.value)


def test_state_is_kept_where_the_desktop_says() -> None:
    assert default_state_dir({"XDG_STATE_HOME": "/x"}) == Path("/x/jax-workbench")
    assert default_state_dir({}) == Path.home() / ".local/state/jax-workbench"
    assert default_state_dir({"XDG_STATE_HOME": "relative"}) == default_state_dir({})
