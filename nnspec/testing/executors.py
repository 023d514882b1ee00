"""check_executor: every task once, results in order, errors where their results are taken."""

from nnspec.contracts.executor import Executor
from nnspec.testing.contract import ContractError, require
from nnspec.testing.parts import check_part

TASKS = tuple(range(7))
UNLUCKY = 3


def check_executor(executor: Executor) -> None:
    """Checks an executor on quick tasks.

    Each task is done once, and its result stands where the task stood; a call that raises does so when its own
    result is taken, after those before it; no tasks have no results. See also `check_part`.

    Args:
        executor: The executor.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(executor)
    found = list(executor.map(_square, TASKS))
    expected = [task**2 for task in TASKS]
    require(
        found == expected, executor, "results come in the order of the tasks", f"{found}, expected {expected}."
    )
    require(not list(executor.map(_square, ())), executor, "no tasks have no results", "It yielded something.")
    rule = "results before one that fails can be had"
    try:
        results = executor.map(_unlucky, TASKS)
        before = [next(results) for _ in range(UNLUCKY)]
    except ArithmeticError as error:
        raise ContractError(executor, rule, f"`{error}` came before them.") from error
    require(before == expected[:UNLUCKY], executor, rule, f"{before}, expected {expected[:UNLUCKY]}.")
    try:
        next(results)
    except ArithmeticError:
        return
    raise ContractError(executor, "taking the result of a call that raised raises the same", "It did not raise.")


def _square(task: int) -> int:
    return task**2


def _unlucky(task: int) -> int:
    if task == UNLUCKY:
        raise ArithmeticError(f"task {task} cannot be done")
    return task**2
