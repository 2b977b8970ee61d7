# Stage 1: the small base learns to predict the next token.


def language_model_step(self, ids: Tensor, tables: Dict[str, Tensor], matrices: Dict[str, Tensor], rest: Dict[str, Tensor], momenta: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor], compute: int, scale: float, shape: List[int], eps: float, matrix_lr: float, rest_lr: float, momentum: float, matrix_decay: float, limit: float) -> Tensor:
  # One step on ids [B, S+1]; matrices go by Muon, embeddings and norms by AdamW. -> the loss, in nats
  # a token. Input embeddings are multiplied by `scale`.
  torch.set_grad_enabled(True)
  leaves = annotate(List[Tensor], [])
  w = annotate(Dict[str, Tensor], {})
  for name in list(tables.keys()):
    w[name] = tables[name]
  for name in list(matrices.keys()):
    leaf = torch.requires_grad_(torch.detach(matrices[name]), True)
    leaves.append(leaf)
    w[name] = torch.to(leaf, compute)
  for name in list(rest.keys()):
    leaf = torch.requires_grad_(torch.detach(rest[name]), True)
    leaves.append(leaf)
    w[name] = torch.to(leaf, compute)
  for i in range(shape[0]):
    layer = "model.layers." + str(i)
    a, f = layer + ".self_attn.", layer + ".mlp."
    w[a + "qkv_proj.weight"] = torch.cat([w[a + "q_proj.weight"], w[a + "k_proj.weight"], w[a + "v_proj.weight"]])
    w[f + "gate_up_proj.weight"] = torch.cat([w[f + "gate_proj.weight"], w[f + "up_proj.weight"]])
  s = torch.size(ids, 1) - 1
  x = self.embed(torch.slice(ids, 1, 0, s), w) * scale
  h = self.text_states(x, w, annotate(Dict[str, Tensor], {}), shape, eps)
  # logits stay in the compute type: they are most of a small model's memory traffic
  logits = torch.flatten(torch.linear(h, w["model.embed_tokens.weight"]), 0, 1)
  loss = torch.cross_entropy_loss(logits, torch.flatten(torch.slice(ids, 1, 1)))
  gradients = self.gradients(loss, leaves)
  torch.set_grad_enabled(False)
  norm = self.clip(gradients, limit)
  n = len(matrices)
  self.muon(list(matrices.values()), torch.slice(gradients, 0, n), momenta, matrix_lr, momentum, matrix_decay)
  self.adamw(list(rest.values()), torch.slice(gradients, n), m, v, steps, rest_lr, .9, .95, 0., 1e-8)
  return torch.to(torch.detach(loss), 6)


def gradients(self, loss: Tensor, leaves: List[Tensor]) -> List[Tensor]:
  return self.gradients_of(loss, torch.ones_like(loss), leaves)
