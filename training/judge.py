"""The opponent of a network that shall look sharp: it learns to tell the network's patches from photographs.

It sees a picture and its differences across and down, in which blur and overshoot show, and judges each place by its
surroundings of some twenty pixels (a patch discriminator, Isola et al. 2017, with the hinge loss of Miyato et al. 2018).
No weights but its own; it is no part of the network that comes out.
"""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

RATE = 2e-4         # of its optimiser
GAIN = 4            # of the differences, which are as many times smaller than the picture


class Judge(nn.Module):
    """(N, 3, H, W) to one number for each 4x4 pixels, above zero for a photograph."""

    def __init__(self, channels=32):
        super().__init__()
        sizes = ((9, channels, 3, 1), (channels, 2 * channels, 4, 2), (2 * channels, 4 * channels, 4, 2),
                 (4 * channels, 4 * channels, 3, 1), (4 * channels, 1, 3, 1))
        self.convs = nn.ModuleList(spectral_norm(nn.Conv2d(i, o, k, s, 1)) for i, o, k, s in sizes)

    def forward(self, picture):
        across = F.pad(picture[..., 1:] - picture[..., :-1], (0, 1))
        down = F.pad(picture[..., 1:, :] - picture[..., :-1, :], (0, 0, 0, 1))
        x = torch.cat((picture, GAIN * across, GAIN * down), 1)
        for conv in self.convs[:-1]:
            x = F.leaky_relu(conv(x), 0.2)
        return self.convs[-1](x)


class Opponent:
    """The judge and how it learns."""

    def __init__(self, device, weight, bf16):
        self.judge = Judge().to(device).to(memory_format=torch.channels_last)
        self.cast = {'device_type': device.split(':')[0], 'dtype': torch.bfloat16, 'enabled': bf16}
        self.optimiser = torch.optim.Adam(self.judge.parameters(), lr=RATE, betas=(0.0, 0.99))
        self.weight = weight

    def verdict(self, pictures):
        with torch.autocast(**self.cast):
            return self.judge(pictures.contiguous(memory_format=torch.channels_last)).float()

    def loss(self, mended):
        """What the network is to make small: how surely the judge sees through it."""
        return -self.weight * self.verdict(mended).mean()

    def learn(self, mended, good):
        """One step, on what the network made and on the photographs."""
        loss = F.relu(1 - self.verdict(good)).mean() + F.relu(1 + self.verdict(mended)).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def state(self):
        return {'judge': self.judge.state_dict(), 'optimiser': self.optimiser.state_dict()}

    def load(self, state):
        self.judge.load_state_dict(state['judge'])
        self.optimiser.load_state_dict(state['optimiser'])
