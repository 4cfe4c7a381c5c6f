"""A way to run commands."""

import pytest

from clearprop.cli.app import exit_code


@pytest.fixture
def run(capfd):
    """Run a command; its exit code, standard output and standard error."""

    def run(*arguments):
        capfd.readouterr()
        code = exit_code([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run
