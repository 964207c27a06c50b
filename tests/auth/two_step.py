"""The second step of a sign-in, for houses that are built by hand."""

from collections.abc import Callable

from data.stores.directory import DataDirectory
from data.stores.second_factors import SecondFactorStore
from data.stores.vault import Vault
from xo_dash.auth.two_step import TwoStep


def two_step_of(directory: DataDirectory, required: Callable[[], bool] = lambda: False) -> TwoStep:
    return TwoStep(SecondFactorStore(directory, Vault(directory)), required)
