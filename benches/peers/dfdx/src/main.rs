//! dfdx: `peer-dfdx THREADS`. Tensors of run-time shape, dfdx's tape, the update in place by `axpy`.

use dfdx::prelude::*;
use peer_protocol::{Job, Kind, Steps};

type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Tape = OwnedTape<f32, Cpu>;
type Traced = Tensor<(usize, usize), f32, Cpu, Tape>;

fn main() -> std::io::Result<()> {
    let threads = peer_protocol::arguments().pop().unwrap_or_else(|| "1".into());
    // SAFETY: no other thread runs yet. dfdx computes in rayon's global pool.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", threads) };
    // What dfdx's own example of a training loop begins with.
    dfdx::flush_denormals_to_zero();
    peer_protocol::serve("dfdx 0.13.0", setup)
}

/// A layer: weights [from][to] and bias, and perhaps weights from the layer two before.
struct Layer {
    weight: Matrix,
    bias: Tensor<(usize,), f32, Cpu>,
    skip: Option<Matrix>,
}

struct Net {
    layers: Vec<Layer>,
    relu: bool,
}

impl Net {
    fn traced(&self, x: Traced) -> Traced {
        let mut before: Option<Matrix> = None;
        let mut z = x;
        for (l, layer) in self.layers.iter().enumerate() {
            let kept = z.retaped::<NoneTape>();
            let mut a = z.matmul(layer.weight.clone());
            let shape = *a.shape();
            a = a + layer.bias.retaped::<Tape>().broadcast_like::<_, Axis<0>>(&shape);
            if let (Some(skip), Some(before)) = (&layer.skip, before.take()) {
                a = a + before.retaped::<Tape>().matmul(skip.clone());
            }
            before = Some(kept);
            let last = l + 1 == self.layers.len();
            z = if last {
                a
            } else if self.relu {
                a.relu()
            } else {
                a.tanh()
            };
        }
        z
    }

    fn plain(&self, x: &Matrix) -> Matrix {
        let mut z = vec![x.clone()];
        for (l, layer) in self.layers.iter().enumerate() {
            let mut a = z[l].clone().matmul(layer.weight.clone());
            let shape = *a.shape();
            a = a + layer.bias.clone().broadcast_like::<_, Axis<0>>(&shape);
            if let Some(skip) = &layer.skip {
                a = a + z[l - 1].clone().matmul(skip.clone());
            }
            let last = l + 1 == self.layers.len();
            z.push(if last {
                a
            } else if self.relu {
                a.relu()
            } else {
                a.tanh()
            });
        }
        z.remove(z.len() - 1)
    }
}

fn setup(job: &Job) -> Result<Steps, String> {
    if job.double {
        return Err("dfdx is timed in f32".into());
    }
    let device = Cpu::default();
    let matrix = |data: Vec<f32>, rows: usize, cols: usize| device.tensor_from_vec(data, (rows, cols));
    let layers = (1..job.widths.len()).map(|l| {
        let weights = |from: usize, to: usize| matrix(job.weights(to, from), from, to);
        Layer {
            weight: weights(job.widths[l - 1], job.widths[l]),
            bias: device.tensor_from_vec(vec![0.0; job.widths[l]], (job.widths[l],)),
            skip: job.skips_to(l).then(|| weights(job.widths[l - 2], job.widths[l])),
        }
    });
    let mut net = Net { layers: layers.collect(), relu: job.relu };
    let x = matrix(job.x(), job.batch, job.inputs());
    let rows = matrix(job.rows(), job.batch, job.outputs());
    let softmax = job.softmax;
    if job.kind == Kind::Infer {
        return Ok(Box::new(move |n| {
            for _ in 0..n {
                let y = net.plain(&x);
                drop(if softmax { y.softmax::<Axis<1>>() } else { y });
            }
            n
        }));
    }
    Ok(Box::new(move |n| {
        for _ in 0..n {
            let y = net.traced(x.clone().traced(Gradients::leaky()));
            let error =
                if softmax { cross_entropy_with_logits_loss(y, rows.clone()) } else { mse_loss(y, rows.clone()) };
            let grads = error.backward();
            for layer in &mut net.layers {
                let g = grads.get(&layer.weight);
                layer.weight.axpy(1.0, &g, -1e-6);
                if let Some(skip) = &mut layer.skip {
                    let g = grads.get(skip);
                    skip.axpy(1.0, &g, -1e-6);
                }
                let g = grads.get(&layer.bias);
                layer.bias.axpy(1.0, &g, -1e-6);
            }
        }
        n
    }))
}
