import builtins

import numpy as np
import pytest

from clearprop.errors import InputError, TableError
from clearprop.tables import ImageFormat, fit_encoder, read

Image = pytest.importorskip("PIL.Image")


def picture(path, shape, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, value, dtype=np.uint8)).save(path)


def test_a_folder_of_images_by_class(tmp_path):
    picture(tmp_path / "dark" / "1.png", (4, 6), 10)
    picture(tmp_path / "light" / "1.png", (4, 6), 200)
    (tmp_path / "light" / "about.md").write_text("not an image")
    (tmp_path / ".hidden").write_text("")
    found = read(tmp_path)
    assert found.images == ImageFormat(4, 6, 1)
    assert found.default_target == "class"
    assert found.table.column("class").to_pylist() == ["dark", "light"]
    assert found.table.column("file").to_pylist() == ["dark/1.png", "light/1.png"]
    assert found.table.column("image").to_pylist() == [[10] * 24, [200] * 24]
    assert found.notices == ("2 images, used as 4 × 6 pixels, grey", "1 other file in the folder, left out")


def test_images_of_many_sizes_and_colours_are_brought_to_one_form(tmp_path):
    picture(tmp_path / "a" / "1.png", (100, 80, 3), 7)
    picture(tmp_path / "b" / "1.png", (20, 20), 9)
    found = read(tmp_path)
    assert found.images == ImageFormat(32, 32, 3)
    assert found.table.column("image").to_pylist() == [[7] * 3072, [9] * 3072]


def test_the_form_of_training_is_kept_and_classes_are_not_needed(tmp_path):
    picture(tmp_path / "1.png", (9, 9), 5)
    found = read(tmp_path, images=ImageFormat(2, 3, 1))
    assert found.default_target is None
    assert found.table.column("image").to_pylist() == [[5] * 6]


def test_pixels_share_one_scale(tmp_path):
    picture(tmp_path / "a" / "1.png", (2, 2), 0)
    picture(tmp_path / "b" / "1.png", (2, 2), 200)
    table = read(tmp_path).table.select(["image"])
    step = fit_encoder(table).encoder.steps[0]
    assert (step.centres, step.scales) == ((100.0,), (100.0,))


def test_what_is_wrong_with_a_folder_is_said(tmp_path):
    with pytest.raises(TableError, match="holds no images"):
        read(tmp_path)
    picture(tmp_path / "a" / "1.png", (2, 2), 0)
    picture(tmp_path / "loose.png", (2, 2), 0)
    with pytest.raises(TableError, match=r"loose.png lies beside the folders of classes"):
        read(tmp_path)


def test_a_damaged_image_is_named(tmp_path):
    picture(tmp_path / "a" / "1.png", (50, 50), 0)
    content = (tmp_path / "a" / "1.png").read_bytes()
    (tmp_path / "a" / "2.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(TableError, match=r"the image .*2\.png cannot be read"):
        read(tmp_path)


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    picture(tmp_path / "a" / "1.png", (11, 11), 0)  # above the limit Pillow warns, above twice the limit it raises
    with pytest.raises(TableError, match=r"1\.png cannot be read"):
        read(tmp_path)


def test_without_pillow_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    def no_pillow(name, *rest, **more):
        if name == "PIL" or name.startswith("PIL."):
            raise ImportError(name)
        return original(name, *rest, **more)

    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", no_pillow)
    with pytest.raises(TableError, match=r"pip install 'clearprop\[images\]'"):
        read(tmp_path)


@pytest.mark.parametrize("sides", [(0, 1, 1), (1, 5000, 1), (1, 1, 2), (True, 1, 1)])
def test_a_form_that_cannot_be(sides):
    with pytest.raises(InputError):
        ImageFormat(*sides)
