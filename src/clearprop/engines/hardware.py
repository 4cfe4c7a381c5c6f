"""What a fit is to be computed on, and how exactly: a device and a precision, by their names."""

from __future__ import annotations

import re
from typing import NamedTuple

from clearprop.errors import InputError, UnknownNameError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("float32", "tf32", "bf16")
ANY_GPU = "gpu"  # what engine="auto" asks for with device="auto": whichever there is
NUMBERED = re.compile(r"cuda:\d{1,3}")


class Hardware(NamedTuple):
    """Where, and in which precision products of float32 numbers are computed.

    Attributes
    ----------
    device : str
        "cpu", "cuda" (or "cuda:1", the second one), "mps", or "auto", which takes the CPU where no other device is
        there, or none is worth it.
    precision : {"float32", "tf32", "bf16"}
        Of the factors of matrix products: all 24 bits of a float32, 11 or 8 of them. Sums, activations, the loss and
        the parameters are float32 in each.
    """

    device: str = "cpu"
    precision: str = "float32"

    @classmethod
    def asked(cls, device: object, precision: object) -> Hardware:
        """What a user asks for, by names that exist.

        Raises
        ------
        UnknownNameError, InputError
            For another name; for what is none.

        Examples
        --------
        >>> from clearprop.engines.hardware import Hardware
        >>> Hardware.asked("cuda", "tf32")
        Hardware(device='cuda', precision='tf32')
        """
        for kind, value, known in (("device", device, DEVICES), ("precision", precision, PRECISIONS)):
            if not isinstance(value, str):
                raise InputError(f"{kind} must be one of {', '.join(known)}, not {value!r}")
            if value not in known and not (kind == "device" and NUMBERED.fullmatch(value)):
                raise UnknownNameError(kind, value, known)
        return cls(str(device), str(precision))


HOST = Hardware()
