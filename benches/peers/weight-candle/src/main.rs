//! Exclusive or with candle.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{Module, Optimizer, SGD, VarBuilder, VarMap, linear, loss};

fn main() -> Result<()> {
    let (device, vars) = (Device::Cpu, VarMap::new());
    let x = Tensor::new(&[[0_f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], &device)?;
    let t = Tensor::new(&[0_u32, 1, 1, 0], &device)?;
    let vb = VarBuilder::from_varmap(&vars, DType::F32, &device);
    let (hidden, output) = (linear(2, 8, vb.pp("hidden"))?, linear(8, 2, vb.pp("output"))?);
    let forward = || output.forward(&hidden.forward(&x)?.tanh()?);
    let mut sgd = SGD::new(vars.all_vars(), 0.5)?;
    for _ in 0..500 {
        sgd.backward_step(&loss::cross_entropy(&forward()?, &t)?)?;
    }
    println!("{:?}", forward()?.argmax(D::Minus1)?.to_vec1::<u32>()?);
    Ok(())
}
