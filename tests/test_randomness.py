"""Every draw inside `DrawFrom` comes from its generator, and none from torch's global one."""

import threading

import pytest
import torch
from torch import nn
from torch.nn import functional

from sklaug.networks.randomness import DrawFrom

ONES = torch.ones(64)
HEADS = torch.linspace(-1, 1, 2 * 4 * 6 * 8).reshape(2, 4, 6, 8)
STEPS = torch.linspace(-1, 1, 2 * 6 * 8).reshape(2, 6, 8)
IMAGES = torch.linspace(0, 1, 2 * 32 * 8 * 8).reshape(2, 32, 8, 8)


def weights_of(layer, *args, **kwargs):
    def draw():
        parameters = layer(*args, **kwargs).parameters()
        return torch.cat([parameter.detach().flatten() for parameter in parameters])

    return draw


def constant(layer):
    """Give a layer weights that no generator has a part in."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.linspace(-1, 1, parameter.numel()).reshape(parameter.shape))
    return layer.train()


def attention():
    layer = constant(nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True))
    return layer(STEPS, STEPS, STEPS)[0]


INITIALISERS = {
    "Linear": weights_of(nn.Linear, 5, 4),
    "Bilinear": weights_of(nn.Bilinear, 3, 4, 2),
    "Conv1d": weights_of(nn.Conv1d, 3, 4, 5),
    "ConvTranspose1d": weights_of(nn.ConvTranspose1d, 3, 4, 5),
    "GRU": weights_of(nn.GRU, 3, 4),
    "LSTM": weights_of(nn.LSTM, 3, 4, bidirectional=True),
    "Embedding": weights_of(nn.Embedding, 5, 4),
    "MultiheadAttention": weights_of(nn.MultiheadAttention, 8, 2),
    "TransformerEncoderLayer": weights_of(nn.TransformerEncoderLayer, 8, 2, dim_feedforward=16),
    "uniform_": lambda: nn.init.uniform_(torch.empty(9)),
    "normal_": lambda: nn.init.normal_(torch.empty(9)),
    "trunc_normal_": lambda: nn.init.trunc_normal_(torch.empty(9)),
    "xavier_uniform_": lambda: nn.init.xavier_uniform_(torch.empty(3, 3)),
    "xavier_normal_": lambda: nn.init.xavier_normal_(torch.empty(3, 3)),
    "kaiming_uniform_": lambda: nn.init.kaiming_uniform_(torch.empty(3, 3)),
    "kaiming_normal_": lambda: nn.init.kaiming_normal_(torch.empty(3, 3)),
    "orthogonal_": lambda: nn.init.orthogonal_(torch.empty(3, 3)),
    "sparse_": lambda: nn.init.sparse_(torch.empty(9, 9), sparsity=0.5),
}
TENSORS = {
    "randn": lambda: torch.randn(9),
    "randn_float64": lambda: torch.randn((3, 3), dtype=torch.float64),
    "rand": lambda: torch.rand(3, 3),
    "randn_like": lambda: torch.randn_like(ONES),
    "randn_like_float64": lambda: torch.randn_like(ONES, dtype=torch.float64),
    "rand_like": lambda: torch.rand_like(ONES),
    "randint": lambda: torch.randint(1000, (9,)),
    "randint_low": lambda: torch.randint(5, 1000, (9,)),
    "randint_like": lambda: torch.randint_like(ONES, 1000),
    "randperm": lambda: torch.randperm(50),
    "bernoulli": lambda: torch.bernoulli(ONES / 2),
    "normal": lambda: torch.normal(ONES, 2 * ONES),
    "normal_sized": lambda: torch.normal(0.0, 1.0, (9,)),
    "binomial": lambda: torch.binomial(100 * ONES, ONES / 2),
    "gamma": lambda: torch.distributions.Gamma(ONES, ONES).rsample(),
    "dirichlet": lambda: torch.distributions.Dirichlet(ONES).rsample(),
    "poisson": lambda: torch.poisson(50 * ONES),
    "multinomial": lambda: torch.multinomial(ONES, 20),
    "tensor_bernoulli": lambda: (ONES / 2).bernoulli(),
    "tensor_bernoulli_": lambda: torch.empty(64).bernoulli_(0.5),
    "tensor_cauchy_": lambda: torch.empty(9).cauchy_(),
    "tensor_exponential_": lambda: torch.empty(9).exponential_(),
    "tensor_geometric_": lambda: torch.empty(64).geometric_(0.1),
    "tensor_log_normal_": lambda: torch.empty(9).log_normal_(),
    "tensor_multinomial": lambda: ONES.multinomial(20),
    "tensor_normal_": lambda: torch.empty(9).normal_(),
    "tensor_random_": lambda: torch.empty(9).random_(),
    "tensor_uniform_": lambda: torch.empty(9).uniform_(),
}
LAYERS = {
    "Dropout": lambda: nn.Dropout(0.5)(ONES),
    "Dropout_inplace": lambda: nn.Dropout(0.5, inplace=True)(ONES.clone()),
    "functional.dropout": lambda: functional.dropout(ONES, 0.5),
    "torch.dropout": lambda: torch.dropout(ONES, 0.5, True),
    "Dropout1d": lambda: nn.Dropout1d(0.5)(IMAGES[:, :, 0]),
    "Dropout2d": lambda: nn.Dropout2d(0.5)(IMAGES),
    "AlphaDropout": lambda: nn.AlphaDropout(0.5)(ONES),
    "FeatureAlphaDropout": lambda: nn.FeatureAlphaDropout(0.5)(IMAGES),
    "RReLU": lambda: nn.RReLU()(-ONES),
    "gumbel_softmax": lambda: functional.gumbel_softmax(ONES),
    "MultiheadAttention": attention,
    "TransformerEncoderLayer": lambda: constant(
        nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.5, batch_first=True)
    )(STEPS),
    "stacked GRU": lambda: constant(nn.GRU(8, 3, num_layers=2, dropout=0.5))(STEPS)[0],
    "stacked LSTM": lambda: constant(nn.LSTM(8, 3, num_layers=2, dropout=0.5))(STEPS)[0],
    "stacked RNN": lambda: constant(nn.RNN(8, 3, num_layers=2, dropout=0.5))(STEPS)[0],
    "attention by position": lambda: functional.scaled_dot_product_attention(
        HEADS, HEADS, HEADS, None, 0.5
    ),
    "attention by keyword": lambda: functional.scaled_dot_product_attention(
        HEADS, HEADS, HEADS, dropout_p=0.5
    ),
    "distribution": lambda: torch.distributions.Normal(ONES, ONES).rsample(),
}
DRAWS = {**INITIALISERS, **TENSORS, **LAYERS}


def draw_with(seed, draw):
    with DrawFrom(torch.Generator().manual_seed(seed)):
        return draw().detach()


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_draw_follows_the_generator_and_leaves_the_global_one_alone(draw):
    torch.manual_seed(11)
    state = torch.get_rng_state()
    first = draw_with(1, draw)
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(12)
    assert torch.equal(first, draw_with(1, draw))
    assert not torch.equal(first, draw_with(2, draw))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_draw_moves_the_generator_on(draw):
    with DrawFrom(torch.Generator().manual_seed(1)):
        assert not torch.equal(draw(), draw())


@pytest.mark.parametrize(
    "draw", [INITIALISERS["Linear"], TENSORS["randn"], LAYERS["Dropout"], LAYERS["AlphaDropout"]]
)
def test_outside_the_block_draws_are_torchs_own_again(draw):
    torch.manual_seed(3)
    expected = draw()
    torch.manual_seed(3)
    draw_with(1, draw)
    assert torch.equal(draw(), expected)


def test_a_generator_that_is_named_keeps_its_place():
    own = torch.Generator().manual_seed(5)
    expected = torch.randn(4, generator=torch.Generator().manual_seed(5))
    assert torch.equal(draw_with(1, lambda: torch.randn(4, generator=own)), expected)


def test_draws_are_those_of_the_generator_itself():
    expected = torch.randn(9, generator=torch.Generator().manual_seed(4))
    assert torch.equal(draw_with(4, lambda: torch.randn(9)), expected)
    assert torch.equal(draw_with(4, lambda: torch.randn_like(torch.empty(9))), expected)


def test_the_inner_block_decides_where_two_are_nested():
    with DrawFrom(torch.Generator().manual_seed(1)):
        inner = draw_with(2, TENSORS["randn"])
        outer = torch.randn(9)
    assert torch.equal(inner, draw_with(2, TENSORS["randn"]))
    assert torch.equal(outer, draw_with(1, TENSORS["randn"]))


def test_an_error_inside_ends_the_block():
    with pytest.raises(RuntimeError), DrawFrom(torch.Generator().manual_seed(1)):
        nn.Linear(3, 2)(torch.ones(4))
    torch.manual_seed(0)
    expected = torch.randn(3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.randn(3), expected)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("how", ["layer", "inplace", "torch"])
def test_dropout_keeps_its_share_and_scales_what_is_left(p, how):
    drop = {
        "layer": lambda x: nn.Dropout(p)(x),
        "inplace": lambda x: nn.Dropout(p, inplace=True)(x),
        "torch": lambda x: torch.dropout(x, p, True),
    }[how]
    n = 100_000
    dropped = draw_with(0, lambda: drop(torch.full((n,), 3.0)))
    kept = dropped[dropped != 0]
    assert len(kept) / n == pytest.approx(1 - p, abs=5 * (p * (1 - p) / n) ** 0.5)
    torch.testing.assert_close(kept, torch.full_like(kept, 3.0 / (1 - p)))


def test_dropout_in_place_changes_its_input_and_otherwise_does_not():
    x = torch.ones(50)
    assert draw_with(0, lambda: functional.dropout(x, 0.5)).data_ptr() != x.data_ptr()
    assert torch.equal(x, torch.ones(50))
    assert draw_with(0, lambda: functional.dropout(x, 0.5, inplace=True)).data_ptr() == x.data_ptr()
    assert (x == 0).any()


def test_dropout_does_nothing_in_evaluation_or_with_nothing_to_drop_and_all_with_all():
    x = torch.randn(50)
    assert torch.equal(draw_with(0, lambda: nn.Dropout(0.5).eval()(x)), x)
    assert torch.equal(draw_with(0, lambda: nn.Dropout(0.0)(x)), x)
    assert torch.equal(draw_with(0, lambda: nn.Dropout(1.0)(x)), torch.zeros(50))


def test_the_gradient_of_dropout_is_its_scaled_mask():
    x = torch.full((200,), 2.0, requires_grad=True)
    with DrawFrom(torch.Generator().manual_seed(0)):
        dropped = functional.dropout(x, 0.25)
    dropped.sum().backward()
    torch.testing.assert_close(x.grad, dropped.detach() / 2.0)


def test_layers_without_dropout_draw_nothing():
    generator = torch.Generator().manual_seed(0)
    state = generator.get_state()
    stacked, single = constant(nn.GRU(8, 3, 2, dropout=0.5)).eval(), constant(nn.GRU(8, 3))
    with DrawFrom(generator):
        stacked(STEPS)
        single(STEPS)
        functional.scaled_dot_product_attention(HEADS, HEADS, HEADS)
        nn.Dropout(0.5).eval()(ONES)
    assert torch.equal(generator.get_state(), state)


def test_a_block_in_one_thread_does_not_reach_the_draws_of_another():
    inside, done = threading.Event(), threading.Event()
    draws = {}

    def other():
        inside.wait(10)
        torch.manual_seed(7)
        draws["other"] = torch.randn(9)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with DrawFrom(torch.Generator().manual_seed(1)):
        inside.set()
        done.wait(10)
        draws["own"] = torch.randn(9)
    thread.join()
    assert torch.equal(draws["other"], torch.randn(9, generator=torch.Generator().manual_seed(7)))
    assert torch.equal(draws["own"], draw_with(1, TENSORS["randn"]))


@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout", "stacked GRU", "MultiheadAttention"])
def test_threads_that_draw_side_by_side_get_what_they_would_get_alone(name):
    draw = LAYERS[name]
    expected = [draw_with(seed, draw) for seed in range(6)]
    state = torch.get_rng_state()
    results = {}
    start = threading.Barrier(6)

    def work(seed):
        start.wait(10)
        for _ in range(20):
            results.setdefault(seed, []).append(draw_with(seed, draw))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(6):
        assert len(results[seed]) == 20
        assert all(torch.equal(result, expected[seed]) for result in results[seed])
    assert torch.equal(torch.get_rng_state(), state)
