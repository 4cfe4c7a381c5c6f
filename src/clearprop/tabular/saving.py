"""Reading the file of a model of a table: everything in it is checked before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearprop.errors import ModelFileError
from clearprop.files import Model, load
from clearprop.files.json_text import refusing
from clearprop.job.saving import jobs_from_json
from clearprop.tables import Encoder, ImageFormat, missing_file, target_from_json
from clearprop.tabular.conformal import conformity_of
from clearprop.tabular.details import groups_of, settings_of, temperature_of
from clearprop.tabular.scores_json import scores_from_json

KIND = "table"  # what the details of such a model file say that they are


def read_model(path: Path) -> dict[str, Any]:
    """The attributes of the model in a file.

    Raises
    ------
    ModelFileError
        When there is no such file, or it is damaged, foreign, or a network without a table.
    """
    return model_of(_loaded(path), path)


def model_of(found: Model, path: Path) -> dict[str, Any]:
    """The attributes of the model in a file that is read already; ModelFileError as of `read_model`."""
    details = found.details
    if details.get("kind") != KIND:
        raise ModelFileError(
            f"{path} holds a network that was not trained by 'clearprop train', so it does not know any table; "
            "use it from Python, with clearprop.load"
        )
    with refusing(path, "cannot be used"):
        encoder = Encoder.from_json(details.get("encoder"))
        target = target_from_json(details.get("target"))
        if found.network.widths[0] != encoder.n_inputs or found.network.widths[-1] != target.n_outputs:
            raise ModelFileError("its network, encoder and target do not belong together")
        images = None if details.get("images") is None else ImageFormat(**details["images"])
        if images is not None and images.height * images.width * images.channels > encoder.n_inputs:
            raise ModelFileError(f"images of {images} are not what its encoder takes")
        held_out = None if details.get("held_out") is None else scores_from_json(details["held_out"])
        thetas, quantiles = groups_of(found.thetas, details.get("quantiles", []), details.get("networks"))
        jobs = jobs_from_json(found.network, details.get("training"), len(thetas))
        temperature = temperature_of(details.get("temperature", 1.0))
        conformity = conformity_of(details.get("conformity"))
        trivial, settings = target.check_trivial(details.get("trivial")), settings_of(details.get("settings"))
    return {
        "network": found.network,
        "thetas": thetas,
        "encoder": encoder,
        "target": target,
        "trivial": trivial,
        "images": images,
        "settings": settings,
        "held_out": held_out,
        "version": found.version,
        "temperature": temperature,
        "quantiles": quantiles,
        "conformity": conformity,
        "jobs": jobs,
    }


def _loaded(path: Path) -> Model:
    try:
        return load(path)
    except FileNotFoundError:
        raise ModelFileError(str(missing_file(path))) from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from None
