"""The network that is made small later: 64 pixels, three wide layers, 10 scores."""

from torch import Tensor, nn

from pictures import BRIGHTEST, SIDE

WIDTH = 1024  # units of a layer: 2.2 million weights in all, 8.7 MB
LAYERS = 3


class Layer(nn.Module):
    """`x @ weight + bias`.

    Exported, this is a MatMul and an Add, which every quantiser takes. PyTorch's own linear layer
    becomes a Gemm with a transposed weight, which some of them leave as it is.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        made = nn.Linear(inputs, outputs)
        self.weight = nn.Parameter(made.weight.detach().T.contiguous())
        self.bias = nn.Parameter(made.bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Scaled(nn.Module):
    """Pixel values from 0..16 to 0..1: part of the model, so that nobody has to remember it."""

    def forward(self, x: Tensor) -> Tensor:
        return x / BRIGHTEST


def make_network() -> nn.Sequential:
    """Pictures [N, 64] in 0..16 to logits [N, 10]."""
    network = nn.Sequential(Scaled())
    inputs = SIDE * SIDE
    for _ in range(LAYERS):
        network.extend([Layer(inputs, WIDTH), nn.ReLU()])
        inputs = WIDTH
    return network.append(Layer(inputs, 10))
