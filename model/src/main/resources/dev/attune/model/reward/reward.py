# The reward of a reply: LayerNorm (Ba et al. 2016, arXiv 1607.06450; its affine part is the head's) of
# the mean of the reply's last hidden states, and a linear head without bias (Cheng et al. 2023,
# arXiv 2309.03126).


def rewards(self, states: Tensor, batch: Dict[str, Tensor], heads: Tensor) -> Tensor:
  # packed states [Tr, D], heads [M, D] -> [N, M], fp32
  at, length = batch["reply_at"], batch["reply_length"]
  h = torch.to(self.pad(states, at), 6)
  real = torch.lt(torch.unsqueeze(torch.arange(torch.size(at, 1), dtype=4, device=h.device), 0), torch.unsqueeze(length, 1))
  total = torch.sum(torch.masked_fill(h, torch.logical_not(torch.unsqueeze(real, -1)), 0.), [1])
  z = total / torch.unsqueeze(length, -1)
  return torch.linear(torch.layer_norm(z, [torch.size(z, -1)]), heads)


def score(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  return self.rewards(self.packed_states(batch, w, lora, shape, eps, False), batch, lora["heads"])


def ranking_loss(self, rewards: Tensor, batch: Dict[str, Tensor]) -> Tensor:
  # - mean log sigmoid(r_i - r_j - margin), weighted; a tie asks for a probability of one half.
  # rewards [N*M]; preferred, other: indices into it
  d = torch.index_select(rewards, 0, batch["preferred"]) - torch.index_select(rewards, 0, batch["other"]) - batch["margin"]
  loss = torch.softplus(-d) + .5 * batch["tie"] * d
  return torch.sum(batch["weight"] * loss) / torch.clamp(torch.sum(batch["weight"]), 1e-6)


def reward_loss(self, states: Tensor, rewards: Tensor, batch: Dict[str, Tensor], w: Dict[str, Tensor], imitation: float) -> Tensor:
  # L = L_rank + imitation * L_LM; L_LM is the cross-entropy of the tokens "targets" after the states
  # "imitated", both of preferred replies
  loss = self.ranking_loss(torch.flatten(rewards), batch)
  if imitation > 0. and torch.numel(batch["targets"]) > 0:
    logits = self.logits(torch.index_select(states, 0, batch["imitated"]), w)
    loss = loss + imitation * torch.cross_entropy_loss(logits, batch["targets"])
  return loss


def reward_gradients(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], parameters: Dict[str, Tensor], scaling: Tensor, shape: List[int], eps: float, imitation: float) -> Tuple[Tensor, Tensor, List[Tensor]]:
  # -> the loss, the rewards [N, M] and the loss's gradients by the parameters: the adapter and "heads"
  torch.set_grad_enabled(True)
  lora = annotate(Dict[str, Tensor], {})
  leaves = annotate(List[Tensor], [])
  for name in list(parameters.keys()):
    leaf = torch.requires_grad_(torch.detach(parameters[name]), True)
    leaves.append(leaf)
    lora[name] = leaf
  lora["scaling"] = scaling
  h = self.packed_states(batch, w, lora, shape, eps, False)
  r = self.rewards(h, batch, lora["heads"])
  loss = self.reward_loss(h, r, batch, w, imitation)
  g = self.gradients(loss, leaves)
  torch.set_grad_enabled(False)
  return torch.detach(loss), torch.detach(r), g


def reward_step(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], parameters: Dict[str, Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor], averages: List[Tensor], scaling: Tensor, shape: List[int], eps: float, lr: float, beta1: float, beta2: float, decay: float, limit: float, imitation: float, average: float) -> List[Tensor]:
  # One step of AdamW on the adapter and the heads, and of the running average that is served.
  # -> the loss, the gradient's norm, and the rewards [N, M] before the step; nothing is changed
  # where the loss or the norm is not finite
  loss, r, g = self.reward_gradients(batch, w, parameters, scaling, shape, eps, imitation)
  norm = self.clip(g, limit)
  if bool(torch.isfinite(loss + norm)):
    weights = list(parameters.values())
    self.adamw(weights, g, m, v, steps, lr, beta1, beta2, decay, 1e-8)
    torch._foreach_mul_(averages, average)
    torch._foreach_add_(averages, weights, alpha=1. - average)
  return [loss, norm, r]
