# Low-rank adapters: dropout at their inputs, and several of them stacked for one batch.


def dropout_seed(self, seed: int, name: str) -> int:
  # a step's seed and a linear layer's name -> the seed of that layer's mask
  h = seed % 2147483647
  for i in range(len(name)):
    h = (h * 31 + ord(name[i])) % 2147483647
  return h


def lora_dropout(self, x: Tensor, p: float, seed: int) -> Tensor:
  # Inverted dropout (Srivastava et al. 2014): each element is 0 with probability p, else x / (1 - p).
  # The mask is a function of the seed, the shape and the kind of device alone: a pass that is computed
  # again sees the same one, and no other thread's random numbers move it
  generator = torch.Generator(device=x.device, seed=seed)
  uniform = torch.rand(torch.size(x), generator=generator, dtype=6, device=x.device)
  return torch.masked_fill(x, torch.lt(uniform, p), 0.) * (1. / (1. - p))


def stack_padded(self, members: List[Tensor], rows: int, columns: int) -> Tensor:
  # matrices (or numbers) of at most [rows, columns] -> [M, rows, columns], filled up with zeros
  result = torch.zeros([len(members), rows, columns], dtype=members[0].dtype, device=members[0].device)
  for i in range(len(members)):
    m = torch.atleast_2d(members[i])
    torch.copy_(torch.slice(torch.slice(torch.select(result, 0, i), 0, 0, torch.size(m, 0)), 1, 0, torch.size(m, 1)), m)
  return result
