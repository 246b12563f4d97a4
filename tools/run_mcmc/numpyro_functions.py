"""NumPyro's functions that carry no types, named once. Runs in the worker."""

from typing import Any

import numpyro.infer
import numpyro.infer.hmc
import numpyro.infer.util

_infer: Any = numpyro.infer
_hmc: Any = numpyro.infer.hmc
_util: Any = numpyro.infer.util

hmc = _hmc.hmc
constrain_fn = _util.constrain_fn
potential_energy = _util.potential_energy
psis_diagnostic = _infer.psis_diagnostic
init_to_uniform = _infer.init_to_uniform
init_to_sample = _infer.init_to_sample
init_to_median = _infer.init_to_median
