"""All cases of the record, by number."""

from tests.records.check_gradients import (
    correct_nn,
    correct_numpy,
    correct_scipy,
    faulty_functions,
    faulty_rules,
    non_finite,
)
from tests.records.check_gradients.cases import Case

CORRECT: tuple[Case, ...] = (*correct_numpy.CASES, *correct_scipy.CASES, *correct_nn.CASES)
FAULTY: tuple[Case, ...] = (*faulty_rules.CASES, *non_finite.CASES, *faulty_functions.CASES)
CASES: tuple[Case, ...] = FAULTY + CORRECT
