"""Models of the sample tables, trained once for all tests, and a way to run commands."""

import pytest
from sample_tables import flats, pets, write

from clearprop.cli.app import exit_code


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with flats.csv, pets.csv and a model of each."""
    folder = tmp_path_factory.mktemp("trained")
    write(folder / "flats.csv", flats())
    write(folder / "pets.csv", pets())
    common = ["--hidden", "16", "--epochs", "200", "--json"]
    flat = ["train", str(folder / "flats.csv"), "--target", "rent", "--log-target"]
    pet = ["train", str(folder / "pets.csv"), "--target", "kind"]
    assert exit_code([*flat, "--output", str(folder / "flats.clearprop"), *common]) == 0
    assert exit_code([*pet, "--output", str(folder / "pets.clearprop"), *common]) == 0
    return folder


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
