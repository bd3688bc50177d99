//! Products with a single row, or of a column with a row, and what follows them, in one width dispatch. The product of one
//! example with a large matrix waits for memory, and two threads wait half as long: it is cut by columns.

use std::ops::Range;

use bp_core::{Accum, Act, Activation, Finish, MatMut, MatRef, Slope};
use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

use crate::threads::{Rows, Tile};
use crate::{Pool, Vector, direct, elementwise};

/// [`bp_core::Backend::gemm`] of operands that [suit](direct::suits).
#[inline(always)]
pub(crate) fn gemm<S: Vector>(
    pool: &Pool,
    unit: usize,
    dst: MatMut<'_, S>,
    accum: Accum,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    match pool.cuts(work(dst.rows(), dst.cols(), lhs.cols())) {
        false => Arch::new().dispatch(Direct { dst, accum, alpha, lhs, rhs, then: Then::Nothing }),
        true => share_gemm(pool, unit, dst, accum, alpha, lhs, rhs),
    }
}

// The shared forms are functions of their own, so that a small product does not pay for them.
#[inline(never)]
fn share_gemm<S: Vector>(
    pool: &Pool,
    unit: usize,
    dst: MatMut<'_, S>,
    accum: Accum,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    let product = |dst: MatMut<'_, S>, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>| {
        Arch::new().dispatch(Direct { dst, accum, alpha, lhs, rhs, then: Then::Nothing });
    };
    let work = work(dst.rows(), dst.cols(), lhs.cols());
    if lhs.rows() > 1 {
        return pool.split(work, unit, Rows { dst, lhs }, &|Rows { dst, lhs }| product(dst, lhs, rhs));
    }
    pool.split(work, line::<S>(), Row::new(dst, None), &|row: Row<'_, S>| {
        let columns = row.columns();
        product(row.whole(), lhs, rhs.t().rows_range(columns.start, columns.end).t());
    });
}

/// [`bp_core::Backend::dense_forward`] of one example.
#[inline(always)]
pub(crate) fn forward<S: Vector>(
    pool: &Pool,
    z: MatMut<'_, S>,
    accum: Accum,
    x: MatRef<'_, S>,
    w: MatRef<'_, S>,
    finish: Finish<'_, S>,
) {
    match pool.cuts(work(1, z.cols(), x.cols())) {
        false => forward_part(z, accum, x, w, finish),
        true => share_forward(pool, z, accum, x, w, finish),
    }
}

#[inline(never)]
fn share_forward<S: Vector>(
    pool: &Pool,
    z: MatMut<'_, S>,
    accum: Accum,
    x: MatRef<'_, S>,
    w: MatRef<'_, S>,
    finish: Finish<'_, S>,
) {
    let work = work(1, z.cols(), x.cols());
    let Finish { bias, a, activation } = finish;
    pool.split(work, line::<S>(), Row::new(z, a), &|mut row: Row<'_, S>| {
        let (columns, a) = (row.columns(), row.a.take());
        let w = w.rows_range(columns.start, columns.end);
        forward_part(row.whole(), accum, x, w, Finish { bias: bias.map(|bias| &bias[columns]), a, activation });
    });
}

#[inline(always)]
fn forward_part<S: Vector>(
    mut dst: MatMut<'_, S>,
    accum: Accum,
    x: MatRef<'_, S>,
    w: MatRef<'_, S>,
    finish: Finish<'_, S>,
) {
    let (lhs, rhs, alpha) = (x, w.t(), S::ONE);
    if let Some(&act) = finish.activation.map_or(Some(&Act::Identity), Activation::known) {
        let then = Then::Finish(finish, act);
        return Arch::new().dispatch(Direct { dst, accum, alpha, lhs, rhs, then });
    }
    Arch::new().dispatch(Direct { dst: dst.reborrow(), accum, alpha, lhs, rhs, then: Then::Nothing });
    elementwise::finish(dst, finish);
}

/// [`bp_core::Backend::dense_backward`] of operands that [suit](direct::suits).
#[inline(always)]
pub(crate) fn backward<S: Vector>(
    pool: &Pool,
    back: MatMut<'_, S>,
    accum: Accum,
    delta: MatRef<'_, S>,
    w: MatRef<'_, S>,
    slope: Option<Slope<'_, S>>,
) {
    match delta.rows() == 1 && pool.cuts(work(1, back.cols(), delta.cols())) {
        false => backward_part(back, accum, delta, w, slope),
        true => share_backward(pool, back, accum, delta, w, slope),
    }
}

#[inline(never)]
fn share_backward<S: Vector>(
    pool: &Pool,
    back: MatMut<'_, S>,
    accum: Accum,
    delta: MatRef<'_, S>,
    w: MatRef<'_, S>,
    slope: Option<Slope<'_, S>>,
) {
    let work = work(1, back.cols(), delta.cols());
    pool.split(work, line::<S>(), Row::new(back, None), &|row: Row<'_, S>| {
        let columns = row.columns();
        let slope = slope.map(|Slope { activation, a, z }| Slope {
            activation,
            a: &a[columns.clone()],
            z: &z[columns.clone()],
        });
        backward_part(row.whole(), accum, delta, w.t().rows_range(columns.start, columns.end).t(), slope);
    });
}

#[inline(always)]
fn backward_part<S: Vector>(
    mut dst: MatMut<'_, S>,
    accum: Accum,
    delta: MatRef<'_, S>,
    w: MatRef<'_, S>,
    slope: Option<Slope<'_, S>>,
) {
    let (lhs, rhs, alpha) = (delta, w, S::ONE);
    let known = slope.and_then(|slope| Some((*slope.activation.known()?, slope)));
    if let (Some(Slope { activation, a, z }), None) = (slope, known) {
        Arch::new().dispatch(Direct { dst: dst.reborrow(), accum, alpha, lhs, rhs, then: Then::Nothing });
        return activation.chain(a, z, dst.into_data());
    }
    let then = known.map_or(Then::Nothing, |(act, slope)| Then::Chain(slope, act));
    Arch::new().dispatch(Direct { dst, accum, alpha, lhs, rhs, then });
}

/// What a product with a vector costs, beside others: every entry of the matrix is fetched for one multiply-add, which takes
/// four times as long as where it is used again.
fn work(m: usize, n: usize, k: usize) -> usize {
    m.saturating_mul(n).saturating_mul(k).saturating_mul(4)
}

/// Numbers in a line of the cache: cuts stand at multiples of it.
fn line<S>() -> usize {
    64 / size_of::<S>()
}

/// Some columns of a destination with one row, and of its pre-activations if they are kept.
struct Row<'a, S> {
    dst: &'a mut [S],
    a: Option<&'a mut [S]>,
    first: usize,
}

impl<'a, S: Vector> Row<'a, S> {
    fn new(dst: MatMut<'a, S>, a: Option<&'a mut [S]>) -> Self {
        let columns = dst.cols();
        Self { dst: &mut dst.into_data()[..columns], a, first: 0 }
    }

    fn columns(&self) -> Range<usize> {
        self.first..self.first + self.dst.len()
    }

    fn whole(self) -> MatMut<'a, S> {
        let columns = self.dst.len();
        MatMut::new(self.dst, 1, columns)
    }
}

impl<S: Vector> Tile for Row<'_, S> {
    fn extent(&self) -> usize {
        self.dst.len()
    }

    fn split_at(self, column: usize) -> (Self, Self) {
        let Self { dst, a, first } = self;
        let (dst, dst_right) = dst.split_at_mut(column);
        let (a, a_right) = a.map(|a| a.split_at_mut(column)).unzip();
        (Self { dst, a, first }, Self { dst: dst_right, a: a_right, first: first + column })
    }
}

/// A product with a vector and what follows it, compiled for each vector width.
struct Direct<'a, 'b, S> {
    dst: MatMut<'a, S>,
    accum: Accum,
    alpha: S,
    lhs: MatRef<'b, S>,
    rhs: MatRef<'b, S>,
    then: Then<'b, S>,
}

enum Then<'b, S> {
    Nothing,
    Finish(Finish<'b, S>, Act),
    Chain(Slope<'b, S>, Act),
}

impl<S: Vector> WithSimd for Direct<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, simd: V) {
        let Self { mut dst, accum, alpha, lhs, rhs, then } = self;
        direct::gemm(simd, dst.reborrow(), accum, alpha, lhs, rhs);
        match then {
            Then::Nothing => {}
            Then::Finish(finish, act) => {
                let width = dst.cols();
                elementwise::FinishRows { z: dst.into_data(), width, finish, act }.call();
            }
            Then::Chain(Slope { a, z, .. }, act) => act.chain(a, z, dst.into_data()),
        }
    }
}

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use super::*;

    fn values<S: Vector>(n: usize, seed: usize) -> Vec<S> {
        (0..n).map(|i| S::from_f64(((i * 37 + seed * 11) % 64) as f64 / 32.0 - 1.0 + 1e-3)).collect()
    }

    /// Forward, backward and gradient of one example, [to, from] large enough to be cut, as bits.
    fn step<S: Vector>(threads: usize, [to, from]: [usize; 2], act: Act) -> Vec<u64> {
        let (w, x, delta, bias) =
            (values::<S>(to * from, 1), values::<S>(from, 2), values::<S>(to, 3), values::<S>(to, 4));
        let (mut z, mut a, mut back, mut dw) =
            (values(to, 5), values(to, 6), values::<S>(from, 7), values(to * from, 8));
        let pool = Pool::new(threads);
        assert_eq!(pool.cuts(work(1, to, from)), threads > 1);
        pool.install(usize::MAX, &mut || {
            let (w, x) = (MatRef::new(&w, to, from), MatRef::new(&x, 1, from));
            let finish = Finish { bias: Some(&bias), a: Some(&mut a), activation: Some(&act) };
            forward(&pool, MatMut::new(&mut z, 1, to), Accum::Add, x, w, finish);
            let delta = MatRef::new(&delta, 1, to);
            let slope = Some(Slope { activation: &act, a: x.data(), z: x.data() });
            backward(&pool, MatMut::new(&mut back, 1, from), Accum::Replace, delta, w, slope);
            gemm(&pool, 1, MatMut::new(&mut dw, to, from), Accum::Add, S::from_f64(-0.5), delta.t(), x);
            gemm(&pool, 1, MatMut::new(&mut back, 1, from), Accum::Add, S::ONE, delta, w);
        });
        [z, a, back, dw].iter().flatten().map(|x| x.to_f64().to_bits()).collect()
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        for shape in [[257, 515], [515, 257], [2, 65_536], [65_536, 2], [1, 140_000]] {
            let whole = (step::<f32>(1, shape, Act::Tanh), step::<f64>(1, shape, Act::Gelu));
            for threads in [2, 3, 8] {
                assert!(step::<f32>(threads, shape, Act::Tanh) == whole.0, "{shape:?} in f32, {threads} threads");
                assert!(step::<f64>(threads, shape, Act::Gelu) == whole.1, "{shape:?} in f64, {threads} threads");
            }
        }
    }
}
