"""Kernels that another user could have planted in the cache: each place is one where its machine code must not be run.

Each function below `theirs` makes what another user could have made in a folder that everybody can enter, and tells how
the base of the cache is then named.
"""

import os

from clearprop.engines.compiled.compiler import kernel_cache, sources

OWN = """
from numba import cfunc, int64

@cfunc(int64(int64), error_model="numpy")
def kernel(n):
    return 2 * n
"""
OTHER = 4242  # a user that is nobody here


def name_of(source=OWN):
    return f"twice_{sources.hash_of(source)}.o"


def plant(folder, content, mode=0o755):
    """The file of the kernel below a base, and the folders down to it."""
    place = folder / "clearprop" / "kernels" / kernel_cache.version()
    place.mkdir(parents=True, exist_ok=True)
    (place / name_of()).write_bytes(content)
    (place / name_of()).chmod(0o644)
    for part in [place, *place.parents][:4]:
        part.chmod(mode)
    return place


def by_other(work):
    """Do it as the other user, in a child."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(OTHER)
            os.setuid(OTHER)
            os.umask(0o022)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def theirs(folder):
    """A folder of the other user."""
    folder.mkdir(parents=True)
    os.chown(folder, OTHER, OTHER)
    return folder


def a_base_of_theirs(folder, content):
    base = theirs(folder / "base")
    by_other(lambda: plant(base, content))
    return {"CLEARPROP_CACHE_DIR": str(base)}


def a_base_that_all_can_write(folder, content):
    base = folder / "base"
    base.mkdir()
    base.chmod(0o777)
    by_other(lambda: (base / "clearprop").mkdir())
    by_other(lambda: plant_inside(base, content))
    return {"CLEARPROP_CACHE_DIR": str(base)}


def plant_inside(base, content):
    place = base / "clearprop" / "kernels" / kernel_cache.version()
    place.mkdir(parents=True, exist_ok=True)
    (place / name_of()).write_bytes(content)


def a_base_that_a_group_can_write(folder, content):
    base = folder / "base"
    base.mkdir()
    os.chown(base, 0, OTHER)
    base.chmod(0o775)
    by_other(lambda: plant_inside(base, content))
    return {"CLEARPROP_CACHE_DIR": str(base)}


def _inner(depth):
    def inner_folder_of_theirs(folder, content):
        """`depth` folders below the base are mine, the next is theirs."""
        base = folder / "base"
        parts = ["clearprop", "kernels", kernel_cache.version()]
        mine = base.joinpath(*parts[:depth])
        mine.mkdir(parents=True)
        theirs(mine / parts[depth])
        by_other(lambda: plant_inside(base, content))
        return {"CLEARPROP_CACHE_DIR": str(base)}

    return inner_folder_of_theirs


def a_file_of_theirs(folder, content):
    place = plant(folder / "base", content)
    os.chown(place / name_of(), OTHER, OTHER)
    return {"CLEARPROP_CACHE_DIR": str(folder / "base")}


def a_file_that_all_can_write(folder, content):
    place = plant(folder / "base", b"")
    (place / name_of()).chmod(0o666)
    by_other(lambda: (place / name_of()).write_bytes(content))
    return {"CLEARPROP_CACHE_DIR": str(folder / "base")}


def a_link_to_a_file_of_theirs(folder, content):
    place, base = plant(folder / "base", b""), theirs(folder / "theirs")
    by_other(lambda: (base / "file").write_bytes(content))
    (place / name_of()).unlink()
    (place / name_of()).symlink_to(base / "file")
    return {"CLEARPROP_CACHE_DIR": str(folder / "base")}


def a_link_to_a_folder_of_theirs(folder, content):
    base = theirs(folder / "theirs")
    by_other(lambda: plant(base, content))
    (folder / "base").mkdir()
    (folder / "base" / "clearprop").symlink_to(base / "clearprop")
    return {"CLEARPROP_CACHE_DIR": str(folder / "base")}


def a_base_that_is_a_link_to_theirs(folder, content):
    base = theirs(folder / "theirs")
    by_other(lambda: plant(base, content))
    (folder / "home").mkdir()
    (folder / "home" / ".cache").symlink_to(base)
    return {"CLEARPROP_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": str(folder / "home")}


def a_link_of_theirs_to_a_folder_of_mine(folder, content):
    """Such as one into which I have unpacked something of theirs."""
    plant(folder / "unpacked", content)
    above = theirs(folder / "theirs")
    by_other(lambda: (above / "base").symlink_to(folder / "unpacked"))
    return {"CLEARPROP_CACHE_DIR": str(above / "base")}


def a_folder_of_theirs_above_mine(folder, content):
    above = theirs(folder / "theirs")
    plant(above / "base", content)
    return {"CLEARPROP_CACHE_DIR": str(above / "base")}


def the_fallback_made_by_them(folder, content):
    folder.chmod(0o1777)
    base = folder / f"clearprop-{os.geteuid()}"
    by_other(lambda: plant(base, content))
    return {"CLEARPROP_CACHE_DIR": "/dev/null", "TMPDIR": str(folder)}


def the_fallback_linked_by_them(folder, content):
    folder.chmod(0o1777)
    plant(folder / "unpacked", content)
    link = folder / f"clearprop-{os.geteuid()}"
    by_other(lambda: link.symlink_to(folder / "unpacked"))
    return {"CLEARPROP_CACHE_DIR": "/dev/null", "TMPDIR": str(folder)}


def a_fallback_of_mine_that_leads_to_theirs(folder, content):
    folder.chmod(0o1777)
    base = theirs(folder / "theirs")
    by_other(lambda: plant(base, content))
    mine = folder / f"clearprop-{os.geteuid()}"
    mine.mkdir(mode=0o700)
    (mine / "clearprop").symlink_to(base / "clearprop")
    return {"CLEARPROP_CACHE_DIR": "/dev/null", "TMPDIR": str(folder)}


PLACES = [
    a_base_of_theirs, a_base_that_all_can_write, a_base_that_a_group_can_write, _inner(0), _inner(1), _inner(2),
    a_file_of_theirs, a_file_that_all_can_write, a_link_to_a_file_of_theirs, a_link_to_a_folder_of_theirs,
    a_base_that_is_a_link_to_theirs, a_link_of_theirs_to_a_folder_of_mine, a_folder_of_theirs_above_mine,
    the_fallback_made_by_them, the_fallback_linked_by_them, a_fallback_of_mine_that_leads_to_theirs,
]  # fmt: skip
