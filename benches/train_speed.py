"""The network of examples/train_speed.rs in PyTorch, timed the same way.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch numpy
    /tmp/torch/bin/python benches/train_speed.py

One step: four 5x5 convolutions with stride 2 from 3 to 256 channels at 128 px, two dense layers, four 3x3 convolutions
with pixel shuffle back to 128 px, a 1x1 head; mean absolute difference; Adam. Batch 8. With the argument `processor`, processor time on one thread.
"""

import sys
import time

import torch
from torch import nn

BATCH, SIDE, CODE = 8, 128, 256
clock = time.process_time if "processor" in sys.argv else time.perf_counter


def network():
    layers = []
    widths = [3, 32, 64, 128, 256]
    for narrow, wide in zip(widths, widths[1:]):
        layers += [nn.Conv2d(narrow, wide, 5, stride=2, padding=2), nn.LeakyReLU(0.1)]
    layers += [nn.Flatten(), nn.Linear(256 * 64, CODE), nn.Linear(CODE, 256 * 64), nn.Unflatten(1, (256, 8, 8))]
    widths = [256, 128, 64, 32, 16]
    for wide, narrow in zip(widths, widths[1:]):
        layers += [nn.Conv2d(wide, narrow * 4, 3, padding=1), nn.LeakyReLU(0.1), nn.PixelShuffle(2)]
    layers += [nn.Conv2d(16, 3, 1), nn.Sigmoid()]
    return nn.Sequential(*layers)


def timed(name, dtype, layout, steps=12):
    torch.manual_seed(1)
    net = network().to(memory_format=layout)
    optimiser = torch.optim.Adam(net.parameters(), 1e-4, fused=True)
    x = torch.rand(BATCH, 3, SIDE, SIDE).to(memory_format=layout)
    y = torch.rand(BATCH, 3, SIDE, SIDE).to(memory_format=layout)
    best = [float("inf")] * 3
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        start = clock()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype is torch.bfloat16):
            out = net(x)
        loss = (out.float() - y).abs().mean()
        forward = clock()
        loss.backward()
        backward = clock()
        optimiser.step()
        end = clock()
        for i, seconds in enumerate((forward - start, backward - forward, end - backward)):
            best[i] = min(best[i], seconds * 1e3)
    forward, backward, step = best
    print(f"{name:28} forward {forward:7.1f} ms  backward {backward:7.1f} ms  optimiser {step:6.1f} ms  sum {sum(best):7.1f} ms")


def layer(name, module, shape):
    x = torch.rand(shape, requires_grad=True)
    best = [float("inf")] * 2
    for _ in range(6):
        start = clock()
        out = module(x)
        middle = clock()
        out.sum().backward()
        end = clock()
        best = [min(best[0], middle - start), min(best[1], end - middle)]
    print(f"{name:44} forward {best[0] * 1e3:8.2f} ms  backward {best[1] * 1e3:8.2f} ms")


if __name__ == "__main__":
    torch.set_num_threads(1 if "processor" in sys.argv else 2)
    print("torch", torch.__version__, "threads", torch.get_num_threads())
    timed("fp32", torch.float32, torch.contiguous_format)
    timed("fp32, channels last", torch.float32, torch.channels_last)
    timed("bf16, channels last", torch.bfloat16, torch.channels_last)
    conv = nn.Conv2d
    layer("conv 64->128 k3 @64", conv(64, 128, 3, padding=1), (BATCH, 64, 64, 64))
    layer("conv 256->128 k3 @32", conv(256, 128, 3, padding=1), (BATCH, 256, 32, 32))
    layer("conv 64->128 k5 s2 @32", conv(64, 128, 5, 2, 2), (BATCH, 64, 32, 32))
    layer("conv 64->128 k1 @64", conv(64, 128, 1), (BATCH, 64, 64, 64))
    layer("depthwise 64 k3 @64", conv(64, 64, 3, padding=1, groups=64), (BATCH, 64, 64, 64))
