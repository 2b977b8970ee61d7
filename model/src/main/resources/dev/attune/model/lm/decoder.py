# A decoder language model of the Llama family (Touvron et al. 2023, arXiv 2302.13971), after
# Vaswani et al. 2017: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
#
# w      the frozen weights under their Hugging Face names, in the compute type, and the rotation's
#        tables "rotary.cos", "rotary.sin" [positions, C/2] in fp32
# lora   what is learned beside them: <linear>.lora_A [r, in], <linear>.lora_B [out, r] and the 0-dim
#        "scaling"; empty where the base is used as it is
# shape  [layers, query heads, key/value heads]
# T tokens, D hidden size, H query heads, K key/value heads, C = head size, B rows, S = their length


def rms_norm(self, x: Tensor, weight: Tensor, eps: float) -> Tensor:
  # Zhang and Sennrich 2019, arXiv 1910.07467; the root of the mean square is taken in fp32 (type 6)
  norm = torch.linalg_vector_norm(x, 2, [-1], True, dtype=6)
  scale = torch.rsqrt(norm * norm / torch.size(x, -1) + eps)
  return weight * torch.to(x * scale, x.dtype)


def linear(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], name: str) -> Tensor:
  # Wx + b, and beside it (alpha/r) B A x: Hu et al. 2021, arXiv 2106.09685
  bias = annotate(Optional[Tensor], None)
  if (name + ".bias") in w:
    bias = w[name + ".bias"]
  y = torch.linear(x, w[name + ".weight"], bias)
  if (name + ".lora_A") in lora:
    a = torch.to(lora[name + ".lora_A"], x.dtype)
    b = torch.to(lora[name + ".lora_B"] * lora["scaling"], x.dtype)
    y = y + torch.linear(torch.linear(x, a), b)
  return y


def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
  # Su et al. 2021, arXiv 2104.09864, in the half-split layout: x [..., heads, C], cos [..., 1, C/2]
  a, b = torch.chunk(x, 2, -1)
  return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def heads_of(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], name: str, norm: str, heads: int, eps: float) -> Tensor:
  # [..., D] -> [..., heads, C]; Qwen3 normalises each query and key head
  y = torch.unflatten(self.linear(x, w, lora, name), -1, [heads, -1])
  if norm in w:
    y = self.rms_norm(y, w[norm], eps)
  return y


def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor]) -> Tensor:
  # q [B, S, H, C]; k, v [B, S', K, C] -> [B, S, H*C]; causal where there is no mask.
  # H/K query heads share a key/value head: Ainslie et al. 2023, arXiv 2305.13245
  share = torch.floordiv(torch.size(q, 2), torch.size(k, 2))
  if share > 1:
    k = torch.repeat_interleave(k, share, 2)
    v = torch.repeat_interleave(v, share, 2)
  q, k, v = torch.transpose(q, 1, 2), torch.transpose(k, 1, 2), torch.transpose(v, 1, 2)
  if torch.size(k, 2) > 512:
    # long texts: never hold the whole matrix (Dao et al. 2022, arXiv 2205.14135)
    y = torch.scaled_dot_product_attention(q, k, v, mask, 0., mask is None)
  else:
    hidden = mask
    if hidden is None:
      hidden = torch.triu(torch.full([torch.size(q, 2), torch.size(k, 2)], -inf, dtype=q.dtype, device=q.device), 1)
    scores = torch.matmul(q * torch.pow(torch.size(q, 3), -0.5), torch.transpose(k, 2, 3))
    y = torch.matmul(torch.softmax(scores + hidden, -1), v)
  return torch.flatten(torch.transpose(y, 1, 2), 2)


def mlp(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], layer: str, eps: float) -> Tensor:
  # SwiGLU: Shazeer 2020, arXiv 2002.05202
  h = self.rms_norm(x, w[layer + ".post_attention_layernorm.weight"], eps)
  gate = torch.silu(self.linear(h, w, lora, layer + ".mlp.gate_proj"))
  up = self.linear(h, w, lora, layer + ".mlp.up_proj")
  return x + self.linear(gate * up, w, lora, layer + ".mlp.down_proj")


def text_states(self, x: Tensor, w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  # Whole texts of one length: input embeddings x [B, S, D] -> last hidden states [B, S, D]
  layers, heads, kv_heads = shape[0], shape[1], shape[2]
  length = torch.size(x, 1)
  c = torch.unsqueeze(torch.to(torch.slice(w["rotary.cos"], 0, 0, length), x.dtype), 1)
  s = torch.unsqueeze(torch.to(torch.slice(w["rotary.sin"], 0, 0, length), x.dtype), 1)
  for i in range(layers):
    layer = "model.layers." + str(i)
    a = layer + ".self_attn."
    h = self.rms_norm(x, w[layer + ".input_layernorm.weight"], eps)
    q = self.rotate(self.heads_of(h, w, lora, a + "q_proj", a + "q_norm.weight", heads, eps), c, s)
    k = self.rotate(self.heads_of(h, w, lora, a + "k_proj", a + "k_norm.weight", kv_heads, eps), c, s)
    v = self.heads_of(h, w, lora, a + "v_proj", "", kv_heads, eps)
    x = x + self.linear(self.attend(q, k, v, None), w, lora, a + "o_proj")
    x = self.mlp(x, w, lora, layer, eps)
  return self.rms_norm(x, w["model.norm.weight"], eps)


def pad(self, x: Tensor, at: Tensor) -> Tensor:
  # rows of packed tokens x [T, ...] laid out as at [B, S] says -> [B, S, ...]
  return torch.unflatten(torch.index_select(x, 0, torch.flatten(at)), 0, [torch.size(at, 0), torch.size(at, 1)])


def reply_mask(self, prompt_length: Tensor, prompts: int, replies: int, dtype: int) -> Tensor:
  # What a reply's token may see: its prompt's real tokens, then its own past. [N] -> [N, 1, R, P+R]
  device = prompt_length.device
  prompt = torch.lt(torch.unsqueeze(torch.arange(prompts, dtype=4, device=device), 0), torch.unsqueeze(prompt_length, 1))
  past = torch.tril(torch.ones([replies, replies], dtype=11, device=device))
  n = torch.size(prompt_length, 0)
  seen = torch.cat([torch.expand(torch.unsqueeze(prompt, 1), [n, replies, prompts]), torch.expand(torch.unsqueeze(past, 0), [n, replies, replies])], 2)
  hidden = torch.zeros([n, replies, prompts + replies], dtype=dtype, device=device)
  return torch.unsqueeze(torch.masked_fill(hidden, torch.logical_not(seen), -inf), 1)


def packed_states(self, batch: Dict[str, Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float, prompts_too: bool) -> Tensor:
  # E prompts, each read once, and the N replies to them: Tp + Tr packed tokens, no padding outside
  # attention. -> the replies' last hidden states, packed [Tr, D]. The batch:
  #
  # prompt_ids [Tp], reply_ids [Tr]
  # positions [Tp+Tr]   a reply's go on where its prompt's end
  # prompt_at [E, P]    where in the prompts' tokens each prompt's are; anything in padding
  # prompt_length [E]
  # reply_at [N, R]     the same for the replies
  # reply_length [N]
  # owner [N]           the prompt that each reply answers
  # unpad [Tp+Tr]       where in [E*P + N*R] each packed token is
  layers, heads, kv_heads = shape[0], shape[1], shape[2]
  prompt_at, reply_at, owner = batch["prompt_at"], batch["reply_at"], batch["owner"]
  padded_prompts = torch.numel(prompt_at)
  tp = torch.size(batch["prompt_ids"], 0)
  x = torch.embedding(w["model.embed_tokens.weight"], torch.cat([batch["prompt_ids"], batch["reply_ids"]]))
  c = torch.unsqueeze(torch.to(torch.index_select(w["rotary.cos"], 0, batch["positions"]), x.dtype), 1)
  s = torch.unsqueeze(torch.to(torch.index_select(w["rotary.sin"], 0, batch["positions"]), x.dtype), 1)
  mask = self.reply_mask(torch.index_select(batch["prompt_length"], 0, owner), torch.size(prompt_at, 1), torch.size(reply_at, 1), x.dtype)
  for i in range(layers):
    layer = "model.layers." + str(i)
    a = layer + ".self_attn."
    h = self.rms_norm(x, w[layer + ".input_layernorm.weight"], eps)
    q = self.rotate(self.heads_of(h, w, lora, a + "q_proj", a + "q_norm.weight", heads, eps), c, s)
    k = self.rotate(self.heads_of(h, w, lora, a + "k_proj", a + "k_norm.weight", kv_heads, eps), c, s)
    v = self.heads_of(h, w, lora, a + "v_proj", "", kv_heads, eps)
    kp, vp = self.pad(torch.slice(k, 0, 0, tp), prompt_at), self.pad(torch.slice(v, 0, 0, tp), prompt_at)
    kr, vr = self.pad(torch.slice(k, 0, tp), reply_at), self.pad(torch.slice(v, 0, tp), reply_at)
    ks = torch.cat([torch.index_select(kp, 0, owner), kr], 1)
    vs = torch.cat([torch.index_select(vp, 0, owner), vr], 1)
    replies = torch.flatten(self.attend(self.pad(torch.slice(q, 0, tp), reply_at), ks, vs, mask), 0, 1)
    if i == layers - 1 and not prompts_too:
      # nobody reads the prompts' last states
      x = torch.slice(x, 0, tp)
      y = torch.index_select(replies, 0, torch.slice(batch["unpad"], 0, tp) - padded_prompts)
    else:
      prompts = torch.flatten(self.attend(self.pad(torch.slice(q, 0, 0, tp), prompt_at), kp, vp, None), 0, 1)
      y = torch.index_select(torch.cat([prompts, replies], 0), 0, batch["unpad"])
    x = x + self.linear(y, w, lora, a + "o_proj")
    x = self.mlp(x, w, lora, layer, eps)
  return self.rms_norm(x, w["model.norm.weight"], eps)


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


def from_bits(self, x: Tensor) -> Tensor:
  # bf16 numbers that were read as if they were fp16 -> fp32
  return torch.to(torch.view_copy(x, dtype=15), 6)


def product(self, x: Tensor, y: Tensor) -> Tensor:
  return torch.linear(x, y)
