//! The kernels of a backend against bounds that hold for any order of summation.

use bp_core::{Accum, Act, Activation, Backend, Float, MatMut, MatRef, Real};

use crate::any_order::AnyOrder;
use crate::case::SplitMix;
use crate::rounding::Rounded;
use crate::{Number, Violation, WrongRow, wrong_row};

/// Sizes that fall on, before and after every width that a vectorised loop has.
const SIZES: [usize; 24] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 32, 33, 63, 64, 65];

/// A matrix with a gap of NaN after every row, which a kernel may neither use nor touch.
#[derive(Debug)]
struct Padded<S> {
    data: Vec<S>,
    rows: usize,
    cols: usize,
    ld: usize,
}

impl<S: Copy> Padded<S> {
    fn view(&self) -> MatRef<'_, S> {
        MatRef::with_ld(&self.data, self.rows, self.cols, self.ld)
    }

    fn view_mut(&mut self) -> MatMut<'_, S> {
        MatMut::with_ld(&mut self.data, self.rows, self.cols, self.ld)
    }
}

impl<S: Float + Number> Padded<S> {
    fn random((rows, cols): (usize, usize), random: &mut SplitMix) -> Self {
        // Rows of no columns have no gap: bp-core's views cannot cut an empty row out of one.
        let ld = if cols == 0 { 0 } else { cols + random.below(3) };
        let at = |n: usize| if n % ld < cols { S::from_thousandths(random.between(-1000, 1000)) } else { nan() };
        Self { data: (0..rows * ld).map(at).collect(), rows, cols, ld }
    }

    /// What a destination may hold before it is replaced.
    fn forget(&mut self, accum: Accum) {
        if accum == Accum::Replace {
            self.data.fill(nan());
        }
    }

    fn lifted(&self) -> Padded<Rounded<S>> {
        let data = self.data.iter().map(|&x| Rounded::exact(x)).collect();
        Padded { data, rows: self.rows, cols: self.cols, ld: self.ld }
    }

    /// Against the centres of `want`: both are within the bound of the exact value. Gaps must still hold NaN.
    fn compare(&self, want: &Padded<Rounded<S>>, kernel: &'static str, what: &str) -> Result<(), Violation> {
        for (n, (got, want)) in self.data.iter().zip(&want.data).enumerate() {
            let (row, col) = (n / self.ld, n % self.ld);
            let (got, centre, bound) = (got.to_f64(), want.value(), 2.0 * want.error());
            let right = if col < self.cols { (got - centre).abs() <= bound } else { got.is_nan() };
            if !right {
                let place = format!("{what} dst[{row}][{col}]{}", if col < self.cols { "" } else { " between rows" });
                return Err(Violation::bounded(kernel, place, got, centre, bound));
            }
        }
        Ok(())
    }
}

fn nan<S: Float>() -> S {
    S::from_f64(f64::NAN)
}

/// One product to compare.
#[derive(Debug, Clone, Copy)]
struct Product {
    /// Rows and columns of dst, and the inner size.
    shape: [usize; 3],
    lhs_transposed: bool,
    rhs_transposed: bool,
    accum: Accum,
    /// In thousandths.
    alpha: i64,
}

/// One size swept over [`SIZES`] with the others small, squares, rows and columns, and a few large ones; lhs and rhs
/// as they are and transposed; with and without gaps; alpha 1 and −¾; replacing NaN and adding.
pub(crate) fn check_gemm<S: Float + Number>(
    backend: &dyn Backend<S>,
    random: &mut SplitMix,
) -> Result<usize, Violation> {
    let mut shapes = vec![[64, 64, 64], [65, 33, 63], [33, 65, 300]];
    for size in SIZES {
        shapes.extend([[size, 3, 5], [3, size, 5], [3, 5, size], [size, size, 2], [1, size, size], [size, 1, size]]);
    }
    let mut products = 0;
    for &shape in &shapes {
        for orientation in 0..4 {
            for (accum, alpha) in [Accum::Replace, Accum::Add].into_iter().flat_map(|a| [(a, 1000), (a, -750)]) {
                let (lhs_transposed, rhs_transposed) = (orientation & 1 == 1, orientation & 2 == 2);
                let product = Product { shape, lhs_transposed, rhs_transposed, accum, alpha };
                product.check(backend, random)?;
                products += 1;
            }
        }
    }
    Ok(products)
}

/// Large products, too large for a bound on every entry: long sums, blocks of zeros, sides that start anywhere in
/// memory. Each is probed by Freivalds' check with several vectors; a single wrong entry is always seen.
pub(crate) fn check_large<S: Float + Number>(
    backend: &dyn Backend<S>,
    random: &mut SplitMix,
) -> Result<usize, Violation> {
    let mut products = 0;
    for [m, n, k] in [[2, 3, 4099], [17, 130, 1031], [129, 65, 515], [256, 192, 320]] {
        for start in 0..8 {
            let transposed = [start & 1 == 1, start & 2 == 2];
            let accum = if start < 4 { Accum::Replace } else { Accum::Add };
            // Two thirds of the rows of the left side are 0, in blocks.
            let mut side = |len: usize, blocks: bool| -> Vec<S> {
                let draw = |i: usize| match blocks && !(i / 96).is_multiple_of(3) {
                    true => S::ZERO,
                    false => S::from_thousandths(random.between(-1000, 1000)),
                };
                (0..start + len).map(draw).collect()
            };
            let (lhs, rhs, mut dst) = (side(m * k, start >= 2), side(k * n, false), side(m * n, false));
            let before = dst.clone();
            let view = |data, rows, cols, transposed| match transposed {
                true => MatRef::new(data, cols, rows).t(),
                false => MatRef::new(data, rows, cols),
            };
            let (l, r) = (view(&lhs[start..], m, k, transposed[0]), view(&rhs[start..], k, n, transposed[1]));
            backend.gemm(MatMut::new(&mut dst[start..], m, n), accum, S::ONE, l, r);
            let (got, old) = (MatRef::new(&dst[start..], m, n), MatRef::new(&before[start..], m, n));
            for seed in 0..4 {
                if let Some(WrongRow { row, residual, bound }) = wrong_row(got, accum, Some(old), S::ONE, l, r, seed) {
                    let place = format!("{m}×{n}, inner size {k}, {accum:?}, starts at {start}: row {row}");
                    return Err(Violation::bounded("gemm", place, residual, 0.0, bound));
                }
            }
            products += 1;
        }
    }
    Ok(products)
}

impl Product {
    fn check<S: Float + Number>(self, backend: &dyn Backend<S>, random: &mut SplitMix) -> Result<(), Violation> {
        let Self { shape: [m, n, k], lhs_transposed, rhs_transposed, accum, alpha } = self;
        let alpha = S::from_thousandths(alpha);
        let lhs = Padded::<S>::random(if lhs_transposed { (k, m) } else { (m, k) }, random);
        let rhs = Padded::<S>::random(if rhs_transposed { (n, k) } else { (k, n) }, random);
        let mut dst = Padded::<S>::random((m, n), random);
        dst.forget(accum);
        let (lhs_bound, rhs_bound, mut want) = (lhs.lifted(), rhs.lifted(), dst.lifted());

        let (l, r) = (turn(lhs_bound.view(), lhs_transposed), turn(rhs_bound.view(), rhs_transposed));
        AnyOrder.gemm(want.view_mut(), accum, Rounded::exact(alpha), l, r);
        let (l, r) = (turn(lhs.view(), lhs_transposed), turn(rhs.view(), rhs_transposed));
        backend.gemm(dst.view_mut(), accum, alpha, l, r);
        dst.compare(&want, "gemm", &format!("{self:?}"))
    }
}

fn turn<S: Copy>(m: MatRef<'_, S>, transposed: bool) -> MatRef<'_, S> {
    if transposed { m.t() } else { m }
}

/// `add_bias` and `sum_rows` on every height and width of [`SIZES`].
pub(crate) fn check_rows<S: Float + Number>(backend: &dyn Backend<S>, random: &mut SplitMix) -> Result<(), Violation> {
    for size in SIZES {
        for (rows, cols) in [(size, 3), (3, size), (size, size)] {
            let what = format!("{rows}×{cols}");
            let bias = Padded::<S>::random((1, cols), random);
            let mut a = Padded::<S>::random((rows, cols), random);
            let mut want = a.lifted();
            AnyOrder.add_bias(want.view_mut(), bias.lifted().view().row(0));
            backend.add_bias(a.view_mut(), bias.view().row(0));
            a.compare(&want, "add_bias", &what)?;

            for accum in [Accum::Replace, Accum::Add] {
                let delta = Padded::<S>::random((rows, cols), random);
                let mut dst = Padded::<S>::random((1, cols), random);
                dst.forget(accum);
                let mut want = dst.lifted();
                let alpha = S::from_thousandths(random.between(-1000, 1000));
                AnyOrder.sum_rows(want.view_mut().row_mut(0), accum, Rounded::exact(alpha), delta.lifted().view());
                backend.sum_rows(dst.view_mut().row_mut(0), accum, alpha, delta.view());
                dst.compare(&want, "sum_rows", &format!("{what}, {accum:?}"))?;
            }
        }
    }
    Ok(())
}

/// h and h′ of every built-in activation, on slices of every length of [`SIZES`], values in ±20.
pub(crate) fn check_elementwise<S: Float + Number>(
    backend: &dyn Backend<S>,
    random: &mut SplitMix,
) -> Result<(), Violation> {
    for act in Act::ALL {
        for size in SIZES {
            let mut row =
                || (0..size).map(|_| S::from_thousandths(random.between(-20_000, 20_000))).collect::<Vec<_>>();
            let (a, errors) = (row(), row());
            let mut z = a.clone();
            backend.activate(&act, &mut z);
            let mut delta = errors.clone();
            backend.chain(&act, &a, &z, &mut delta);
            for n in 0..size {
                let a = Rounded::exact(a[n]);
                // h′ is judged on the z that the backend itself made.
                let slope = act.derivative(a, Rounded::exact(z[n]));
                check_one("activate", act, n, z[n], act.value(a))?;
                check_one("chain", act, n, delta[n], Rounded::exact(errors[n]) * slope)?;
            }
        }
    }
    Ok(())
}

fn check_one<S: Float>(kernel: &'static str, act: Act, n: usize, got: S, want: Rounded<S>) -> Result<(), Violation> {
    let (got, bound) = (Real::from_f64(got.to_f64()), 2.0 * want.error());
    let off: f64 = Real::abs(got - want.value());
    if off <= bound { Ok(()) } else { Err(Violation::bounded(kernel, format!("{act}[{n}]"), got, want.value(), bound)) }
}
