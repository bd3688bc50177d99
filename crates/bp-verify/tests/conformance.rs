//! The reference backend conforms, and each kernel's faults are found by name.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{
    Accum, Activation, Backend, Finish, Float, MatMut, MatRef, OutputFunction, Reference, Scalar, Slope, kernels,
};
use bp_verify::{Checked, check_backend};

#[test]
fn the_reference_conforms() {
    let seen = check_backend::<f64>(&Reference, 48, 1).unwrap();
    assert!(seen.products > 2000 && seen.networks == 48, "{seen:?}");
}

bp_verify::backend_conformance!(in_one_line, bp_core::Reference);

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
    FusesWithoutBias,
    FusesWithoutSlope,
    SoftmaxLosesLast,
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
    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        let rows = if *self == Self::SwallowsSum { delta.rows().min(16) } else { delta.rows() };
        Reference.sum_rows(dst, accum, alpha, delta.rows_range(0, rows));
    }
    fn activate(&self, activation: &dyn Activation<S>, z: &mut [S]) {
        activation.apply(z);
        if *self == Self::FastTanh {
            // Some 8 ulp of a faster function.
            let factor = S::from_f64(1.0 + 16.0 * S::UNIT_ROUNDOFF);
            z.iter_mut().for_each(|z| *z = *z * factor);
        }
    }
    fn dense_forward(&self, z: MatMut<'_, S>, accum: Accum, x: MatRef<'_, S>, w: MatRef<'_, S>, finish: Finish<'_, S>) {
        let bias = if *self == Self::FusesWithoutBias { None } else { finish.bias };
        kernels::dense_forward(self, z, accum, x, w, Finish { bias, ..finish });
    }
    fn dense_backward(
        &self,
        back: MatMut<'_, S>,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        let slope = if *self == Self::FusesWithoutSlope { None } else { slope };
        kernels::dense_backward(self, back, accum, delta, w, slope);
    }
    fn output(&self, function: &dyn OutputFunction<S>, mut y: MatMut<'_, S>) {
        let width = y.cols();
        function.apply_rows(width, y.reborrow().into_data());
        if let (Self::SoftmaxLosesLast, Some(last)) = (self, y.into_data().last_mut()) {
            *last = *last * (S::ONE + S::from_f64(1e-4));
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
        (Fault::FusesWithoutBias, "dense_forward: "),
        (Fault::FusesWithoutSlope, "dense_backward: "),
        (Fault::SoftmaxLosesLast, "output: "),
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
    assert!(text.contains(" on only-in-networks: certificate (f64): FAIL"), "{text}");
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

/// A backend that corrupts one column of every large product, as faer-rs#273 reports.
#[derive(Debug, Clone, Copy)]
struct OneColumn;

impl<S: Float> Backend<S> for OneColumn {
    fn name(&self) -> &str {
        "one-column"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
        if dst.rows() * dst.cols() * lhs.cols() > 100_000 {
            let col = dst.cols() / 2;
            (0..dst.rows()).for_each(|i| {
                let row = dst.row_mut(i);
                row[col] = row[col] * S::from_f64(1.001);
            });
        }
    }
}

#[test]
fn a_wrong_column_of_a_large_product_is_found() {
    for violation in [check_backend::<f64>(&OneColumn, 0, 1), check_backend::<f32>(&OneColumn, 0, 1)] {
        let text = violation.unwrap_err().to_string();
        assert!(text.starts_with("gemm: "), "{text}");
    }
}

/// The guard replaces a wrong product by the reference's, counts it and says so; right ones pass unchanged.
fn check_guard<S: Float>(accum: Accum) {
    let (m, n, k) = (40, 70, 50);
    let values = |len: usize, step: usize| -> Vec<S> {
        (0..len).map(|i| S::from_f64(((i * step) % 97) as f64 / 97.0 - 0.5)).collect()
    };
    let (a, b, d) = (values(m * k, 31), values(k * n, 17), values(m * n, 7));
    let product = |backend: &dyn Backend<S>| {
        let mut dst = d.clone();
        let (l, r) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
        backend.gemm(MatMut::new(&mut dst, m, n), accum, S::from_f64(-0.5), l, r);
        dst.iter().map(|x| x.to_f64().to_bits()).collect::<Vec<_>>()
    };
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&seen);
    let guarded = Checked::paranoid(OneColumn).on_wrong(move |_, shape, wrong| {
        assert!(shape == [40, 70, 50] && wrong.residual > wrong.bound);
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(product(&guarded), product(&Reference), "{accum:?}");
    assert_eq!((guarded.counts().products(), guarded.counts().probed(), guarded.counts().wrong()), (1, 1, 1));
    assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 1);
    let honest = Checked::paranoid(Reference);
    assert_eq!(product(&honest), product(&Reference));
    assert_eq!((honest.counts().probed(), honest.counts().wrong()), (1, 0));
}

#[test]
fn the_guard_replaces_a_wrong_product() {
    for accum in [Accum::Replace, Accum::Add] {
        check_guard::<f64>(accum);
        check_guard::<f32>(accum);
    }
}

/// One product in 1,024 on average, not in lockstep with anything: every residue of the number of a product is probed.
#[test]
fn the_guard_probes_a_share() {
    let guarded = Checked::new(Reference);
    let mut dst = [0.0];
    for _ in 0..100_000 {
        let one = [1.0];
        let (l, r) = (MatRef::new(&one, 1, 1), MatRef::new(&one, 1, 1));
        guarded.gemm(MatMut::new(&mut dst, 1, 1), Accum::Replace, 1.0, l, r);
    }
    // The hash is fixed, so this count is too; 98 is expected, with a deviation of 10.
    assert!((60..140).contains(&guarded.counts().probed()), "{:?}", guarded.counts());
    assert_eq!(guarded.counts().wrong(), 0);
}
