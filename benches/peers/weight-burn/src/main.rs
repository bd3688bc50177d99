//! Exclusive or with burn on burn-flex.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Int, Tensor, activation::tanh};

#[derive(Module, Debug)]
struct Net {
    hidden: Linear,
    output: Linear,
}

impl Net {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.output.forward(tanh(self.hidden.forward(x)))
    }
}

fn main() {
    let device = Device::flex().autodiff();
    let x = Tensor::<2>::from_data([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], &device);
    let t = Tensor::<1, Int>::from_data([0, 1, 1, 0], &device);
    let (hidden, output) = (LinearConfig::new(2, 8).init(&device), LinearConfig::new(8, 2).init(&device));
    let (mut net, mut sgd) = (Net { hidden, output }, SgdConfig::new().init());
    let loss = CrossEntropyLossConfig::new().init(&device);
    for _ in 0..500 {
        let grads = loss.forward(net.forward(x.clone()), t.clone()).backward();
        let grads = GradientsParams::from_grads(grads, &net);
        net = sgd.step(0.5, net, grads);
    }
    println!("{}", net.forward(x).argmax(1));
}
