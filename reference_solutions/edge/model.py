"""The network that all five models are made from."""

from torch import Tensor, nn

PIXELS, UNITS, CLASSES = 64, 256, 10
BRIGHTEST = 16.0


class DigitNet(nn.Module):
    """Scores [N, 10] for images [N, 64] with pixel values 0..16."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(PIXELS, UNITS),
            nn.ReLU(),
            nn.Linear(UNITS, UNITS),
            nn.ReLU(),
            nn.Linear(UNITS, CLASSES),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images / BRIGHTEST)

    def linears(self) -> list[nn.Linear]:
        """The layers that hold weights, from input to output."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]
