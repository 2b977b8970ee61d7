# A decoder language model of the Llama family (Touvron et al. 2023, arXiv 2302.13971), after
# Vaswani et al. 2017: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
#
# w        the frozen weights under their Hugging Face names, in the compute type, save that q, k, v and
#          gate, up each stand in one matrix, "self_attn.qkv_proj" and "mlp.gate_up_proj"; and the
#          rotation's tables "rotary.cos", "rotary.sin" [positions, C/2] in fp32
# lora     what is learned beside them: <linear>.lora_A [r, in], <linear>.lora_B [out, r] and "scaling"
#          [1]; for several adapters stacked, [M, r, in], [M, out, r], [M]. A linear layer without an
#          entry has no adapter; empty where the base is used as it is
# context  what all layers share: cos, sin, the masks, for several adapters which one each block of
#          tokens takes, and in training the adapters' dropout
# shape    [layers, query heads, key/value heads, window of each layer or 0]
# T tokens, D hidden size, H query heads, K key/value heads, C = head size, B rows, S = their length


def rms_norm(self, x: Tensor, weight: Tensor, eps: float) -> Tensor:
  # Zhang and Sennrich 2019, arXiv 1910.07467; the root of the mean square is taken in fp32 (type 6)
  norm = torch.linalg_vector_norm(x, 2, [-1], True, dtype=6)
  scale = torch.rsqrt(norm * norm / torch.size(x, -1) + eps)
  return torch.mul_(x * torch.to(scale, x.dtype), weight)


def linear(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], context: Dict[str, Tensor], layer: str, name: str, parts: List[str], sizes: List[int]) -> Tensor:
  # Wx + b [..., sum of sizes] of one linear layer, or of several with the same input that stand in one
  # matrix, and beside it (alpha/r) B A x: Hu et al. 2021, arXiv 2106.09685
  bias = annotate(Optional[Tensor], None)
  if (layer + name + ".bias") in w:
    bias = w[layer + name + ".bias"]
  y = torch.linear(x, w[layer + name + ".weight"], bias)
  rank = 0
  stacked = annotate(List[int], [])
  for part in parts:
    if (layer + part + ".lora_A") in lora:
      a = lora[layer + part + ".lora_A"]
      rank = rank + torch.size(a, -2)
      stacked = torch.slice(torch.size(a), 0, torch.dim(a) - 2)
  if rank == 0:
    return y
  # all A below one another, and B as a block diagonal beside them
  down = annotate(List[Tensor], [])
  up = annotate(List[Tensor], [])
  before = 0
  for j in range(len(parts)):
    part = layer + parts[j]
    if (part + ".lora_A") in lora:
      a, b = lora[part + ".lora_A"], lora[part + ".lora_B"]
      r = torch.size(a, -2)
      down.append(a)
      up.append(torch.constant_pad_nd(b, [before, rank - before - r], 0))
      before = before + r
    else:
      up.append(torch.zeros(stacked + [sizes[j], rank], dtype=6, device=x.device))
  a = torch.to(torch.cat(down, -2), x.dtype)
  flat, base = torch.flatten(x, 0, -2), torch.flatten(y, 0, -2)
  if "dropout" in context:
    flat = self.lora_dropout(flat, float(context["dropout"]), self.dropout_seed(int(context["dropout_seed"]), layer + name))
  if len(stacked) == 0:
    b = torch.to(torch.cat(up, -2) * lora["scaling"], x.dtype)
    sum = torch.addmm_(base, torch.linear(flat, a), torch.t(b))
  else:
    # each block of tokens with its own adapter: gathered, not looped
    which = context["adapter"]
    b = torch.to(torch.cat(up, -2) * torch.reshape(lora["scaling"], [-1, 1, 1]), x.dtype)
    blocks = torch.size(which, 0)
    z = torch.bmm(torch.reshape(flat, [blocks, -1, torch.size(flat, -1)]), torch.transpose(torch.index_select(a, 0, which), 1, 2))
    sum = torch.baddbmm(torch.reshape(base, [blocks, -1, torch.size(base, -1)]), z, torch.transpose(torch.index_select(b, 0, which), 1, 2))
  return torch.reshape(sum, torch.size(y))


def rotation(self, context: Dict[str, Tensor], cos: Tensor, sin: Tensor, like: Tensor) -> None:
  # puts what rotate takes, [..., 1, C], from the tables' rows [..., C/2]
  context["cos"] = torch.unsqueeze(torch.to(torch.cat([cos, cos], -1), like.dtype), -2)
  context["sin"] = torch.unsqueeze(torch.to(torch.cat([-sin, sin], -1), like.dtype), -2)


def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
  # Su et al. 2021, arXiv 2104.09864, in the half-split layout: x [..., heads, C]. Whole heads at once,
  # beside themselves with their halves swapped: faster than half after half
  swapped = torch.roll(x, [torch.floordiv(torch.size(x, -1), 2)], [-1])
  return torch.addcmul_(x * cos, swapped, sin)


def queries_keys_values(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], context: Dict[str, Tensor], layer: str, shape: List[int], eps: float) -> Tensor:
  # [..., D] -> [..., H+2K, C], queries and keys rotated
  h, k = shape[1], shape[2]
  x = self.rms_norm(x, w[layer + ".input_layernorm.weight"], eps)
  size = torch.floordiv(torch.size(w[layer + ".self_attn.qkv_proj.weight"], 0), h + 2 * k)
  y = self.linear(x, w, lora, context, layer, ".self_attn.qkv_proj", [".self_attn.q_proj", ".self_attn.k_proj", ".self_attn.v_proj"], [h * size, k * size, k * size])
  qk, v = torch.split_with_sizes(torch.unflatten(y, -1, [h + 2 * k, size]), [h + k, k], -2)
  if (layer + ".self_attn.q_norm.weight") in w:
    # Qwen3 normalises each query and key head
    q_norm = torch.expand(w[layer + ".self_attn.q_norm.weight"], [h, size])
    k_norm = torch.expand(w[layer + ".self_attn.k_norm.weight"], [k, size])
    qk = self.rms_norm(qk, torch.cat([q_norm, k_norm]), eps)
  return torch.cat([self.rotate(qk, context["cos"], context["sin"]), v], -2)


def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor]) -> Tensor:
  # q [B, S, H, C]; k, v [B, S', K, C] -> [B, S, H*C]; causal where there is no mask.
  # H/K query heads share a key/value head: Ainslie et al. 2023, arXiv 2305.13245
  share = torch.floordiv(torch.size(q, 2), torch.size(k, 2))
  if share > 1:
    k = torch.repeat_interleave(k, share, 2)
    v = torch.repeat_interleave(v, share, 2)
  q, k, v = torch.transpose(q, 1, 2), torch.transpose(k, 1, 2), torch.transpose(v, 1, 2)
  if torch.size(k, 2) > 512 or not q.requires_grad:
    # never hold the whole matrix (Dao et al. 2022, arXiv 2205.14135); backwards, that is the slower
    # way for short texts
    y = torch.scaled_dot_product_attention(q, k, v, mask, 0., mask is None)
  else:
    hidden = mask
    if hidden is None:
      hidden = self.causal_mask(torch.size(q, 2), 0, q)
    scores = torch.matmul(q * torch.pow(torch.size(q, 3), -0.5), torch.transpose(k, 2, 3))
    y = torch.matmul(torch.softmax(torch.add_(scores, hidden), -1), v)
  return torch.flatten(torch.transpose(y, 1, 2), 2)


def output(self, x: Tensor, y: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], context: Dict[str, Tensor], layer: str, eps: float) -> Tensor:
  # attention's result y joins x, and then that of SwiGLU: Shazeer 2020, arXiv 2002.05202
  d = torch.size(x, -1)
  x = x + self.linear(y, w, lora, context, layer, ".self_attn.o_proj", [".self_attn.o_proj"], [d])
  h = self.rms_norm(x, w[layer + ".post_attention_layernorm.weight"], eps)
  wide = torch.floordiv(torch.size(w[layer + ".mlp.gate_up_proj.weight"], 0), 2)
  both = self.linear(h, w, lora, context, layer, ".mlp.gate_up_proj", [".mlp.gate_proj", ".mlp.up_proj"], [wide, wide])
  gate, up = torch.split_with_sizes(both, [wide, wide], -1)
  return x + self.linear(torch.silu(gate) * up, w, lora, context, layer, ".mlp.down_proj", [".mlp.down_proj"], [d])


def causal_mask(self, length: int, window: int, like: Tensor) -> Tensor:
  # [S, S]: what a token may see is itself and, of those before it, the nearest window - 1, or all
  seen = torch.tril(torch.ones([length, length], dtype=11, device=like.device))
  if window > 0:
    seen = torch.triu(seen, 1 - window)
  return torch.masked_fill(torch.zeros([length, length], dtype=like.dtype, device=like.device), torch.logical_not(seen), -inf)


def text_states(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  # Whole texts of one length: input embeddings x [B, S, D] -> last hidden states [B, S, D]
  h, k = shape[1], shape[2]
  length = torch.size(x, 1)
  context = annotate(Dict[str, Tensor], {})
  self.rotation(context, torch.slice(w["rotary.cos"], 0, 0, length), torch.slice(w["rotary.sin"], 0, 0, length), x)
  for i in range(shape[0]):
    layer = "model.layers." + str(i)
    mask = annotate(Optional[Tensor], None)
    if shape[3 + i] > 0:
      mask = self.causal_mask(length, shape[3 + i], x)
    q, keys, v = torch.split_with_sizes(self.queries_keys_values(x, w, lora, context, layer, shape, eps), [h, k, k], 2)
    x = self.output(x, self.attend(q, keys, v, mask), w, lora, context, layer, eps)
  return self.rms_norm(x, w["model.norm.weight"], eps)


def pad(self, x: Tensor, at: Tensor) -> Tensor:
  # rows of packed tokens x [T, ...] laid out as at [B, S] says -> [B, S, ...]
  return torch.unflatten(torch.index_select(x, 0, torch.flatten(at)), 0, [torch.size(at, 0), torch.size(at, 1)])


def reply_mask(self, prompt_length: Tensor, prompts: int, replies: int, window: int, like: Tensor) -> Tensor:
  # What a reply's token may see: its prompt's real tokens, then its own past, of both the nearest
  # window - 1 where there is a window. [N] -> [N, 1, R, P+R]
  device = like.device
  n = torch.size(prompt_length, 0)
  p = torch.reshape(torch.arange(prompts, dtype=4, device=device), [1, 1, -1])
  r = torch.reshape(torch.arange(replies, dtype=4, device=device), [1, -1, 1])
  length = torch.reshape(prompt_length, [-1, 1, 1])
  prompt = torch.expand(torch.lt(p, length), [n, replies, prompts])
  past = torch.tril(torch.ones([replies, replies], dtype=11, device=device))
  if window > 0:
    prompt = torch.logical_and(prompt, torch.lt(length + r - p, window))
    past = torch.triu(past, 1 - window)
  seen = torch.cat([prompt, torch.expand(torch.unsqueeze(past, 0), [n, replies, replies])], 2)
  hidden = torch.zeros([n, replies, prompts + replies], dtype=like.dtype, device=device)
  return torch.unsqueeze(torch.masked_fill(hidden, torch.logical_not(seen), -inf), 1)


def input_embeddings(self, batch: Dict[str, Tensor], w: Dict[str, Tensor]) -> Tensor:
  # [T, D]; with "vectors" [U, T_u, D] of users: where the batch has "added", T_u is 1 and each token's
  # user's vector is added, otherwise the vectors take the slots of the soft prompts
  x = torch.embedding(w["model.embed_tokens.weight"], torch.cat([batch["prompt_ids"], batch["reply_ids"]]))
  if "vectors" in batch:
    vectors = torch.flatten(torch.to(batch["vectors"], x.dtype), 0, 1)
    if "added" in batch:
      x = x + torch.index_select(vectors, 0, batch["user"])
    else:
      x = torch.index_copy(x, 0, batch["slot_at"], torch.index_select(vectors, 0, batch["slot_of"]))
  return x


def packed_context(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], shape: List[int], like: Tensor) -> Dict[str, Tensor]:
  context = annotate(Dict[str, Tensor], {})
  if "cos" in batch:
    cos, sin = batch["cos"], batch["sin"]
  else:
    cos = torch.index_select(w["rotary.cos"], 0, batch["positions"])
    sin = torch.index_select(w["rotary.sin"], 0, batch["positions"])
  self.rotation(context, cos, sin, like)
  prompts, replies = torch.size(batch["prompt_at"], 1), torch.size(batch["reply_at"], 1)
  length = torch.index_select(batch["prompt_length"], 0, batch["owner"])
  for i in range(shape[0]):
    window = shape[3 + i]
    if not ("reply_mask." + str(window)) in context:
      context["reply_mask." + str(window)] = self.reply_mask(length, prompts, replies, window, like)
      if window > 0:
        context["prompt_mask." + str(window)] = self.causal_mask(prompts, window, like)
  for name in ["adapter", "dropout", "dropout_seed"]:
    if name in batch:
      context[name] = batch[name]
  return context


def packed_layer(self, x: Tensor, i: int, batch: Dict[str, Tensor], context: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float, prompts: bool) -> Tensor:
  # Layer i: [Tp+Tr, D] -> the same, or [Tr, D] where the prompts' states are not wanted
  h, k = shape[1], shape[2]
  layer = "model.layers." + str(i)
  window = str(shape[3 + i])
  y = self.queries_keys_values(x, w, lora, context, layer, shape, eps)
  qp, kp, vp = torch.split_with_sizes(self.pad(y, batch["prompt_at"]), [h, k, k], 2)
  qr, kr, vr = torch.split_with_sizes(self.pad(y, batch["reply_at"] + torch.size(batch["prompt_ids"], 0)), [h, k, k], 2)
  ks = torch.cat([torch.index_select(kp, 0, batch["owner"]), kr], 1)
  vs = torch.cat([torch.index_select(vp, 0, batch["owner"]), vr], 1)
  replies = torch.flatten(self.attend(qr, ks, vs, context["reply_mask." + window]), 0, 1)
  if prompts:
    mask = annotate(Optional[Tensor], None)
    if ("prompt_mask." + window) in context:
      mask = context["prompt_mask." + window]
    both = torch.cat([torch.flatten(self.attend(qp, kp, vp, mask), 0, 1), replies], 0)
    return self.output(x, torch.index_select(both, 0, batch["unpad"]), w, lora, context, layer, eps)
  tp = torch.size(batch["prompt_ids"], 0)
  rest = annotate(Dict[str, Tensor], {})
  for name in list(context.keys()):
    rest[name] = context[name]
  if "adapter" in context:
    which = context["adapter"]
    size = torch.floordiv(torch.size(x, 0), torch.size(which, 0))
    rest["adapter"] = torch.slice(which, 0, torch.floordiv(tp, size))
  unpad = torch.slice(batch["unpad"], 0, tp) - torch.numel(batch["prompt_at"])
  return self.output(torch.slice(x, 0, tp), torch.index_select(replies, 0, unpad), w, lora, rest, layer, eps)


def packed_states(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float, prompts: bool) -> Tensor:
  # E prompts, each read once, and the N replies to them: Tp + Tr packed tokens, no padding outside
  # attention. -> the last hidden states, packed: [Tp+Tr, D], or the replies' alone [Tr, D]. The batch:
  #
  # prompt_ids [Tp], reply_ids [Tr]
  # positions [Tp+Tr]   a reply's go on where its prompt's end
  # prompt_at [E, P]    where in the prompts' tokens each prompt's are; one of its own in padding
  # prompt_length [E]
  # reply_at [N, R]     the same for the replies
  # reply_length [N]
  # owner [N]           the prompt that each reply answers
  # unpad [Tp+Tr]       where in [E*P + N*R] each packed token is
  # and where they are needed: cos, sin [Tp+Tr, C/2] in place of the tables; adapter [blocks of tokens];
  # vectors, user [Tp+Tr] or slot_at, slot_of [slots]: see input_embeddings; dropout [1], dropout_seed [1]
  x = self.input_embeddings(batch, w)
  context = self.packed_context(batch, w, shape, x)
  for i in range(shape[0]):
    x = self.packed_layer(x, i, batch, context, w, lora, shape, eps, prompts or i < shape[0] - 1)
  return self.rms_norm(x, w["model.norm.weight"], eps)


def learning_states(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float, prompts: bool) -> Tuple[Tensor, List[Tensor]]:
  # packed_states, and what learning_gradients needs: nothing, or, where the batch has "checkpoint" (any
  # tensor), each layer's input and what the last one gave. All else is computed once more on the way
  # back: activation checkpointing (Chen et al. 2016, arXiv 1604.06174)
  inputs = annotate(List[Tensor], [])
  if not "checkpoint" in batch:
    return self.packed_states(batch, w, lora, shape, eps, prompts), inputs
  torch.set_grad_enabled(False)
  x = self.input_embeddings(batch, w)
  context = self.packed_context(batch, w, shape, x)
  inputs.append(x)
  for i in range(shape[0]):
    x = self.packed_layer(x, i, batch, context, w, lora, shape, eps, prompts or i < shape[0] - 1)
    inputs.append(x)
  torch.set_grad_enabled(True)
  h = self.rms_norm(x, w["model.norm.weight"], eps)
  return torch.requires_grad_(h, True), inputs


def learning_gradients(self, loss: Tensor, h: Tensor, inputs: List[Tensor], batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], leaves: List[Tensor], shape: List[int], eps: float, prompts: bool) -> List[Tensor]:
  # of a loss of the states h, by leaves that it, the adapter or the batch depends on
  if len(inputs) == 0:
    return self.gradients(loss, leaves)
  found = self.gradients(loss, torch.add([h], leaves))
  totals = self.layer_gradients(inputs, found[0], batch, w, lora, leaves, shape, eps, prompts)
  torch._foreach_add_(totals, torch.slice(found, 1))
  return totals


def layer_gradients(self, inputs: List[Tensor], gradient: Tensor, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], leaves: List[Tensor], shape: List[int], eps: float, prompts: bool) -> List[Tensor]:
  # Layer by layer backwards, each computed once more. gradient: the loss's by the last states
  totals = annotate(List[Tensor], [])
  for leaf in leaves:
    totals.append(torch.zeros_like(leaf))
  x = torch.requires_grad_(torch.detach(inputs[shape[0]]), True)
  y = self.rms_norm(x, w["model.norm.weight"], eps)
  g = self.gradients_of(y, gradient, [x])[0]
  context = self.packed_context(batch, w, shape, torch.detach(x))
  for j in range(shape[0] + 1):
    i = shape[0] - 1 - j
    if i >= 0:
      x = torch.requires_grad_(torch.detach(inputs[i]), True)
      y = self.packed_layer(x, i, batch, context, w, lora, shape, eps, prompts or i < shape[0] - 1)
      found = self.gradients_of(y, g, torch.add([x], leaves))
      g = found[0]
      parts = torch.slice(found, 1)
    else:
      y = self.input_embeddings(batch, w)
      parts = annotate(List[Tensor], [])
      if y.requires_grad:
        parts = self.gradients_of(y, g, leaves)
    for n in range(len(parts)):
      totals[n] = totals[n] + parts[n]
  return totals


def gradients_of(self, y: Tensor, gradient: Tensor, leaves: List[Tensor]) -> List[Tensor]:
  # of <y, gradient>; zeros for a leaf that y does not depend on
  found = torch.grad([y], leaves, annotate(List[Optional[Tensor]], [gradient]), None, False, True)
  result = annotate(List[Tensor], [])
  for i in range(len(leaves)):
    g = found[i]
    if g is None:
      result.append(torch.zeros_like(leaves[i]))
    else:
      result.append(g)
  return result


def logits(self, h: Tensor, w: Dict[str, Tensor]) -> Tensor:
  # tied to the input embeddings where there is no matrix of its own; fp32
  if "lm_head.weight" in w:
    return torch.to(torch.linear(h, w["lm_head.weight"]), 6)
  return torch.to(torch.linear(h, w["model.embed_tokens.weight"]), 6)


def embed(self, ids: Tensor, w: Dict[str, Tensor]) -> Tensor:
  return torch.embedding(w["model.embed_tokens.weight"], ids)


def cast(self, x: Tensor, dtype: int) -> Tensor:
  return torch.to(x, dtype)


def copy(self, x: Tensor, dtype: int) -> Tensor:
  # always new memory, which the engine owns and aligns
  return torch.clone(torch.to(x, dtype))


def allocate(self, near: Tensor, size: List[int], dtype: int) -> Tensor:
  # memory of the engine's own, on the device of the tensor near
  return torch.empty(size, dtype=dtype, device=near.device)


def fill(self, whole: Tensor, part: Tensor, first: int, brain: bool) -> Tensor:
  # stored elements [n] -> elements first... of a tensor; brain: bf16 numbers that were read as fp16
  if brain:
    part = torch.view_copy(part, dtype=15)
  return torch.copy_(torch.slice(torch.flatten(whole), 0, first, first + torch.size(part, 0)), part)


def product(self, x: Tensor, y: Tensor) -> Tensor:
  return torch.linear(x, y)
