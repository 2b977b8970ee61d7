# The reward of a reply and how it is learned, after Cheng et al. 2023, arXiv 2309.03126.
#
# parameters  the adapter, "heads" [M, D] or, where they read the length too, [M, D+1], and "biases" [M, 1]
# batch       that of decoder.packed_states, and
#   pool_token [N]     the token of each reply whose state is read; or
#   pool_max           (any tensor) the largest of all is read; without both, their mean
#   characters [N]     the replies' lengths, where the heads read them
#   reply_model [N]    which of a stack's models each reply goes to, where there is a stack
#   effects [M, D] or [M, D+1], effect_biases [M, 1]
#                      where sources have random effects: what each adds to the one head and its bias
# M heads, N replies, D hidden size, Tp tokens of prompts, Tr of replies


def pool(self, states: Tensor, batch: Dict[str, Tensor]) -> Tensor:
  # packed states [Tr, D] -> [N, D], fp32 (type 6)
  at = batch["reply_at"]
  if "pool_token" in batch:
    token = torch.flatten(torch.gather(at, 1, torch.unsqueeze(batch["pool_token"], 1)))
    return torch.to(torch.index_select(states, 0, token), 6)
  h = torch.to(self.pad(states, at), 6)
  token = torch.unsqueeze(torch.arange(torch.size(at, 1), dtype=4, device=h.device), 0)
  padding = torch.unsqueeze(torch.ge(token, torch.unsqueeze(batch["reply_length"], 1)), -1)
  if "pool_max" in batch:
    return torch.amax(torch.masked_fill(h, padding, -inf), [1])
  return torch.sum(torch.masked_fill(h, padding, 0.), [1]) / torch.unsqueeze(batch["reply_length"], -1)


def head_inputs(self, states: Tensor, batch: Dict[str, Tensor]) -> Tensor:
  # z = LayerNorm(h), and 4 (log(1 + characters) - 6) where heads read the length. LayerNorm is Ba et
  # al. 2016, arXiv 1607.06450, its affine part the head's. 6 is the logarithm of some 400 characters,
  # the middle of replies in chats; the unit, a length 28 % greater, is small, so that a head's weight
  # can become as strong as people's liking for length in as few steps as its others.
  # Packed states [Tr, D] -> [N, D] or [N, D+1], fp32
  z = self.pool(states, batch)
  z = torch.layer_norm(z, [torch.size(z, -1)])
  if "characters" in batch:
    z = torch.cat([z, torch.unsqueeze(4. * (torch.log1p(batch["characters"]) - 6.), 1)], 1)
  return z


def rewards(self, states: Tensor, batch: Dict[str, Tensor], heads: Tensor) -> Tensor:
  # r = <w, z>: packed states [Tr, D] -> [N, M], fp32
  z = self.head_inputs(states, batch)
  if torch.dim(heads) == 3:
    # of each reply's own model in a stack, [models, M, D]
    own = torch.index_select(heads, 0, batch["reply_model"])
    return torch.squeeze(torch.bmm(own, torch.unsqueeze(z, 2)), 2)
  return torch.linear(z, heads)


def score(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  return self.rewards(self.packed_states(batch, w, lora, shape, eps, False), batch, lora["heads"])


def reply_inputs(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  # z of each reply
  return self.head_inputs(self.packed_states(batch, w, lora, shape, eps, False), batch)


def ranking_loss(self, rewards: Tensor, batch: Dict[str, Tensor]) -> Tensor:
  # - sum weight log sigmoid(r_preferred - r_other - margin); a tie asks for a probability of one half.
  # rewards [N*M]; preferred, other: indices into it
  d = torch.index_select(rewards, 0, batch["preferred"]) - torch.index_select(rewards, 0, batch["other"]) - batch["margin"]
  return torch.sum(batch["weight"] * (torch.softplus(-d) + .5 * batch["tie"] * d))


def judgement_loss(self, rewards: Tensor, biases: Tensor, batch: Dict[str, Tensor]) -> Tensor:
  # - sum weight log sigmoid(s (r + b)): s is 1 where a reply was called good, -1 where bad, and b its
  # head's bias, since a reward alone has no zero
  r = torch.index_select(rewards, 0, batch["judged"]) + torch.index_select(torch.flatten(biases), 0, batch["judged_head"])
  return torch.sum(batch["judged_weight"] * torch.softplus(-batch["judged_sign"] * r))


def imitation_loss(self, states: Tensor, w: Dict[str, Tensor], batch: Dict[str, Tensor]) -> Tensor:
  # Next-token cross-entropy of preferred texts, the mean over a text's tokens, then over texts: each
  # token imitated_id after the state imitated has the weight 1 / (its text's tokens * texts).
  # states: packed, of prompts and replies, [Tp+Tr, D]
  logits = self.logits(torch.index_select(states, 0, batch["imitated"]), w)
  return torch.sum(batch["imitated_weight"] * torch.cross_entropy_loss(logits, batch["imitated_id"], None, 0))


def reward_gradients(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], parameters: Dict[str, Tensor], scaling: Tensor, shape: List[int], eps: float, imitation: float) -> Tuple[Tensor, Tensor, List[Tensor]]:
  # L = L_rank + L_judgement + imitation * L_LM; the weights of comparisons and judgements are divided
  # by their sum over the whole batch, of which this may be a part: losses and gradients add up.
  # -> the loss, the rewards [N, M] and the loss's gradients by the parameters
  torch.set_grad_enabled(True)
  lora = annotate(Dict[str, Tensor], {})
  leaves = annotate(List[Tensor], [])
  for name in list(parameters.keys()):
    leaf = torch.requires_grad_(torch.detach(parameters[name]), True)
    leaves.append(leaf)
    lora[name] = leaf
  lora["scaling"] = scaling
  imitate = "imitated" in batch
  h, inputs = self.learning_states(batch, w, lora, shape, eps, imitate)
  replies = h
  if imitate:
    replies = torch.slice(h, 0, torch.size(batch["prompt_ids"], 0))
  heads, biases = lora["heads"], lora["biases"]
  if "effects" in batch:
    heads, biases = heads + batch["effects"], biases + batch["effect_biases"]
  r = self.rewards(replies, batch, heads)
  loss = self.ranking_loss(torch.flatten(r), batch) + self.judgement_loss(torch.flatten(r), biases, batch)
  if imitate:
    loss = loss + imitation * self.imitation_loss(h, w, batch)
  g = self.learning_gradients(loss, h, inputs, batch, w, lora, leaves, shape, eps, imitate)
  torch.set_grad_enabled(False)
  return torch.detach(loss), torch.detach(r), g


def reward_update(self, loss: Tensor, g: List[Tensor], parameters: Dict[str, Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor], averages: List[Tensor], lr: float, beta1: float, beta2: float, decay: float, limit: float, average: float) -> Tensor:
  # One step of AdamW on the adapter and the heads, and of the running average that is served. Nothing
  # is changed where the loss or the gradient is not finite. -> the gradient's norm
  norm = self.clip(g, limit)
  if bool(torch.isfinite(loss + norm)):
    weights = list(parameters.values())
    self.adamw(weights, g, m, v, steps, lr, beta1, beta2, decay, 1e-8)
    torch._foreach_mul_(averages, average)
    torch._foreach_add_(averages, weights, alpha=1. - average)
  return norm
