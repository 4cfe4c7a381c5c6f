"""Whether the engine says that it must be compiled first."""

import numpy as np

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.compiler import kernel_cache, sources
from clearprop.engines.compiled.engine import CompiledEngine


def test_only_what_is_not_in_the_cache_is_announced(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_cache, "folders", lambda: [tmp_path])
    monkeypatch.setattr(kernel_cache, "_addresses", {})  # as in a process that has loaded none
    monkeypatch.setattr(kernel_cache.shipped, "address", lambda full: None)
    engine = CompiledEngine()
    assert "compiled for this processor, once" in engine.preparation(np.float32)
    for name, source in fixed_kernels.sources("float32").items():
        assert "compiled for this processor, once" in engine.preparation(np.float32)
        (tmp_path / f"{name}_{sources.hash_of(source)}.o").touch()
    assert engine.preparation(np.float32) is None
    assert "compiled for this processor, once" in engine.preparation(np.dtype("float64"))


def test_what_the_cache_holds_after_a_fit_is_what_is_asked_for():
    from clearprop import Network, train

    network = Network.mlp([2, 1])
    train(network, network.initial(), np.eye(2), np.ones((2, 1)), epochs=1, engine="compiled")
    assert CompiledEngine().preparation(np.float64) is None
