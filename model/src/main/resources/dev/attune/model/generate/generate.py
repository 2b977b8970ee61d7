# Generation, many rows at a time: the prompts are read once, and then one token of each row a step.
#
# batch   adapter [B]     the member of the stack that each row takes, where lora is a stack
#         added [B, D]    a vector that is added to each input embedding of its row, where any row has one
#         slot_at [n]     where in the B*P tokens of the prompts vectors take the place of embeddings
#         slots [n, D]    those vectors
# cache   for each layer the rotated keys of what was read, and then the values: [B, K, S, C] each, the
#         layout that products take without a copy
# B rows, P = longest prompt, S = room of the cache, V = vocabulary; the rest as in decoder.py


def generation_context(self, positions: Tensor, batch: Dict[str, Tensor], w: Dict[str, Tensor], like: Tensor) -> Dict[str, Tensor]:
  context = annotate(Dict[str, Tensor], {})
  self.rotation(context, torch.index_select(w["rotary.cos"], 0, positions), torch.index_select(w["rotary.sin"], 0, positions), like)
  if "adapter" in batch:
    context["adapter"] = batch["adapter"]
  return context


def read_prompts(self, ids: Tensor, length: Tensor, batch: Dict[str, Tensor], room: int, w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tuple[Tensor, List[Tensor]]:
  # ids [B, P], padded at the end, and their lengths [B] -> the last hidden state of each prompt's last
  # token [B, D], and the cache. What padding leaves there is written over before a token may see it
  h, k = shape[1], shape[2]
  x = torch.embedding(w["model.embed_tokens.weight"], ids)
  if "slots" in batch:
    flat = torch.index_copy(torch.flatten(x, 0, 1), 0, batch["slot_at"], torch.to(batch["slots"], x.dtype))
    x = torch.reshape(flat, torch.size(x))
  if "added" in batch:
    x = x + torch.unsqueeze(torch.to(batch["added"], x.dtype), 1)
  longest = torch.size(ids, 1)
  context = self.generation_context(torch.arange(longest, dtype=4, device=ids.device), batch, w, x)
  cache = annotate(List[Tensor], [])
  for i in range(shape[0]):
    mask = annotate(Optional[Tensor], None)
    if shape[3 + i] > 0:
      mask = self.causal_mask(longest, shape[3 + i], x)
    layer = "model.layers." + str(i)
    y = self.queries_keys_values(x, w, lora, context, layer, shape, eps)
    q, keys, v = torch.split_with_sizes(y, [h, k, k], 2)
    for part in [keys, v]:
      cache.append(torch.constant_pad_nd(torch.transpose(part, 1, 2), [0, 0, 0, room - longest], 0))
    x = self.output(x, self.attend(q, keys, v, mask), w, lora, context, layer, eps)
  last = torch.arange(torch.size(ids, 0), dtype=4, device=ids.device) * longest + length - 1
  return self.rms_norm(torch.index_select(torch.flatten(x, 0, 1), 0, last), w["model.norm.weight"], eps), cache


def attend_cache(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
  # One token's q [B, H, C] over k, v [B, K, S, C] of its row, under mask [B, 1, 1, S] -> [B, H*C]; the
  # H/K query heads of a key/value head are rows of one product
  shared = torch.unflatten(q, 1, [torch.size(k, 1), -1])
  scores = torch.matmul(shared * torch.pow(torch.size(q, 2), -0.5), torch.transpose(k, 2, 3))
  return torch.flatten(torch.matmul(torch.softmax(scores + mask, -1), v), 1)


def read_tokens(self, ids: Tensor, positions: Tensor, longest: int, batch: Dict[str, Tensor], cache: List[Tensor], w: Dict[str, Tensor], lora: Dict[str, Tensor], shape: List[int], eps: float) -> Tensor:
  # One more token of each row: ids [B] at positions [B], all below longest -> last hidden states [B, D].
  # The cache is written in place
  h, k = shape[1], shape[2]
  x = torch.embedding(w["model.embed_tokens.weight"], ids)
  if "added" in batch:
    x = x + torch.to(batch["added"], x.dtype)
  context = self.generation_context(positions, batch, w, x)
  row = torch.arange(torch.size(ids, 0), dtype=4, device=ids.device)
  place = annotate(List[Optional[Tensor]], [row, None, positions])
  at = torch.unsqueeze(torch.arange(longest, dtype=4, device=ids.device), 0)
  own = torch.unsqueeze(positions, 1)
  masks = annotate(Dict[int, Tensor], {})
  for i in range(shape[0]):
    window = shape[3 + i]
    if not window in masks:
      hidden = torch.gt(at, own)
      if window > 0:
        hidden = torch.logical_or(hidden, torch.le(at, own - window))
      none = torch.zeros([torch.size(ids, 0), longest], dtype=x.dtype, device=x.device)
      masks[window] = torch.reshape(torch.masked_fill(none, hidden, -inf), [torch.size(ids, 0), 1, 1, longest])
    layer = "model.layers." + str(i)
    q, keys, v = torch.split_with_sizes(self.queries_keys_values(x, w, lora, context, layer, shape, eps), [h, k, k], 1)
    torch.index_put_(cache[2 * i], place, keys)
    torch.index_put_(cache[2 * i + 1], place, v)
    y = self.attend_cache(q, torch.slice(cache[2 * i], 2, 0, longest), torch.slice(cache[2 * i + 1], 2, 0, longest), masks[window])
    x = self.output(x, y, w, lora, context, layer, eps)
  return self.rms_norm(x, w["model.norm.weight"], eps)


def next_tokens(self, h: Tensor, w: Dict[str, Tensor], temperature: Tensor, top_k: Tensor, top_p: Tensor, uniform: Tensor) -> Tuple[Tensor, Tensor]:
  # Last hidden states [B, D] -> the next tokens [B] and the model's own log-probabilities of them [B].
  # A temperature of 0 takes the likeliest. Otherwise the top_k likeliest stay, and of those the fewest
  # that together have a probability of top_p (Holtzman et al. 2019, arXiv 1904.09751), and the inverse
  # of their distribution function is taken at the uniform numbers [B], in fp64 (type 7)
  logits = self.logits(h, w)
  chosen = torch.argmax(logits, -1, True)
  drawn = torch.unsqueeze(torch.gt(temperature, 0.), 1)
  if bool(torch.any(drawn)):
    scaled = torch.to(logits, 7) / torch.where(drawn, torch.unsqueeze(temperature, 1), torch.ones_like(torch.unsqueeze(temperature, 1)))
    p, order = torch.sort(torch.softmax(scaled, -1), stable=True, dim=-1, descending=True)
    rank = torch.unsqueeze(torch.arange(torch.size(p, 1), dtype=4, device=p.device), 0)
    p = torch.masked_fill(p, torch.ge(rank, torch.unsqueeze(top_k, 1)), 0.)
    p = p / torch.sum(p, [1], True)
    before = torch.cumsum(p, 1) - p
    p = torch.masked_fill(p, torch.ge(before, torch.unsqueeze(top_p, 1)), 0.)
    function = torch.cumsum(p, 1)
    at = torch.unsqueeze(uniform, 1) * torch.slice(function, 1, -1)
    index = torch.sum(torch.le(function, at), [1], True)
    last = torch.sum(torch.gt(p, 0.), [1], True) - 1
    chosen = torch.where(drawn, torch.gather(order, 1, torch.minimum(index, last)), chosen)
  own = torch.gather(torch.log_softmax(logits, -1), 1, chosen)
  return torch.squeeze(chosen, 1), torch.squeeze(own, 1)


def select_rows(self, tensors: List[Tensor], rows: Tensor) -> List[Tensor]:
  result = annotate(List[Tensor], [])
  for x in tensors:
    result.append(torch.index_select(x, 0, rows))
  return result
