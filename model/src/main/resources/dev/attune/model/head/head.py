# What linear heads of users read: features of replies from the frozen base, and the directions in
# which they vary.


def reply_features(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  # -> [N, 2D], fp32: the mean of each reply's last hidden states, and the last of them
  at, length = batch["reply_at"], batch["reply_length"]
  h = torch.to(self.pad(self.packed_states(batch, w, lora, shape, eps, False), at), 6)
  steps = torch.unsqueeze(torch.arange(torch.size(at, 1), dtype=4, device=h.device), 0)
  n = torch.unsqueeze(length, 1)
  real = torch.unsqueeze(torch.lt(steps, n), -1)
  last = torch.unsqueeze(torch.eq(steps, n - 1), -1)
  total = torch.sum(torch.masked_fill(h, torch.logical_not(real), 0.), [1])
  end = torch.sum(torch.masked_fill(h, torch.logical_not(last), 0.), [1])
  return torch.cat([total / n, end], 1)


def principal_directions(self, x: Tensor, count: int) -> Tuple[Tensor, Tensor]:
  # x [n, d] -> its first right singular vectors [count, d], and their singular values [count]
  u, s, v = torch.linalg_svd(x, False)
  return torch.slice(v, 0, 0, count), torch.slice(s, 0, 0, count)
