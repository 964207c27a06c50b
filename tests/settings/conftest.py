from tests.sync.conftest import interpreter, thawed
from tests.sync.test_probing import secured
from tests.xapi.conftest import pools, quick_pool, simulation

__all__ = ["interpreter", "pools", "quick_pool", "secured", "simulation", "thawed"]
