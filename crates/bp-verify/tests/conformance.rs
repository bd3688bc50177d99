//! The reference backend conforms, and each kernel's faults are found by name.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{Accum, Activation, Backend, Float, MatMut, MatRef, Reference, Scalar};
use bp_verify::check_backend;

#[test]
fn the_reference_conforms() {
    let seen = check_backend::<f64>(&Reference, 48, 1).unwrap();
    assert!(seen.products > 2000 && seen.networks == 48, "{seen:?}");
    check_backend::<f32>(&Reference, 48, 1).unwrap();
}

/// A backend with a fault in one kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    IgnoresAccum,
    KeepsNan,
    IgnoresAlpha,
    EmptyProductKeepsDst,
    SkipsTail,
    WritesGaps,
    SingleInDouble,
    WrongLeadingDimension,
    SwallowsSum,
    ForgetsLastBias,
    FastTanh,
    DoubleChain,
}

impl<S: Float> Backend<S> for Fault {
    fn name(&self) -> &str {
        "faulty"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        let (rows, cols, k) = (dst.rows(), dst.cols(), lhs.cols());
        match self {
            Self::IgnoresAccum => Reference.gemm(dst, Accum::Replace, alpha, lhs, rhs),
            Self::IgnoresAlpha => Reference.gemm(dst, accum, S::ONE, lhs, rhs),
            Self::KeepsNan if accum == Accum::Replace => {
                // 0 · dst + product, as a careless beta = 0 does.
                for i in 0..rows {
                    dst.row_mut(i).iter_mut().for_each(|d| *d = *d * S::ZERO);
                }
                Reference.gemm(dst, Accum::Add, alpha, lhs, rhs);
            }
            Self::EmptyProductKeepsDst if k == 0 => {}
            Self::SkipsTail if cols > 8 && !cols.is_multiple_of(8) => {
                Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
                (0..rows).for_each(|i| dst.row_mut(i)[cols - 1] = S::ZERO);
            }
            Self::WritesGaps if rows > 1 && dst.ld() > cols => {
                Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
                dst.into_data()[cols] = S::ZERO;
            }
            Self::SingleInDouble => {
                let single = |m: MatRef<'_, S>| -> Vec<S> {
                    let (rows, cols) = (m.rows(), m.cols());
                    let at = |n: usize| S::from_f64(f64::from(m.at(n / cols, n % cols).to_f64() as f32));
                    (0..rows * cols).map(at).collect()
                };
                let (l, r) = (single(lhs), single(rhs));
                Reference.gemm(dst, accum, alpha, MatRef::new(&l, rows, k), MatRef::new(&r, k, cols));
            }
            Self::WrongLeadingDimension if !rhs.is_transposed() && k > 0 && cols > 0 => {
                let rhs = MatRef::new(&rhs.data()[..k * cols], k, cols);
                Reference.gemm(dst, accum, alpha, lhs, rhs);
            }
            _ => Reference.gemm(dst, accum, alpha, lhs, rhs),
        }
    }
    fn add_bias(&self, dst: MatMut<'_, S>, bias: &[S]) {
        let mut bias = bias.to_vec();
        if let (Self::ForgetsLastBias, Some(last)) = (self, bias.last_mut()) {
            *last = S::ZERO;
        }
        Reference.add_bias(dst, &bias);
    }
    fn sum_rows(&self, dst: &mut [S], accum: Accum, delta: MatRef<'_, S>) {
        let rows = if *self == Self::SwallowsSum { delta.rows().min(16) } else { delta.rows() };
        Reference.sum_rows(dst, accum, delta.rows_range(0, rows));
    }
    fn activate(&self, activation: &dyn Activation<S>, z: &mut [S]) {
        activation.apply(z);
        if *self == Self::FastTanh {
            // Some 8 ulp of a faster function.
            let factor = S::from_f64(1.0 + 16.0 * S::UNIT_ROUNDOFF);
            z.iter_mut().for_each(|z| *z = *z * factor);
        }
    }
    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        activation.chain(a, z, delta);
        if *self == Self::DoubleChain {
            activation.chain(a, z, delta);
        }
    }
}

/// The fault is found, in that kernel.
fn check<S: Float + bp_verify::Number>(fault: Fault, kernel: &str) {
    let violation = check_backend::<S>(&fault, 4, 1).expect_err("a fault that must be found").to_string();
    assert!(violation.starts_with(kernel), "{fault:?} in {}: {violation}", S::NAME);
}

#[test]
fn each_kernel_fault_is_found() {
    for (fault, kernel) in [
        (Fault::IgnoresAccum, "gemm: "),
        (Fault::KeepsNan, "gemm: "),
        (Fault::IgnoresAlpha, "gemm: "),
        (Fault::EmptyProductKeepsDst, "gemm: "),
        (Fault::SkipsTail, "gemm: "),
        (Fault::WritesGaps, "gemm: "),
        (Fault::WrongLeadingDimension, "gemm: "),
        (Fault::SwallowsSum, "sum_rows: "),
        (Fault::ForgetsLastBias, "add_bias: "),
        (Fault::FastTanh, "activate: "),
        (Fault::DoubleChain, "chain: "),
    ] {
        check::<f64>(fault, kernel);
        check::<f32>(fault, kernel);
    }
    check::<f64>(Fault::SingleInDouble, "gemm: ");
}

/// A fault that only whole networks show: h′ is left out of 20 errors, a size that no kernel check has.
struct OnlyInNetworks;

impl<S: Float> Backend<S> for OnlyInNetworks {
    fn name(&self) -> &str {
        "only-in-networks"
    }
    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        Reference.gemm(dst, accum, alpha, lhs, rhs);
    }
    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        if delta.len() != 20 {
            activation.chain(a, z, delta);
        }
    }
}

#[test]
fn a_network_that_fails_is_named() {
    let violation = check_backend::<f64>(&OnlyInNetworks, 64, 1).unwrap_err();
    let text = violation.to_string();
    assert!(text.starts_with("network "), "{text}");
    assert!(text.contains(" on only-in-networks: gradient check (f64) FAILED"), "{text}");
    assert!(violation.place().starts_with('h'), "{text}");
}

/// The other orders of summation conform too: pairs, blocks, backwards.
#[derive(Debug, Clone, Copy)]
struct Blocks(usize);

impl<S: Float> Backend<S> for Blocks {
    fn name(&self) -> &str {
        "blocks"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        for i in 0..dst.rows() {
            for j in 0..dst.cols() {
                let at = &mut dst.row_mut(i)[j];
                let mut sum = if accum == Accum::Add { *at } else { S::ZERO };
                for block in (0..lhs.cols()).rev().collect::<Vec<_>>().chunks(self.0) {
                    let partial =
                        block.iter().fold(<S as Scalar>::ZERO, |s, &k| s + alpha * lhs.at(i, k) * rhs.at(k, j));
                    sum += partial;
                }
                *at = sum;
            }
        }
    }
}

#[test]
fn other_orders_of_summation_conform() {
    for size in [1, 2, 7] {
        check_backend::<f64>(&Blocks(size), 12, size as u64).unwrap();
        check_backend::<f32>(&Blocks(size), 12, size as u64).unwrap();
    }
}
