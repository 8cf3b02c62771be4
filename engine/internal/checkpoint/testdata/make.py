"""Makes the checkpoints of this folder with PyTorch (made with 1.13.0).

    python3 make.py
"""
import collections
import os

import torch


def tensors():
    grid = torch.arange(12.0).reshape(3, 4) / 8 - 0.5
    base = torch.arange(20.0)
    return collections.OrderedDict(
        [
            ("plain", grid),
            ("transposed", grid.t()),
            ("step", base[1::3]),
            ("window", base.reshape(4, 5)[1:3, 2:4]),
            ("half", grid.half()),
            ("bfloat", grid.bfloat16()),
            ("double", grid.double() / 3),
            ("long", torch.tensor([-3, 1 << 40])),
            ("int", torch.tensor([-3, 7], dtype=torch.int32)),
            ("short", torch.tensor([-300, 7], dtype=torch.int16)),
            ("char", torch.tensor([-3, 7], dtype=torch.int8)),
            ("byte", torch.tensor([0, 200], dtype=torch.uint8)),
            ("bool", torch.tensor([True, False, True])),
            ("scalar", torch.tensor(7)),
            ("empty", torch.zeros(0, 3)),
            ("parameter", torch.nn.Parameter(torch.ones(2))),
        ]
    )


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def network():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2))
    return net


torch.save(tensors(), "tensors.pt")
torch.save(tensors(), "tensors_legacy.pth", _use_new_zipfile_serialization=False)

net = network()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
net(torch.ones(1, 3, 4, 4)).sum().backward()
optimizer.step()
parallel = torch.nn.DataParallel(net)
torch.save(
    {
        "epoch": 7,
        "best": 0.5,
        "arch": "tiny",
        "dtype": torch.float32,
        "shape": torch.Size([1, 2]),
        "device": torch.device("cpu"),
        "state_dict": parallel.state_dict(),
        "optimizer": optimizer.state_dict(),
    },
    "training.pt",
)
torch.save({"encoder": {"a": torch.ones(2)}, "head": {"b": torch.zeros(1)}}, "nested.pt")
torch.save({"weight": torch.ones(2), "note": Evil()}, "evil.pt")
torch.save(net, "module.pt")
torch.save(torch.ones(2), "bare.pt")
torch.save({"wide": torch.ones(1).expand(1000)}, "expanded.pt")
