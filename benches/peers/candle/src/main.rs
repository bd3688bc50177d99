//! candle: `peer-candle THREADS`. Layers are `candle_nn::Linear`, gradients `backward`, the update `candle_nn::SGD`.

use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::{Linear, Module, Optimizer, SGD, loss, ops};
use peer_protocol::{Job, Kind, Steps};

fn main() -> std::io::Result<()> {
    let threads = peer_protocol::arguments().pop().unwrap_or_else(|| "1".into());
    // SAFETY: no other thread runs yet. candle asks this variable how many threads a product may take.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", threads) };
    peer_protocol::serve("candle 0.11.1", |job| setup(job).map_err(|e| e.to_string()))
}

/// A layer: from the layer before, and perhaps from the one two before.
struct Layer {
    first: Linear,
    skip: Option<Linear>,
}

struct Net {
    layers: Vec<Layer>,
    relu: bool,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut z = vec![x.clone()];
        for (l, layer) in self.layers.iter().enumerate() {
            let mut a = layer.first.forward(&z[l])?;
            if let Some(skip) = &layer.skip {
                a = (a + skip.forward(&z[l - 1])?)?;
            }
            let last = l + 1 == self.layers.len();
            z.push(if last {
                a
            } else if self.relu {
                a.relu()?
            } else {
                a.tanh()?
            });
        }
        Ok(z.remove(z.len() - 1))
    }
}

fn setup(job: &Job) -> Result<Steps> {
    let device = Device::Cpu;
    let dtype = if job.double { DType::F64 } else { DType::F32 };
    let tensor = |data, rows, cols| Tensor::from_vec::<_, f32>(data, (rows, cols), &device)?.to_dtype(dtype);
    let mut vars = vec![];
    let mut linear = |from: usize, to: usize, bias: bool| -> Result<Linear> {
        let w = Var::from_tensor(&tensor(job.weights(from, to), to, from)?)?;
        let b = Var::from_tensor(&Tensor::zeros(to, dtype, &device)?)?;
        vars.push(w.clone());
        if bias {
            vars.push(b.clone());
        }
        Ok(Linear::new(w.as_tensor().clone(), bias.then(|| b.as_tensor().clone())))
    };
    let mut layers = vec![];
    for l in 1..job.widths.len() {
        let first = linear(job.widths[l - 1], job.widths[l], true)?;
        let skip = job.skips_to(l).then(|| linear(job.widths[l - 2], job.widths[l], false)).transpose()?;
        layers.push(Layer { first, skip });
    }
    let net = Net { layers, relu: job.relu };
    let x = tensor(job.x(), job.batch, job.inputs())?;
    let softmax = job.softmax;
    if job.kind == Kind::Infer {
        let predict = move || -> Result<Tensor> {
            let y = net.forward(&x)?.detach();
            if softmax { ops::softmax(&y, D::Minus1) } else { Ok(y) }
        };
        return Ok(Box::new(move |n| {
            (0..n).for_each(|_| drop(predict().expect("it ran before")));
            n
        }));
    }
    let (rows, classes) = (tensor(job.rows(), job.batch, job.outputs())?, Tensor::new(job.classes(), &device)?);
    let mut sgd = SGD::new(vars, 1e-6)?;
    let mut step = move || -> Result<()> {
        let y = net.forward(&x)?;
        let error = if softmax { loss::cross_entropy(&y, &classes)? } else { loss::mse(&y, &rows)? };
        sgd.backward_step(&error)
    };
    step()?;
    Ok(Box::new(move |n| {
        (0..n).for_each(|_| step().expect("it ran before"));
        n
    }))
}
