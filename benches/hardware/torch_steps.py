"""Steps a second of `live` at 224 px in PyTorch: python3 torch_steps.py [BATCH] [cpu]

The layers of src/train/zoo/live.rs with their default widths, both decoders, BATCH faces a side, mean absolute difference alone,
no masks, Adam. fp32, then bf16 with channels last.
"""

import sys
import time

import torch
from torch import nn

BATCH = next((int(word) for word in sys.argv[1:] if word.isdigit()), 32)
DEVICE = "cpu" if "cpu" in sys.argv or not torch.cuda.is_available() else "cuda"
SIDE, CODE, E, D = 224, 256, 32, 24


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(width, width, 3, 1, 1))

    def forward(self, x):
        return nn.functional.leaky_relu(x + self.inner(x), 0.2)


def up(narrow, wide):
    return [nn.Conv2d(narrow, wide * 4, 3, 1, 1), nn.LeakyReLU(0.1), nn.PixelShuffle(2)]


class Live(nn.Module):
    def __init__(self):
        super().__init__()
        layers, width = [], 3
        for out, kernel in [(E, 5), (2 * E, 3), (4 * E, 3), (8 * E, 3), (8 * E, 3)]:
            layers += [nn.Conv2d(width, out, kernel, 2, kernel // 2), nn.LeakyReLU(0.1)]
            width = out
        small = SIDE // 32
        layers += [nn.Flatten(), nn.Linear(width * small * small, CODE), nn.Linear(CODE, CODE // 2 * small * small)]
        layers += [nn.Unflatten(1, (CODE // 2, small, small)), *up(CODE // 2, D * 6)]
        self.encoder = nn.Sequential(*layers)
        self.decoders = nn.ModuleList(self.decoder() for _ in range(2))

    @staticmethod
    def decoder():
        layers = [Residual(D * 6)]
        for narrow, wide in [(D * 6, D * 4), (D * 4, D * 2)]:
            layers += [*up(narrow, wide), Residual(wide)]
        layers += [*up(D * 2, D), nn.Conv2d(D, 12, 3, 1, 1), nn.PixelShuffle(2), nn.Sigmoid()]
        return nn.Sequential(*layers)

    def forward(self, a, b):
        code = self.encoder(torch.cat([a, b]))
        return [decoder(part) for decoder, part in zip(self.decoders, code.chunk(2))]


def steps_a_second(name, dtype, layout):
    torch.manual_seed(1)
    network = Live().to(DEVICE, memory_format=layout)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4, fused=True)
    pictures = [torch.rand(BATCH, 3, SIDE, SIDE, device=DEVICE).to(memory_format=layout) for _ in range(2)]
    wait = torch.cuda.synchronize if DEVICE == "cuda" else lambda: None

    def step():
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=dtype is torch.bfloat16):
            drawn = network(*pictures)
        loss = sum((out.float() - picture).abs().mean() for out, picture in zip(drawn, pictures))
        loss.backward()
        optimiser.step()

    count = 50 if DEVICE == "cuda" else 3
    for _ in range(3):
        step()
    wait()
    begun = time.perf_counter()
    for _ in range(count):
        step()
    wait()
    print(f"torch {torch.__version__}, {DEVICE}, {name}: {count / (time.perf_counter() - begun):.2f} steps a second of 2 x {BATCH} faces")


if __name__ == "__main__":
    steps_a_second("fp32", torch.float32, torch.contiguous_format)
    steps_a_second("bf16, channels last", torch.bfloat16, torch.channels_last)
