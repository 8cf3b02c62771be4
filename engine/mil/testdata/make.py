"""Makes public.pt, a state dict with the names of the public code (PyTorch 1.13.0).

    python3 make.py

Weights count on from 0 in the order below, a hundredth each.
"""
import collections

import torch

D, E, H, C = 4, 3, 2, 2
state = collections.OrderedDict()
count = 0


def linear(name, out, inputs):
    global count
    for suffix, shape in (("weight", (out, inputs)), ("bias", (out,))):
        n = out * inputs if suffix == "weight" else out
        state[name + "." + suffix] = (torch.arange(count, count + n).float() / 100).reshape(shape)
        count += n


def attention(name):
    linear(name + ".attention_a.0", H, E)
    linear(name + ".attention_b.0", H, E)
    linear(name + ".attention_c", 1, H)


for mag in ("low", "mid", "high"):
    linear("fc_%s_mag.0" % mag, E, D)
    attention("ga_%s_mag" % mag)
linear("classify_head", C, E)
attention("aux_ga_low_mag")
attention("aux_ga_mid_mag")
torch.save(state, "public.pt")
