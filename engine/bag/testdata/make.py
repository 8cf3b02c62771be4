"""Writes the HDF5 files of this folder, laid out as feature extractors lay theirs
out: python3 make.py, with h5py and numpy. The numbers are made up; see README.md."""

import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def features(rows, columns, dtype="f4"):
    """Value (row, column) is (row * columns + column) % 97 / 8, exact as a half."""
    return (np.arange(rows * columns).reshape(rows, columns) % 97 / 8).astype(dtype)


def create(name, **kw):
    path = os.path.join(HERE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return h5py.File(path, "w", **kw)


def grow(f, name, data, chunk, **kw):
    """A resizable dataset that is written in two steps."""
    d = f.create_dataset(name, (1,) + data.shape[1:], data.dtype, maxshape=(None,) + data.shape[1:],
                         chunks=(chunk,) + data.shape[1:], **kw)
    d[:] = data[:1]
    d.resize(len(data), axis=0)
    d[1:] = data[1:]
    return d


def clam():
    """Two pieces of tissue, each with a grid of its own, patches of 512 level-0 pixels."""
    coords = [(1000 + 512 * c, 2000 + 512 * r) for c in range(6) for r in range(7)]
    coords += [(9131 + 512 * c, 2077 + 512 * r) for c in range(4) for r in range(5)]
    with create("clam/slide_1.h5") as f:
        grow(f, "features", features(len(coords), 8), 32)
        grow(f, "coords", np.array(coords, "i4"), 32)


def trident():
    """One slide at 10x and at 20x. Of the eight patches at 10x, five have all four
    children at 20x, where patches come in another order and one has no parent."""
    low = [(2048 + 1024 * c, 1024 * r) for r in range(2) for c in range(4)]
    high = [(x + 512 * i, y + 512 * j) for x, y in low for i in range(2) for j in range(2)]
    for gone in [(2048 + 512, 0), (2048 + 3 * 1024, 512), (2048 + 1024, 1024), (2048 + 1024, 1024 + 512)]:
        high.remove(gone)
    high.append((512, 512))
    high.sort()
    for power, coords, dtype, kw in [(10, low, "f4", {}), (20, high, "f2", dict(compression="gzip", shuffle=True))]:
        with create(f"trident/{power}x_256px_0px_overlap/features_uni_v1/slide_2.h5") as f:
            about = dict(name="slide_2", savetodir="/slides/out")
            grow(f, "features", features(len(coords), 8, dtype), 1, **kw).attrs.update(about, encoder="uni_v1")
            grow(f, "coords", np.array(coords, "i8"), 1).attrs.update(
                about, patch_size=256, patch_size_level0=256 * 40 // power, level0_magnification=40,
                target_magnification=power, overlap=0, level0_width=20000, level0_height=10000)


def zoommil():
    """Three patches at 1.25x and all below them at 2.5x and 5x, depth first, the
    children of a patch column by column."""
    levels = [[(0, 2), (1, 0), (3, 1)]]
    for _ in range(2):
        levels.append([p + o for p in levels[-1] for o in [(0, 0), (1, 0), (0, 1), (1, 1)]])
    with create("zoommil/slide_3.h5") as f:
        for power, coords in zip([1.25, 2.5, 5.0], levels):
            f.create_dataset(f"{power}x_patches", data=features(len(coords), 8))
            f.create_dataset(f"{power}x_coords", data=np.array(coords, "i8"))


def kinds():
    """The kinds of datasets that are read, and some that are not."""
    x = features(70, 6)
    with create("kinds.h5") as f:
        for dtype in ["f2", "f4", "f8", ">f2", ">f4", ">f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">i8"]:
            f.create_dataset("type " + dtype.replace(">", "big "), data=np.trunc(x).astype(dtype))
        f.create_dataset("chunks", data=x, chunks=(32, 6))
        f.create_dataset("blocks", data=x, chunks=(32, 4))
        f.create_dataset("gzip", data=x, chunks=(32, 6), compression="gzip")
        f.create_dataset("gzip shuffle", data=x, chunks=(32, 4), compression="gzip", shuffle=True)
        f.create_dataset("fletcher32", data=x, chunks=(32, 6), fletcher32=True)
        f.create_dataset("gzip shuffle fletcher32", data=x.astype("f8"), chunks=(32, 6), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("vector", data=x[:, 0], chunks=(32,))
        f.create_dataset("one row", data=x, chunks=(1, 6), maxshape=(None, 6))
        f.create_dataset("shrunk", data=features(200, 6), chunks=(16, 6), maxshape=(None, 6)).resize(70, axis=0)
        f.create_dataset("no rows", shape=(0, 6), chunks=(16, 6), maxshape=(None, 6), dtype="f4")
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((70, 6)), compact).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(x))
        f["compact"].attrs.update({
            "int": 3, "float": 0.5, "text": "text", "empty": "", "bytes": np.bytes_(b"bytes"), "true": True,
            "big": np.array(7, ">i4"), "half": np.float16(1.5), "list": [1, 2], "single": [9], "none": h5py.Empty("f4")})
        f.create_dataset("unwritten", shape=(70, 6), chunks=(32, 6), dtype="f4")[:32] = x[:32]
        f.create_dataset("lzf", data=x, chunks=(32, 6), compression="lzf")
        f.create_dataset("cube", data=x[None])
        f.create_dataset("text", data=["a", "b"])
        f.create_group("group")
    for version in ["v108", "latest"]:
        with create(f"{version}.h5", libver=(version, version)) as f:
            f.create_dataset("chunks", data=x, chunks=(32, 6), maxshape=(None, 6)).attrs.update(text="text", number=7)
            f.create_dataset("whole", data=x)


clam()
trident()
zoommil()
kinds()
