"""Training steps of multiple instance learning in eager PyTorch, for `zoomscope bench step`.

    torch_mil.py METHOD PATCHES DIM     one step of forward, backward and Adam at a time
    torch_mil.py check FILE...          compares with golden vectors

The first line written introduces the program; then each line read, `run N`, has N
steps taken and is answered with the time that took, in seconds. Every method is
written from the equations of its paper, layers named as in its authors' code; the
attention of TransMIL is that of the package nystrom-attention, which its authors
use. PATCHES are those of the slide at its highest magnification.

Threads are set by OMP_NUM_THREADS and OPENBLAS_NUM_THREADS. What PyTorch reaches
depends on the BLAS that it finds: the introduction says how fast a large product of
matrices is.
"""

import json
import math
import os
import struct
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES = 3


def linears(*widths):
    """Linear layers with a ReLU between them and behind the last."""
    layers = []
    for i, o in zip(widths, widths[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers)


class Gated(nn.Module):
    """The gated attention of CLAM: scores [N, 1]."""

    def __init__(self, width, hidden, dropout):
        super().__init__()
        self.attention_a = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Dropout(dropout))
        self.attention_b = nn.Sequential(nn.Linear(width, hidden), nn.Sigmoid(), nn.Dropout(dropout))
        self.attention_c = nn.Linear(hidden, 1)

    def forward(self, h):
        return self.attention_c(self.attention_a(h) * self.attention_b(h))


class Method(nn.Module):
    """forward gives logits [1, C] and what else the loss needs."""

    dropout, rate, decay, betas = 0.0, 1e-4, 0.0, (0.9, 0.999)

    def loss(self, out, label):
        return F.cross_entropy(out, label)


class MeanMIL(Method):
    dropout, decay = 0.25, 1e-5

    def __init__(self, dim, classes, embed=512):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(dim, embed), nn.ReLU(), nn.Dropout(self.dropout))
        self.classifier = nn.Linear(embed, classes)

    def forward(self, x):
        return self.classifier(self.fc(x).mean(0, keepdim=True))


class MaxMIL(Method):
    """The patch that is surest of a class."""

    dropout, decay = 0.25, 1e-5

    def __init__(self, dim, classes, embed=512):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(dim, embed), nn.ReLU(), nn.Dropout(self.dropout))
        self.classifiers = nn.Linear(embed, classes)

    def forward(self, x):
        logits = self.classifiers(self.fc(x))
        p = F.softmax(logits, 1)
        return logits[p.max(1)[0].argmax()].unsqueeze(0)


class ABMIL(Method):
    rate, decay = 5e-4, 1e-4

    def __init__(self, dim, classes, embed=500, hidden=128):
        super().__init__()
        self.feature_extractor_part2 = linears(dim, embed)
        self.attention_V = nn.Sequential(nn.Linear(embed, hidden), nn.Tanh())
        self.attention_U = nn.Sequential(nn.Linear(embed, hidden), nn.Sigmoid())
        self.attention_w = nn.Linear(hidden, 1)
        self.classifier = nn.Sequential(nn.Linear(embed, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x):
        h = self.feature_extractor_part2(x)
        a = F.softmax(self.attention_w(self.attention_V(h) * self.attention_U(h)).t(), 1)
        return self.classifier(a @ h)


class CLAM(Method):
    dropout, rate, decay = 0.25, 2e-4, 1e-5

    def __init__(self, dim, classes, embed=512, hidden=256, instances=8):
        super().__init__()
        self.instances = instances
        self.attention_net = nn.Sequential(
            nn.Linear(dim, embed), nn.ReLU(), nn.Dropout(self.dropout), Gated(embed, hidden, self.dropout)
        )
        self.classifiers = nn.Linear(embed, classes)
        self.instance_classifiers = nn.ModuleList(nn.Linear(embed, 2) for _ in range(classes))

    def forward(self, x):
        h = self.attention_net[:3](x)
        a = F.softmax(self.attention_net[3](h).t(), 1)
        return self.classifiers(a @ h), a, h

    def loss(self, out, label):
        logits, a, h = out
        k = self.instances
        rows = torch.cat([a[0].topk(k)[1], (-a[0]).topk(k)[1]])
        target = torch.cat([torch.ones(k, dtype=torch.long), torch.zeros(k, dtype=torch.long)])
        of = self.instance_classifiers[label.item()](h[rows])
        return 0.7 * F.cross_entropy(logits, label) + 0.3 * F.cross_entropy(of, target)


class Scores(nn.Module):
    def __init__(self, dim, classes):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(dim, classes))


class Bag(nn.Module):
    def __init__(self, dim, classes, hidden):
        super().__init__()
        self.q = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.Tanh())
        self.fcc = nn.Conv1d(classes, classes, kernel_size=dim)


class DSMIL(Method):
    rate, decay, betas = 1e-4, 1e-3, (0.5, 0.9)

    def __init__(self, dim, classes, hidden=128):
        super().__init__()
        self.i_classifier = Scores(dim, classes)
        self.b_classifier = Bag(dim, classes, hidden)

    def forward(self, x):
        z = self.i_classifier.fc(x)
        q = self.b_classifier.q(x)
        top, critical = z.max(0)
        a = F.softmax(q @ q[critical].t() / math.sqrt(q.shape[1]), 0)
        b = a.t() @ x
        return self.b_classifier.fcc(b.unsqueeze(0)).view(1, -1), top.view(1, -1)

    def loss(self, out, label):
        bag, top = out
        target = F.one_hot(label, bag.shape[1]).to(bag.dtype)
        return 0.5 * (
            F.binary_cross_entropy_with_logits(bag, target) + F.binary_cross_entropy_with_logits(top, target)
        )


class Predictor(nn.Module):
    def __init__(self, dim, classes, middle, embed, hidden):
        super().__init__()
        self.feature_extractor_2 = linears(dim, middle, embed)
        self.attention = nn.Sequential(nn.Linear(embed, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        self.classifier = nn.Sequential(nn.Linear(embed, classes))


class MSMIL(Method):
    """The second stage, on the patches of all magnifications together."""

    def __init__(self, dim, classes, middle=2048, embed=512, hidden=128):
        super().__init__()
        self.class_predictor = Predictor(dim, classes, middle, embed, hidden)

    def forward(self, x):
        p = self.class_predictor
        h = p.feature_extractor_2(x)
        a = F.softmax(p.attention(h).t(), 1)
        return p.classifier(a @ h)


class Layer(nn.Module):
    def __init__(self, dim, dropout):
        super().__init__()
        from nystrom_attention import NystromAttention

        self.norm = nn.LayerNorm(dim)
        self.attn = NystromAttention(
            dim=dim, dim_head=dim // 8, heads=8, num_landmarks=dim // 2, pinv_iterations=6, residual=True, dropout=dropout
        )

    def forward(self, x):
        return x + self.attn(self.norm(x))


class Positions(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Conv2d(dim, dim, 7, 1, 3, groups=dim)
        self.proj1 = nn.Conv2d(dim, dim, 5, 1, 2, groups=dim)
        self.proj2 = nn.Conv2d(dim, dim, 3, 1, 1, groups=dim)

    def forward(self, x, side):
        token, rest = x[:, :1], x[:, 1:]
        g = rest.transpose(1, 2).reshape(1, -1, side, side)
        g = g + self.proj(g) + self.proj1(g) + self.proj2(g)
        return torch.cat([token, g.flatten(2).transpose(1, 2)], 1)


class TransMIL(Method):
    dropout, rate, decay = 0.1, 2e-4, 1e-5

    def __init__(self, dim, classes, embed=512):
        super().__init__()
        self._fc1 = linears(dim, embed)
        self.cls_token = nn.Parameter(torch.randn(1, 1, embed))
        self.layer1 = Layer(embed, self.dropout)
        self.pos_layer = Positions(embed)
        self.layer2 = Layer(embed, self.dropout)
        self.norm = nn.LayerNorm(embed)
        self._fc2 = nn.Linear(embed, classes)

    def forward(self, x):
        h = self._fc1(x).unsqueeze(0)
        n = h.shape[1]
        side = math.ceil(math.sqrt(n))
        h = torch.cat([self.cls_token, h, h[:, : side * side - n]], 1)
        h = self.layer2(self.pos_layer(self.layer1(h), side))
        return self._fc2(self.norm(h)[:, 0])


class Convolution(nn.Module):
    """3 x 3 over the places that hold patches: weights [9, 1, in, out]."""

    def __init__(self, into, out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(9, 1, into, out) * math.sqrt(2 / (9 * into)))
        self.bias = nn.Parameter(torch.zeros(out))

    def forward(self, x, neighbours):
        into, out = self.weight.shape[2:]
        parts = x @ self.weight.view(9, into, out).transpose(0, 1).reshape(into, 9 * out)
        parts = torch.cat([parts.view(-1, out), parts.new_zeros(1, out)])
        return F.embedding(neighbours, parts).sum(1) + self.bias


class SparseConvMIL(Method):
    rate, decay = 2e-3, 1e-6

    def __init__(self, dim, classes, conv1=32, conv2=32, inner=32):
        super().__init__()
        self.sparse_cnn = nn.Sequential(Convolution(dim, conv1), nn.ReLU(), Convolution(conv1, conv2))
        self.wsi_embedding_classifier = nn.Sequential(nn.Linear(conv2, inner), nn.ReLU(), nn.Linear(inner, classes))

    def forward(self, x, places):
        h, neighbours = self.cells(x, places)
        h = F.relu(self.sparse_cnn[2](F.relu(self.sparse_cnn[0](h, neighbours)), neighbours))
        return self.wsi_embedding_classifier(h.mean(0, keepdim=True))

    @staticmethod
    def cells(x, places):
        """The mean of each place, and for it the rows of what its 9 neighbours have for it."""
        cells, of, count = torch.unique(places, dim=0, return_inverse=True, return_counts=True)
        n = len(cells)
        h = x.new_zeros(n, x.shape[1]).index_add_(0, of, x) / count.unsqueeze(1)
        size = cells.max(0)[0] + 3
        rows = torch.full((int(size[0]), int(size[1])), -1)
        rows[cells[:, 0] + 1, cells[:, 1] + 1] = torch.arange(n)
        columns = []
        for k in range(9):
            row = rows[cells[:, 0] + k // 3, cells[:, 1] + k % 3]
            columns.append(torch.where(row < 0, torch.tensor(9 * n), 9 * row + k))
        return h, torch.stack(columns, 1)


METHODS = {
    "meanmil": MeanMIL,
    "maxmil": MaxMIL,
    "abmil": ABMIL,
    "clam_sb": CLAM,
    "dsmil": DSMIL,
    "msmil": MSMIL,
    "transmil": TransMIL,
    "sparseconvmil": SparseConvMIL,
}


def logits(out):
    return out[0] if isinstance(out, tuple) else out


def product(threads):
    """The speed of a product of 1024 x 1024 matrices, in GFLOP/s: the best of several.

    By processor time, so that others on the machine count less.
    """
    a, best = torch.randn(1024, 1024), math.inf
    for _ in range(30):
        start = time.process_time()
        a @ a
        best = min(best, time.process_time() - start)
    return threads * 2 * 1024**3 / best / 1e9


def steps(method, patches, dim):
    torch.manual_seed(1)
    threads = int(os.environ["OMP_NUM_THREADS"])
    torch.set_num_threads(threads)
    if method == "msmil":
        patches += patches // 4 + patches // 16
    inputs = [torch.randn(patches, dim)]
    if method == "sparseconvmil":
        width = math.isqrt(patches)
        inputs.append(torch.tensor([(i % width, i // width) for i in range(patches)]))
    model = METHODS[method](dim, CLASSES).train()
    adam = torch.optim.Adam(model.parameters(), lr=model.rate, betas=model.betas, weight_decay=model.decay)
    label = torch.tensor([1])

    def step():
        adam.zero_grad(set_to_none=True)
        model.loss(model(*inputs), label).backward()
        adam.step()

    def answer(value):
        print(json.dumps(value), flush=True)

    answer({"name": f"eager PyTorch {torch.__version__}", "gflops": product(threads)})
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(int(line.split()[1])):
            step()
        answer({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu})


def load(path):
    """The tensors of a safetensors file by name, and its metadata."""
    kinds = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        data = bytearray(f.read())
    meta, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind = kinds[entry["dtype"]]
        count = (end - begin) // torch.empty(0, dtype=kind).element_size()
        tensors[name] = torch.frombuffer(data, dtype=kind, count=count, offset=begin).reshape(entry["shape"]).clone()
    return tensors, meta


def sized(method, meta):
    """The model of a golden file."""
    number = lambda key: int(meta[key])
    dim, classes = number("in_dim"), number("classes")
    of = {
        "meanmil": ("embed_dim",),
        "maxmil": ("embed_dim",),
        "abmil": ("embed_dim", "attention_dim"),
        "clam_sb": ("embed_dim", "attention_dim", "k_sample"),
        "dsmil": ("query_dim",),
        "msmil": ("hidden_dim", "embed_dim", "attention_dim"),
        "transmil": ("dim",),
        "sparseconvmil": ("conv1", "conv2", "inner"),
    }[method]
    return METHODS[method](dim, classes, *map(number, of))


def check(path):
    tensors, meta = load(path)
    model = sized(meta["method"], meta)
    state = {n[6:]: t for n, t in tensors.items() if n.startswith("param/") and t.dtype == torch.float32}
    model.load_state_dict(state)
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0
    x = torch.cat([tensors[n] for n in sorted(tensors) if n == "x" or n.startswith("x/")])
    inputs = [x] + ([tensors["eval/locations"]] if "eval/locations" in tensors else [])
    out = model(*inputs)
    loss = model.loss(out, tensors["label"])
    loss.backward()
    worst = 0.0
    for name, p in model.named_parameters():
        want = tensors.get("grad/" + name)
        got = torch.zeros_like(p) if p.grad is None else p.grad
        if want is not None:
            worst = max(worst, ((got - want).abs().max() / (1e-2 + want.abs().max())).item())
    apart = (logits(out).flatten() - tensors["train/logits"].flatten()).abs().max().item()
    off = abs(loss.item() - tensors["train/loss"].item())
    good = apart < 2e-6 and off < 2e-6 and worst < 2e-4
    print(f"{path}: logits differ by {apart:.1e}, loss by {off:.1e}, gradients by {worst:.1e}: {'good' if good else 'BAD'}")
    return good


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(0 if all([check(path) for path in sys.argv[2:]]) else 1)
    steps(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
