"""The product end to end: both programs as processes, and Chromium before them."""

import pytest

pytest.register_assert_rewrite("tests.e2e.person", "tests.e2e.programs")
