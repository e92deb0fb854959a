"""The limits of the machine that stand beside the times."""

import ctypes
import ctypes.util
import time
import zlib


def limits():
    """Rates in bytes and floating-point operations per second, the best of several rounds; None where it is not here."""
    import numpy as np

    def best(action, rounds=5):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
        return min(times)

    source = np.ones(32 << 20)
    target = np.empty_like(source)
    copy = best(lambda: np.copyto(target, source))

    a = np.random.default_rng(0).normal(size=(2048, 2048))
    multiply = best(lambda: a @ a)

    values = np.random.default_rng(1).normal(size=4 << 20)
    plain = (np.maximum(np.round(values * 64) / 64, 0)).astype("float32").tobytes()
    packed = zlib.compress(plain, 4)
    inflate = best(lambda: zlib.decompress(packed), 3)
    return {
        "copy_bytes_per_second": 2 * source.nbytes / copy,  # Read and written.
        "dgemm_flops": 2 * 2048**3 / multiply,
        "zlib_bytes_per_second": len(plain) / inflate,
        "libdeflate_bytes_per_second": libdeflate_rate(packed, plain, best),
        "seconds": 0.0,
    }


def libdeflate_rate(packed, plain, best):
    name = ctypes.util.find_library("deflate")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
    library.libdeflate_zlib_decompress.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
    decompressor = library.libdeflate_alloc_decompressor()
    output = ctypes.create_string_buffer(len(plain))

    def inflate():
        code = library.libdeflate_zlib_decompress(decompressor, packed, len(packed), output, len(plain), None)
        assert code == 0

    seconds = best(inflate, 3)
    return len(plain) / seconds if output.raw == plain else None
