"""The first three stages of a ResNet-50 in eager PyTorch, for `zoomscope bench`.

    torch_resnet50.py WEIGHTS.safetensors TILES.rgb BATCH

The weights have torchvision's names. The tiles are 256 x 256 pixels of R, G, B in
bytes, one behind the other. The first line written introduces the program; then
each line read, `run N`, has N patches encoded and is answered with the time that
took, in seconds. Needs Debian's python3-torch and nothing else.

Threads are set by OMP_NUM_THREADS and OPENBLAS_NUM_THREADS. On one thread PyTorch
would leave most convolutions to the BLAS that is installed, the reference one of
Debian perhaps; here it always has its own fast ones (oneDNN) where it was built with
them, so that the comparison is with its best.
"""

import json
import os
import struct
import sys
import time

import torch
import torch.nn.functional as F

SIDE = 256
BLOCKS = (3, 4, 6)


def load(path):
    """The float32 tensors of a safetensors file by name."""
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = bytearray(f.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def convolve(x, weight, padding, stride):
    if torch.backends.mkldnn.is_available():
        return torch.mkldnn_convolution(x, weight, None, [padding] * 2, [stride] * 2, [1, 1], 1)
    return F.conv2d(x, weight, stride=stride, padding=padding)


class ResNet50:
    """Convolution, batch normalisation and ReLU one after the other, as torchvision has them."""

    def __init__(self, weights):
        self.w = weights
        self.mean = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
        self.std = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)

    def convolution(self, x, conv, norm, stride=1):
        w = self.w
        weight = w[conv + ".weight"]
        x = convolve(x, weight, weight.shape[2] // 2, stride)
        return F.batch_norm(
            x, w[norm + ".running_mean"], w[norm + ".running_var"], w[norm + ".weight"], w[norm + ".bias"]
        )

    def block(self, x, name, stride):
        y = F.relu(self.convolution(x, name + "conv1", name + "bn1"), inplace=True)
        y = F.relu(self.convolution(y, name + "conv2", name + "bn2", stride), inplace=True)
        y = self.convolution(y, name + "conv3", name + "bn3")
        if name + "downsample.0.weight" in self.w:
            x = self.convolution(x, name + "downsample.0", name + "downsample.1", stride)
        return F.relu(y.add_(x), inplace=True)

    def __call__(self, tiles):
        """uint8 [B, 256, 256, 3] to float32 [B, 1024]."""
        x = (tiles.permute(0, 3, 1, 2).to(torch.float32) / 255 - self.mean) / self.std
        x = F.relu(self.convolution(x.contiguous(), "conv1", "bn1", 2), inplace=True)
        x = F.max_pool2d(x, 3, 2, 1)
        for stage, blocks in enumerate(BLOCKS):
            for block in range(blocks):
                x = self.block(x, f"layer{stage + 1}.{block}.", 2 if stage > 0 and block == 0 else 1)
        return F.adaptive_avg_pool2d(x, 1).flatten(1)


def main():
    weights, tiles, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.set_grad_enabled(False)
    model = ResNet50(load(weights))
    with open(tiles, "rb") as f:
        pixels = torch.frombuffer(bytearray(f.read()), dtype=torch.uint8).reshape(-1, SIDE, SIDE, 3)

    def answer(value):
        print(json.dumps(value), flush=True)

    answer({"name": f"eager PyTorch {torch.__version__}", "features": model(pixels[:1])[0].tolist()})
    for line in sys.stdin:
        n = int(line.split()[1])
        wall, cpu = time.perf_counter(), time.process_time()
        for first in range(0, n, batch):
            model(pixels[first : min(first + batch, n)])
        answer({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu})


if __name__ == "__main__":
    main()
