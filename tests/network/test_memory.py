"""Whether there is room: what the operating system says, and the sentence for too much."""

import pytest

from clearprop import Network
from clearprop.errors import InputError
from clearprop.network import memory

MEMINFO = "MemTotal:       24000000 kB\nMemAvailable:    1000000 kB\nSwapFree:         500000 kB\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of which files tell."""
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    (tmp_path / "meminfo").write_text(MEMINFO)
    return tmp_path


def test_what_can_be_had_is_what_is_available_and_swap(machine):
    assert memory.available() == 1_500_000 * 1024


@pytest.mark.parametrize(("most", "expected"), [("max", 1_500_000 * 1024), ("300000000", 300_000_000 - 90_000_000)])
def test_a_control_group_may_leave_less(machine, most, expected):
    (machine / "memory.max").write_text(f"{most}\n")
    (machine / "memory.current").write_text("100000000\n")
    (machine / "memory.stat").write_text("anon 80000000\ninactive_file 10000000\n")
    assert memory.available() == expected


def test_a_machine_that_does_not_say_is_asked_for_its_pages(machine):
    (machine / "meminfo").unlink()
    assert memory.available() > 2**20


def test_too_much_is_refused_with_both_numbers(machine):
    memory.check_room(1_500_000 * 1024, "it", "take less")
    with pytest.raises(InputError, match=r"^it needs 1\.54 GB of memory, and 1\.54 GB can be had; take less$"):
        memory.check_room(1_500_000 * 1024 + 1, "it", "take less")


def test_little_is_taken_without_asking(machine):
    (machine / "meminfo").write_text(MEMINFO.replace("1000000", "1").replace("500000", "0"))
    assert memory.SMALL == 64 * 2**20
    memory.check_room(memory.SMALL - 1, "it", "take less")


def test_a_network_too_large_for_memory_says_so_before_it_takes_any():
    network = Network.mlp([10**6, 10**7, 1])
    with pytest.raises(InputError, match=r"a network of 10,000,020,000,001 parameters needs 160 TB of memory"):
        network.initial()
    with pytest.raises(InputError, match=r"needs 120 TB of memory.*float32"):
        network.initial(dtype="float32")
