//! burn: `peer-burn flex|ndarray|cpu THREADS`. Plain tensors with burn's autodiff; no module or optimiser between.

use burn::tensor::activation::{log_softmax, relu, softmax, tanh};
use burn::tensor::module::linear;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use peer_protocol::{Job, Kind, Steps};

fn main() -> std::io::Result<()> {
    let mut arguments = peer_protocol::arguments();
    let threads = arguments.pop().unwrap_or_else(|| "1".into());
    let backend = arguments.pop().unwrap_or_else(|| "flex".into());
    // SAFETY: no other thread runs yet. Both backends compute in rayon's global pool.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", threads) };
    #[expect(deprecated, reason = "burn-ndarray is timed as long as it is there")]
    let device = match backend.as_str() {
        "ndarray" => Device::ndarray(),
        #[cfg(feature = "cpu")]
        "cpu" => Device::cpu(),
        _ => Device::flex(),
    };
    peer_protocol::serve(&format!("burn-{backend} 0.22.1"), |job| setup(job, &device))
}

/// A layer: weights [from][to] and bias, and perhaps weights from the layer two before.
#[derive(Clone)]
struct Layer {
    weight: Tensor<2>,
    bias: Tensor<1>,
    skip: Option<Tensor<2>>,
}

struct Net {
    layers: Vec<Layer>,
    relu: bool,
}

impl Net {
    fn forward(&self, x: &Tensor<2>) -> Tensor<2> {
        let mut z = vec![x.clone()];
        for (l, layer) in self.layers.iter().enumerate() {
            let mut a = linear(z[l].clone(), layer.weight.clone(), Some(layer.bias.clone()));
            if let Some(skip) = &layer.skip {
                a = a + z[l - 1].clone().matmul(skip.clone());
            }
            let last = l + 1 == self.layers.len();
            z.push(if last {
                a
            } else if self.relu {
                relu(a)
            } else {
                tanh(a)
            });
        }
        z.remove(z.len() - 1)
    }
}

fn setup(job: &Job, device: &Device) -> Result<Steps, String> {
    if job.double {
        return Err("burn is timed in f32".into());
    }
    let training = job.kind == Kind::Train;
    let device = if training { device.clone().autodiff() } else { device.clone() };
    let matrix = |data: Vec<f32>, rows: usize, cols: usize| {
        Tensor::<2>::from_data(TensorData::new(data, [rows, cols]), (&device, DType::F32))
    };
    let leaf2 = |w: Tensor<2>| if training { w.require_grad() } else { w };
    let leaf1 = |b: Tensor<1>| if training { b.require_grad() } else { b };
    let mut layers = vec![];
    for l in 1..job.widths.len() {
        let weights = |from: usize, to: usize| leaf2(matrix(job.weights(to, from), from, to));
        layers.push(Layer {
            weight: weights(job.widths[l - 1], job.widths[l]),
            bias: leaf1(Tensor::zeros([job.widths[l]], &device)),
            skip: job.skips_to(l).then(|| weights(job.widths[l - 2], job.widths[l])),
        });
    }
    let mut net = Net { layers, relu: job.relu };
    let x = matrix(job.x(), job.batch, job.inputs());
    let with_softmax = job.softmax;
    if !training {
        return Ok(Box::new(move |n| {
            for _ in 0..n {
                let y = net.forward(&x);
                drop(if with_softmax { softmax(y, 1) } else { y });
            }
            device.sync().expect("the device runs");
            n
        }));
    }
    let rows = matrix(job.rows(), job.batch, job.outputs());
    let classes: Vec<i32> = job.classes().into_iter().map(|class| class as i32).collect();
    let classes = Tensor::<1, Int>::from_data(TensorData::new(classes, [job.batch]), &device);
    Ok(Box::new(move |n| {
        for _ in 0..n {
            let y = net.forward(&x);
            let error = if with_softmax {
                log_softmax(y, 1).gather(1, classes.clone().reshape([-1, 1])).mean().neg()
            } else {
                (y - rows.clone()).square().mean()
            };
            let mut grads = error.backward();
            for layer in &mut net.layers {
                let descend = |w: &Tensor<2>, grads: &mut _| {
                    let g = w.grad_remove(grads).expect("every weight has a gradient");
                    Tensor::from_inner(w.clone().inner() - g * 1e-6).require_grad()
                };
                layer.weight = descend(&layer.weight, &mut grads);
                layer.skip = layer.skip.as_ref().map(|w| descend(w, &mut grads));
                let g = layer.bias.grad_remove(&mut grads).expect("every bias has a gradient");
                layer.bias = Tensor::from_inner(layer.bias.clone().inner() - g * 1e-6).require_grad();
            }
        }
        device.sync().expect("the device runs");
        n
    }))
}
