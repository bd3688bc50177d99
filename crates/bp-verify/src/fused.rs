//! The fused kernels of a backend against its own kernels one after the other: the same bits, in every shape.

use bp_core::{Accum, Act, Activation, Backend, Finish, Float, MatMut, MatRef, Output, Real, Slope, kernels};

use crate::case::SplitMix;
use crate::rounding::Rounded;
use crate::{Number, Violation};

/// Rows, units, inputs: single rows, odd tails, small products and some that are cut into tiles or blocks.
const SHAPES: [[usize; 3]; 10] = [
    [1, 1, 1],
    [1, 8, 2],
    [1, 40, 130],
    [2, 3, 33],
    [7, 5, 3],
    [16, 16, 4],
    [33, 17, 31],
    [65, 10, 64],
    [70, 96, 101],
    [130, 129, 67],
];

/// `dense_forward`, `dense_backward` and `finish` for a built-in activation that needs a, one that does not, and none.
pub(crate) fn check_fused<S: Float + Number>(backend: &dyn Backend<S>, random: &mut SplitMix) -> Result<(), Violation> {
    for [rows, units, inputs] in SHAPES {
        let mut values =
            |n: usize| (0..n).map(|_| S::from_thousandths(random.between(-1000, 1000))).collect::<Vec<S>>();
        let (x, w, bias) = (values(rows * inputs), values(units * inputs), values(units));
        let (delta, z, start) = (values(rows * units), values(rows * inputs), values(rows * units.max(inputs)));
        let (x_view, w_view) = (MatRef::new(&x, rows, inputs), MatRef::new(&w, units, inputs));
        for act in [None, Some(Act::Tanh), Some(Act::Softplus)] {
            let activation = act.as_ref().map(|act| act as &dyn Activation<S>);
            for accum in [Accum::Replace, Accum::Add] {
                let what = format!("{rows}×{units}×{inputs} {act:?} {accum:?}");
                let (mut got, mut want) = (start[..rows * units].to_vec(), start[..rows * units].to_vec());
                let (mut got_a, mut want_a) = (vec![S::ZERO; rows * units], vec![S::ZERO; rows * units]);
                let finish = Finish { bias: Some(&bias), a: Some(&mut got_a), activation };
                backend.dense_forward(MatMut::new(&mut got, rows, units), accum, x_view, w_view, finish);
                let mut dst = MatMut::new(&mut want, rows, units);
                backend.gemm(dst.reborrow(), accum, S::ONE, x_view, w_view.t());
                let finish = Finish { bias: Some(&bias), a: Some(&mut want_a), activation };
                kernels::finish(backend, dst, finish);
                same("dense_forward", &what, &got, &want)?;
                same("dense_forward", &format!("{what}, a"), &got_a, &want_a)?;

                let slope = activation.map(|activation| Slope { activation, a: &x, z: &z });
                let (mut got, mut want) = (start[..rows * inputs].to_vec(), start[..rows * inputs].to_vec());
                let delta = MatRef::new(&delta, rows, units);
                backend.dense_backward(MatMut::new(&mut got, rows, inputs), accum, delta, w_view, slope);
                let dst = MatMut::new(&mut want, rows, inputs);
                kernels::dense_backward(backend, dst, accum, delta, w_view, slope);
                same("dense_backward", &what, &got, &want)?;
            }
        }
        check_softmax(backend, &delta, rows, units)?;
    }
    Ok(())
}

/// `output` for softmax against bp-core's own, by its rounding bound.
fn check_softmax<S: Float + Number>(
    backend: &dyn Backend<S>,
    a: &[S],
    rows: usize,
    units: usize,
) -> Result<(), Violation> {
    let mut got = a.to_vec();
    backend.output(&Output::<Act>::Softmax, MatMut::new(&mut got, rows, units));
    let mut want: Vec<Rounded<S>> = a.iter().map(|&a| Rounded::exact(a)).collect();
    kernels::softmax(units, &mut want);
    for (at, (got, want)) in got.iter().zip(&want).enumerate() {
        let (got, bound) = (<f64 as Real>::from_f64(got.to_f64()), 2.0 * want.error());
        if !((got - want.value()).abs() <= bound) {
            let place = format!("softmax of {rows}×{units}, place {at}");
            return Err(Violation::bounded("output", place, got, want.value(), bound));
        }
    }
    Ok(())
}

fn same<S: Float>(kernel: &'static str, what: &str, got: &[S], want: &[S]) -> Result<(), Violation> {
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        let (got, want) = (got.to_f64(), want.to_f64());
        if got.to_bits() != want.to_bits() && !(got.is_nan() && want.is_nan()) {
            return Err(Violation::bounded(kernel, format!("{what}, place {at}"), got, want, 0.0));
        }
    }
    Ok(())
}
