# Optimisers. Weights, moments and gradients stay fp32; all are changed in place.


def add_gradients(self, total: List[Tensor], more: List[Tensor]) -> None:
  torch._foreach_add_(total, more)


def clip(self, gradients: List[Tensor], limit: float) -> Tensor:
  # by the global norm (Pascanu et al. 2013, arXiv 1211.5063); -> the norm before clipping
  norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients)))
  torch._foreach_mul_(gradients, torch.clamp(limit / (norm + 1e-6), None, 1.))
  return norm


def adamw(self, weights: List[Tensor], gradients: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor], lr: float, beta1: float, beta2: float, decay: float, eps: float) -> None:
  # Loshchilov and Hutter 2017, arXiv 1711.05101
  torch._foreach_add_(steps, 1)
  torch._fused_adamw_(weights, gradients, m, v, annotate(List[Tensor], []), steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)


def orthogonalize(self, g: Tensor) -> Tensor:
  # the nearest semi-orthogonal matrix, by five Newton-Schulz steps in bf16 (type 15); g [n, rows, cols]
  x = torch.to(g, 15)
  tall = torch.gt(torch.size(g, -2), torch.size(g, -1))
  if tall:
    x = torch.transpose(x, -2, -1)
  x = x / (torch.linalg_vector_norm(x, 2, [-2, -1], True) + 1e-7)
  for _ in range(5):
    a = torch.matmul(x, torch.transpose(x, -2, -1))
    x = 3.4445 * x + torch.matmul(-4.7750 * a + 2.0315 * torch.matmul(a, a), x)
  if tall:
    x = torch.transpose(x, -2, -1)
  return torch.to(x, 6)


def muon(self, weights: List[Tensor], gradients: List[Tensor], momenta: List[Tensor], lr: float, momentum: float, decay: float) -> None:
  # Jordan et al. 2024, "Muon: an optimizer for hidden layers"; matrices of one shape go together
  torch._foreach_mul_(weights, 1. - lr * decay)
  torch._foreach_mul_(momenta, momentum)
  torch._foreach_add_(momenta, gradients, alpha=1. - momentum)
  start = 0
  while start < len(weights):
    end = start + 1
    while end < len(weights) and torch.size(weights[end]) == torch.size(weights[start]):
      end = end + 1
    g = torch.stack(torch.slice(gradients, start, end))
    ahead = torch.lerp(g, torch.stack(torch.slice(momenta, start, end)), momentum)
    rows, cols = torch.size(g, 1), torch.size(g, 2)
    scale = lr * torch.sqrt(max(1., float(rows) / float(cols)))
    updates = self.orthogonalize(ahead)
    for i in range(start, end):
      torch.sub_(weights[i], torch.select(updates, 0, i - start), alpha=scale)
    start = end
