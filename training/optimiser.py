"""Muon (Keller Jordan, 2024) for the convolutions, Adam for the biases.

A picture's brightness dwarfs its detail, so a step along the plain gradient, or along Adam's, moves
few directions of a layer's input space and leaves the rest behind. Muon moves all of them alike:
it takes the momentum of a weight as a matrix (out, in*9) and replaces it by the nearest orthogonal one.
"""
import torch


def orthogonal(matrix, iterations=5):
    """About U V^T of matrix = U S V^T, by a Newton-Schulz iteration with Jordan's quintic.

    The iterate stays a polynomial in the Gram matrix times the matrix; iterating on that small square
    polynomial alone spares most of the products.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    gram = x @ x.T
    polynomial = torch.eye(len(gram), device=x.device)
    for _ in range(iterations):
        square = polynomial @ gram @ polynomial.T
        polynomial = a * polynomial + (b * square + c * square @ square) @ polynomial
    x = polynomial @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Steps of `lr` times the orthogonalised Nesterov momentum, for parameters of 2 and more dimensions."""

    def __init__(self, parameters, lr, momentum=0.95):
        super().__init__(parameters, {'lr': lr, 'momentum': momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group['params']:
                state = self.state[p]
                if 'momentum' not in state:
                    state['momentum'] = torch.zeros_like(p)
                momentum = state['momentum'].lerp_(p.grad, 1 - group['momentum'])
                update = p.grad.lerp(momentum, group['momentum'])
                update = orthogonal(update.reshape(len(p), -1)).view(p.shape)
                p.add_(update, alpha=-group['lr'])


def both(net):
    """[Muon for the weights, Adam for the biases]; the caller sets the rates."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    return [Muon(weights, lr=0), torch.optim.Adam(biases, lr=0, betas=(0.9, 0.99))]
