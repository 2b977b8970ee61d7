# The user model and the personal losses: Li et al. 2024, "Personalized Language Modeling from
# Personalized Human Feedback", arXiv 2402.05133.
#
# A batch (see packed_states) holds each comparison as passes: one with its user's vectors, one with
# the generic user's. U users of a batch, the generic one not counted; T_u vectors a user; N replies;
# R numbers a row.
#
# p      what is learned: the adapter, and of the user model
#          "user.generic" [1, T_u*D]                       individual, or the one vector of all users
#          "user.clusters" [K, T_u*D], "user.logits" [1, K]  cluster; the logits are the generic user's
#          "user.rows" [U, R]                              the users of the batch; absent where rows are not learned
#          "heads" [1, D]                                  where a reward is learned and not a policy


def user_vectors(self, p: Dict[str, Tensor], tokens: int, offset: bool) -> Tensor:
  # f_im of the generic user, then of each row -> [1+U, T_u, D]
  if "user.clusters" in p:
    # softmax(z_i) V
    z = p["user.logits"]
    if "user.rows" in p:
      z = torch.cat([z, p["user.rows"]], 0)
    f = torch.matmul(torch.softmax(z, -1), p["user.clusters"])
  else:
    # e_0, and e_0 + o_i or o_i
    f = p["user.generic"]
    if "user.rows" in p:
      rows = p["user.rows"]
      if offset:
        rows = rows + f
      f = torch.cat([f, rows], 0)
  return torch.unflatten(f, -1, [tokens, -1])


def token_log_probs(self, h: Tensor, targets: Tensor, output: Tensor, learn: bool) -> Tensor:
  # log softmax(h output^T)[targets], fp32 [T]; h [T, D], output [V, D] (frozen).
  # The logits of some tokens at a time, in memory that is used again: [T, V] is never held, nor kept for
  # the gradient, which is output[targets] - sum_v p(v) output[v] in closed form (as Wijmans et al. 2024,
  # arXiv 2411.09009)
  states = torch.detach(h)
  normalizers = annotate(List[Tensor], [])
  means = annotate(List[Tensor], [])
  start = 0
  while start < torch.size(h, 0):
    p = torch.to(torch.linear(torch.slice(states, 0, start, start + 128), output), 6)
    most = torch.amax(p, [-1], True)
    p = torch.exp_(torch.sub_(p, most))
    total = torch.sum(p, [-1], True)
    normalizers.append(most + torch.log(total))
    if learn:
      means.append(torch.to(torch.matmul(torch.to(p, h.dtype), output), 6) / total)
    start = start + 128
  x = torch.to(h, 6)
  logit = torch.sum(x * torch.to(torch.index_select(output, 0, targets), 6), [-1])
  log_probs = logit - torch.squeeze(torch.cat(normalizers), -1)
  if learn:
    pull = torch.sum(x * torch.cat(means), [-1])
    log_probs = log_probs - (pull - torch.detach(pull))
  return log_probs


def reply_log_probs(self, states: Tensor, batch: Dict[str, Tensor], w: Dict[str, Tensor], learn: bool) -> Tensor:
  # log p of each reply's tokens but its first, which is the prompt's last: packed states -> [N], fp32
  at, length = batch["reply_at"], batch["reply_length"]
  n, longest = torch.size(at, 0), torch.size(at, 1)
  follows = torch.lt(torch.unsqueeze(torch.arange(longest - 1, dtype=4, device=at.device), 0), torch.unsqueeze(length - 1, 1))
  here = torch.masked_select(torch.slice(at, 1, 0, longest - 1), follows)
  after = torch.masked_select(torch.slice(at, 1, 1), follows)
  reply = torch.masked_select(torch.unsqueeze(torch.arange(n, dtype=4, device=at.device), 1), follows)
  name = "model.embed_tokens.weight"
  if "lm_head.weight" in w:
    name = "lm_head.weight"
  targets = torch.index_select(batch["reply_ids"], 0, after)
  tokens = self.token_log_probs(torch.index_select(states, 0, here), targets, w[name], learn)
  return torch.index_add(torch.zeros([n], dtype=6, device=at.device), 0, reply, tokens)


def reference_log_probs(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  # log pi_ref of each reply: the base alone -> [N]
  states = self.packed_states(batch, w, annotate(Dict[str, Tensor], {}), shape, eps, False)
  return self.reply_log_probs(states, batch, w, False)


def with_vectors(self, batch: Dict[str, Tensor], p: Dict[str, Tensor], tokens: int, offset: bool) -> Dict[str, Tensor]:
  # the batch with the "vectors" that the decoder reads, where users have any that are no heads
  inputs = annotate(Dict[str, Tensor], {})
  for name in list(batch.keys()):
    inputs[name] = batch[name]
  if tokens > 0 and not "user_of" in batch:
    inputs["vectors"] = self.user_vectors(p, tokens, offset)
  return inputs


def personal_outcomes(self, states: Tensor, batch: Dict[str, Tensor], w: Dict[str, Tensor], p: Dict[str, Tensor], offset: bool, learn: bool) -> Tensor:
  # What the losses compare, of each reply [N]: log pi(y|x,u) - log pi_ref(y|x) where the batch has
  # the "reference" [N], else the reward r(x,y,u). "user_of" [N] is each reply's user, where a user's
  # vector is the reward's head.
  if "reference" in batch:
    return self.reply_log_probs(states, batch, w, learn) - batch["reference"]
  if "user_of" in batch:
    # <e_u, h(x, y)>
    heads = torch.flatten(self.user_vectors(p, 1, offset), 1)
    return torch.squeeze(torch.gather(self.rewards(states, batch, heads), 1, torch.unsqueeze(batch["user_of"], 1)), 1)
  return torch.squeeze(self.rewards(states, batch, p["heads"]), 1)


def personal_loss(self, outcomes: Tensor, batch: Dict[str, Tensor], ipo: bool, beta: float, tau: float, shift: float) -> Tensor:
  # sum of weight * loss over the comparisons and judgements of all passes; the weights hold alpha
  # and 1 - alpha, and the sum of the whole batch's is 1.
  loss = torch.zeros([], dtype=6, device=outcomes.device)
  if "preferred" in batch:
    # "target": how probably the preferred reply is the better one; 1/2 is a tie
    d = torch.index_select(outcomes, 0, batch["preferred"]) - torch.index_select(outcomes, 0, batch["other"])
    target = batch["target"]
    if ipo:
      # (d - 1/(2 tau))^2: Azar et al. 2023, arXiv 2310.12036
      miss = d - (target * 2. - 1.) / (2. * tau)
      each = miss * miss
    else:
      # -log sigmoid(beta d - margin): Rafailov et al. 2023, arXiv 2305.18290; the margin is that of
      # Amini et al. 2024, arXiv 2402.10571
      s = d * beta - batch["margin"]
      each = torch.softplus(-s) + (1. - target) * s
    loss = loss + torch.sum(batch["weight"] * each)
  if "judged" in batch:
    # -log sigmoid(+-(beta r - shift)): Jung et al. 2024, arXiv 2404.04656
    s = torch.index_select(outcomes, 0, batch["judged"]) * beta - shift
    each = torch.softplus(-s) + (1. - batch["judged_target"]) * s
    loss = loss + torch.sum(batch["judged_weight"] * each)
  return loss


def personal_gradients(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], learned: Dict[str, Tensor], frozen: Dict[str, Tensor], shape: List[int], eps: float, tokens: int, offset: bool, ipo: bool, beta: float, tau: float, shift: float) -> Tuple[Tensor, Tensor, List[Tensor]]:
  # -> the loss, the outcomes [N] and the loss's gradients by what is learned
  torch.set_grad_enabled(True)
  p, leaves = self.with_leaves(learned, frozen)
  inputs = self.with_vectors(batch, p, tokens, offset)
  states, layers = self.learning_states(inputs, w, p, shape, eps, False)
  outcomes = self.personal_outcomes(states, batch, w, p, offset, True)
  loss = self.personal_loss(outcomes, batch, ipo, beta, tau, shift)
  g = self.learning_gradients(loss, states, layers, inputs, w, p, leaves, shape, eps, False)
  torch.set_grad_enabled(False)
  return torch.detach(loss), torch.detach(outcomes), g


def row_gradients(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], rows: Tensor, frozen: Dict[str, Tensor], shape: List[int], eps: float, tokens: int, offset: bool) -> Tuple[Tensor, Tensor]:
  # The outcomes' difference d [P] of each comparison, and its gradient by the user's row [P, R]. Each
  # comparison has a row of its own, so that one backward pass gives all gradients.
  torch.set_grad_enabled(True)
  learned = annotate(Dict[str, Tensor], {})
  learned["user.rows"] = rows
  p, leaves = self.with_leaves(learned, frozen)
  inputs = self.with_vectors(batch, p, tokens, offset)
  states, layers = self.learning_states(inputs, w, p, shape, eps, False)
  outcomes = self.personal_outcomes(states, batch, w, p, offset, True)
  d = torch.index_select(outcomes, 0, batch["preferred"]) - torch.index_select(outcomes, 0, batch["other"])
  g = self.learning_gradients(torch.sum(d), states, layers, inputs, w, p, leaves, shape, eps, False)
  torch.set_grad_enabled(False)
  return torch.detach(d), g[0]


def with_leaves(self, learned: Dict[str, Tensor], frozen: Dict[str, Tensor]) -> Tuple[Dict[str, Tensor], List[Tensor]]:
  # both dictionaries in one; the learned tensors as leaves that gradients can be taken by
  all = annotate(Dict[str, Tensor], {})
  leaves = annotate(List[Tensor], [])
  for name in list(frozen.keys()):
    all[name] = frozen[name]
  for name in list(learned.keys()):
    leaf = torch.requires_grad_(torch.detach(learned[name]), True)
    leaves.append(leaf)
    all[name] = leaf
  return all, leaves


def adam_rows(self, rows: Tensor, gradients: Tensor, m: Tensor, v: Tensor, steps: Tensor, lr: float, beta1: float, beta2: float, eps: float) -> None:
  # Kingma and Ba 2014, arXiv 1412.6980, in place; rows [U, R], and each counts its own steps [U, 1]
  torch.add_(steps, 1)
  torch.add_(torch.mul_(m, beta1), gradients, alpha=1. - beta1)
  torch.addcmul_(torch.mul_(v, beta2), gradients, gradients, value=1. - beta2)
  mean = m / (1. - torch.pow(beta1, steps))
  square = v / (1. - torch.pow(beta2, steps))
  torch.sub_(rows, mean / (torch.sqrt(square) + eps), alpha=lr)


def personal_scores(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], rows: Dict[str, Tensor], frozen: Dict[str, Tensor], shape: List[int], eps: float, tokens: int, offset: bool) -> Tensor:
  # the outcomes [N], without gradients
  p = annotate(Dict[str, Tensor], {})
  for name in list(frozen.keys()):
    p[name] = frozen[name]
  for name in list(rows.keys()):
    p[name] = rows[name]
  states = self.packed_states(self.with_vectors(batch, p, tokens, offset), w, p, shape, eps, False)
  return self.personal_outcomes(states, batch, w, p, offset, False)


def rows_at(self, x: Tensor, at: Tensor) -> Tensor:
  # x [U, ...], at [N] -> [N, ...]
  return torch.index_select(x, 0, at)


def embedding_scale(self, w: Dict[str, Tensor]) -> Tensor:
  # the root of the mean square of the input embeddings: what users' vectors are measured by
  x = w["model.embed_tokens.weight"]
  return torch.linalg_vector_norm(x, 2, None, False, dtype=6) / torch.sqrt(torch.numel(x))
