"""The rules, one module each; the module's docstring is the rule's page."""

import pkgutil
from functools import cache
from importlib import import_module

from jax_workbench.tools.lint_jax_code.engine.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of their codes."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: (rule.code[:3] != "JAX", rule.code)))
