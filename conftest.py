"""What every test may use, wherever it stands."""

pytest_plugins = ["tests.machine", "tests.world", "tests.house"]
