#!/usr/bin/env python3
"""Python libraries as participants of `cargo xtask bench --peers`.

    peers.py WHO THREADS      WHO: torch-eager, torch-compile, torch-hand, jax, sklearn
    peers.py --list           which of them can be imported here, one a line

The protocol is that of benches/src/serve.rs: `about`, `setup JOB`, `sample`, `clear`, one line each way.
"""

import os
import sys
import time

WARM_UP, SAMPLE = 0.040, 0.020
RATE = 1e-6


class Job:
    """kind dtype batch widths activation output skips, see benches/src/job.rs."""

    def __init__(self, line):
        kind, dtype, batch, widths, act, output, skips = line.split()
        self.train, self.double, self.batch = kind == "train", dtype == "f64", int(batch)
        self.widths = [int(w) for w in widths.split(",")]
        self.relu, self.softmax, self.skips = act == "relu", output == "softmax", skips == "skips"

    def numpy(self):
        """x, target rows, classes, and per layer (weight [from][to], bias, skip weight or None)."""
        import numpy as np

        rng, dtype, w = np.random.default_rng(1), "f8" if self.double else "f4", self.widths
        x = rng.uniform(-1, 1, (self.batch, w[0])).astype(dtype)
        classes = np.arange(self.batch) * 7 % w[-1]
        rows = np.eye(w[-1], dtype=dtype)[classes] if self.softmax else rng.uniform(-1, 1, (self.batch, w[-1])).astype(dtype)
        weight = lambda i, j: (rng.uniform(-1, 1, (i, j)) * (3.0 / i) ** 0.5).astype(dtype)
        layers = []
        for n in range(1, len(w)):
            skip = self.skips and n > 2 and n % 2 == 0 and n < len(w) - 1
            layers.append((weight(w[n - 1], w[n]), np.zeros(w[n], dtype), weight(w[n - 2], w[n]) if skip else None))
        return x, rows, classes, layers


def torch_setup(job, how):
    """PyTorch: eager autograd, `torch.compile` of the step, or the recursion written by hand without autograd."""
    import torch
    import torch.nn.functional as F

    x, rows, classes, layers = job.numpy()
    tensor = torch.from_numpy
    x, rows, classes = tensor(x), tensor(rows), tensor(classes)
    # As in torch.nn.Linear, weights are [to][from].
    ws = [[tensor(w.T.copy()), tensor(b), None if s is None else tensor(s.T.copy())] for w, b, s in layers]
    last = len(ws) - 1

    def forward(x):
        z = [x]
        for n, (w, b, s) in enumerate(ws):
            a = F.linear(z[n], w, b)
            if s is not None:
                a = a + F.linear(z[n - 1], s)
            z.append(a if n == last else torch.relu(a) if job.relu else torch.tanh(a))
        return z

    if not job.train:
        def infer():
            y = forward(x)[-1]
            return torch.softmax(y, 1) if job.softmax else y

        run = torch.compile(infer) if how == "compile" else infer

        def steps(n):
            with torch.inference_mode():
                for _ in range(n):
                    run()
            return n

        return steps

    if how == "hand":
        def step():
            z = forward(x)
            delta = (torch.softmax(z[-1], 1) if job.softmax else z[-1]) - rows
            from_skip = {}
            for n in range(last, -1, -1):
                w, b, s = ws[n]
                if n < last:
                    if n + 1 in from_skip:
                        delta = delta + from_skip.pop(n + 1)
                    delta = delta * (z[n + 1] > 0) if job.relu else delta * (1 - z[n + 1] * z[n + 1])
                below = delta @ w if n > 0 else None
                if s is not None:
                    from_skip[n - 1] = delta @ s
                    s.addmm_(delta.T, z[n - 1], alpha=-RATE)
                w.addmm_(delta.T, z[n], alpha=-RATE)
                b.sub_(delta.sum(0), alpha=RATE)
                delta = below

        def steps(n):
            with torch.inference_mode():
                for _ in range(n):
                    step()
            return n

        # Tensors that inference mode may write in place have to be born in it.
        with torch.inference_mode():
            ws = [[None if t is None else t.clone() for t in layer] for layer in ws]
            x, rows = x.clone(), rows.clone()
        return steps

    params = [t.requires_grad_() for layer in ws for t in layer if t is not None]

    def error():
        y = forward(x)[-1]
        return F.cross_entropy(y, classes) if job.softmax else F.mse_loss(y, rows)

    error = torch.compile(error) if how == "compile" else error
    sgd = torch.optim.SGD(params, lr=RATE)

    def steps(n):
        for _ in range(n):
            sgd.zero_grad(set_to_none=True)
            error().backward()
            sgd.step()
        return n

    return steps


def jax_setup(job, _):
    """JAX: a stretch of the training loop is one compiled program, `lax.scan`; only gradients, not the error."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", job.double)
    x, rows, _, layers = job.numpy()
    x, rows = jnp.asarray(x), jnp.asarray(rows)
    params = [[None if t is None else jnp.asarray(t) for t in layer] for layer in layers]
    act = jax.nn.relu if job.relu else jnp.tanh

    def forward(params, x):
        z = [x]
        for n, (w, b, s) in enumerate(params):
            a = z[n] @ w + b
            if s is not None:
                a = a + z[n - 1] @ s
            z.append(a if n == len(params) - 1 else act(a))
        return z[-1]

    def error(params):
        y = forward(params, x)
        return -(rows * jax.nn.log_softmax(y)).sum() if job.softmax else 0.5 * ((y - rows) ** 2).sum()

    def step(params, _):
        grads = jax.grad(error)(params)
        return jax.tree.map(lambda p, g: p - RATE * g, params, grads), None

    if not job.train:
        output = jax.jit(lambda params, x: jax.nn.softmax(forward(params, x)) if job.softmax else forward(params, x))
        output(params, x).block_until_ready()

        def steps(n):
            for _ in range(n):
                output(params, x).block_until_ready()
            return n

        return steps

    # One call runs so many steps that what the call itself costs does not show.
    work = 6 * job.batch * sum(a * b for a, b in zip(job.widths, job.widths[1:]))
    length = max(1, min(20000, int(5e8 / (work + 20000))))
    loop = jax.jit(lambda params: jax.lax.scan(step, params, None, length=length)[0], donate_argnums=0)
    state = [jax.block_until_ready(loop(params))]

    def steps(n):
        calls = -(-n // length)
        for _ in range(calls):
            state[0] = loop(state[0])
        jax.block_until_ready(state[0])
        return calls * length

    return steps


def sklearn_setup(job, _):
    """scikit-learn: `fit` over batches in memory with solver sgd, one call for many steps."""
    import warnings

    import numpy as np
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.filterwarnings("ignore")
    if job.skips:
        raise ValueError("scikit-learn has no skip connections")
    x, rows, classes, _ = job.numpy()
    batches = 1 if sum(job.widths) > 4000 else 32
    x = np.concatenate([x] * batches)
    options = dict(hidden_layer_sizes=job.widths[1:-1], activation="relu" if job.relu else "tanh", solver="sgd",
                   alpha=0.0, batch_size=job.batch, learning_rate_init=RATE, momentum=0.0, shuffle=False, tol=0.0,
                   n_iter_no_change=1 << 30, warm_start=True, max_iter=1)
    net = MLPClassifier(**options) if job.softmax else MLPRegressor(**options)
    net.fit(x, np.concatenate([classes if job.softmax else rows.ravel()] * batches))
    if not job.train:
        one = x[: job.batch]
        output = net.predict_proba if job.softmax else net.predict

        def steps(n):
            for _ in range(n):
                output(one)
            return n

        return steps
    t = np.concatenate([classes if job.softmax else rows.ravel()] * batches)

    def steps(n):
        net.max_iter = -(-n // batches)
        net.fit(x, t)
        return net.max_iter * batches

    return steps


PEERS = {
    "torch-eager": ("torch", torch_setup, "eager"),
    "torch-compile": ("torch", torch_setup, "compile"),
    "torch-hand": ("torch", torch_setup, "hand"),
    "jax": ("jax", jax_setup, None),
    "sklearn": ("sklearn", sklearn_setup, None),
}


def sample(steps):
    """Microseconds per step, as `sample` in benches/src/serve.rs."""
    clock = time.perf_counter
    start, n, done = clock(), 1, 0
    while done == 0 or clock() - start < WARM_UP:
        done += steps(n)
        n = min(2 * n, 1 << 14)
    each = (clock() - start) / done
    n = max(1, int(SAMPLE / each) + 1)
    start = clock()
    done = steps(n)
    return (clock() - start) * 1e6 / done


def limit_threads(threads):
    """Must come before the libraries are imported; XLA knows no number of threads, only the CPUs it may use."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def main(who, threads):
    limit_threads(threads)
    module, setup, how = PEERS[who]
    library = __import__(module)
    if module == "torch":
        library.set_num_threads(threads)
    steps = None
    for line in sys.stdin:
        request, _, rest = line.strip().partition(" ")
        try:
            if request == "about":
                answer = f"{who} {library.__version__}"
            elif request == "setup":
                steps = None
                steps = setup(Job(rest), how)
                steps(1)
                answer = "ok"
            elif request == "sample":
                answer = repr(sample(steps))
            elif request == "clear":
                steps, answer = None, "ok"
            else:
                answer = f"no no request is called {request}"
        except Exception as error:  # whatever a library raises is its answer
            answer = "no " + " ".join(str(error).split())[:200]
        print(answer, flush=True)


def importable():
    import importlib.util

    return [who for who, (module, _, _) in PEERS.items() if importlib.util.find_spec(module)]


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(importable()))
    elif len(sys.argv) == 3 and sys.argv[1] in PEERS:
        main(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(__doc__)
