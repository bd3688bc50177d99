//! [`Dense`]: the kernels of a dense connection for a backend that brings a matrix product and a pool of threads. Single rows
//! are direct loops in one width dispatch; large ones are cut into tiles of rows, and each tile gets its bias, activation
//! or slope while it is in the cache.

use bp_core::{Accum, Finish, Float, MatMut, MatRef, Slope};

use crate::threads::{Tile, work};
use crate::{Pool, Vector, direct, elementwise, packed, product, row, strip::Strip};

/// A matrix product on one thread: `dst ← (dst +) alpha · lhs · rhs`.
pub type Gemm<S> = fn(MatMut<'_, S>, Accum, S, MatRef<'_, S>, MatRef<'_, S>);

/// A pool, a product, and where the product may be cut.
///
/// ```
/// use bp_core::{Accum, MatMut, MatRef, kernels};
/// use bp_train::{Dense, Pool};
/// let pool = Pool::new(2);
/// let dense = Dense::new(&pool, kernels::gemm::<f32>, 1);
/// let (x, w, mut z) = ([1.0, 2.0], [3.0, 4.0], [0.0]);
/// dense.forward(MatMut::new(&mut z, 1, 1), Accum::Replace, MatRef::new(&x, 1, 2), MatRef::new(&w, 1, 2), Default::default());
/// assert_eq!(z, [11.0]);
/// ```
#[derive(Clone, Copy)]
pub struct Dense<'a, S> {
    pool: &'a Pool,
    gemm: Gemm<S>,
    unit: usize,
    /// The product is [`packed`], which may be cut by columns too.
    is_packed: bool,
}

impl<'a, S: Vector> Dense<'a, S> {
    /// Products by `gemm`: a tile of two rows or more must have the bits of the whole, cut at multiples of `unit` rows.
    pub fn new(pool: &'a Pool, gemm: Gemm<S>, unit: usize) -> Self {
        Self { pool, gemm, unit, is_packed: false }
    }

    /// Products by [`packed`].
    pub fn packed(pool: &'a Pool) -> Self {
        Self { pool, gemm: packed, unit: 1, is_packed: true }
    }

    /// Whether a destination is better cut by columns than by rows: then each thread reads a part of the weights of its
    /// own, the part that it has updated itself, and packs no more than that. It pays where they outweigh the rows, which
    /// every thread reads then.
    fn by_columns(&self, rows: usize, columns: usize, inner: usize) -> bool {
        self.is_packed && self.pool.threads() > 1 && inner >= 3 * rows && rows < columns && rows <= product::ROWS
    }

    /// `dst ← (dst +) alpha · lhs · rhs`: [`bp_core::Backend::gemm`].
    pub fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        let Self { pool, gemm, unit, .. } = *self;
        if direct::suits(lhs, rhs) {
            return row::gemm(pool, unit, dst, accum, alpha, lhs, rhs);
        }
        pool.product(unit, dst, lhs, rhs, &|dst, lhs, rhs| gemm(dst, accum, alpha, lhs, rhs));
    }

    /// [`bp_core::Backend::dense_forward`].
    pub fn forward(&self, z: MatMut<'_, S>, accum: Accum, x: MatRef<'_, S>, w: MatRef<'_, S>, finish: Finish<'_, S>) {
        let (rows, units, inputs) = (z.rows(), z.cols(), x.cols());
        let Self { pool, gemm, unit, .. } = *self;
        if direct::suits(x, w.t()) {
            return row::forward(pool, z, accum, x, w, finish);
        }
        let work = work(rows, units, inputs);
        if self.by_columns(rows, units, inputs) {
            let Finish { bias, a, activation } = finish;
            return Strip::new(z, a).share(pool, work, |strip| strip.forward(accum, x, w, bias, activation));
        }
        pool.split(work, unit, Forward { z, x, finish }, &|Forward { mut z, x, finish }| {
            gemm(z.reborrow(), accum, S::ONE, x, w.t());
            elementwise::finish(z, finish);
        });
    }

    /// [`bp_core::Backend::dense_backward`].
    pub fn backward(
        &self,
        back: MatMut<'_, S>,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        let (rows, units, inputs) = (back.rows(), delta.cols(), back.cols());
        let Self { pool, gemm, unit, .. } = *self;
        if direct::suits(delta, w) {
            return row::backward(pool, back, accum, delta, w, slope);
        }
        let work = work(rows, units, inputs);
        if self.by_columns(rows, inputs, units) {
            return Strip::new(back, None).share(pool, work, |strip| strip.backward(accum, delta, w, slope));
        }
        pool.split(work, unit, Backward { back, delta, slope }, &|Backward { mut back, delta, slope }| {
            gemm(back.reborrow(), accum, S::ONE, delta, w);
            if let Some(Slope { activation, a, z }) = slope {
                elementwise::chain(activation, a, z, back.into_data());
            }
        });
    }
}

/// Rows of a layer on their way forward.
struct Forward<'a, 'b, S> {
    z: MatMut<'a, S>,
    x: MatRef<'a, S>,
    finish: Finish<'b, S>,
}

impl<S: Float> Tile for Forward<'_, '_, S> {
    fn extent(&self) -> usize {
        self.z.rows()
    }

    fn split_at(self, row: usize) -> (Self, Self) {
        let (rows, width) = (self.z.rows(), self.z.cols());
        let (top, bottom) = self.z.split_at_row(row);
        let Finish { bias, a, activation } = self.finish;
        let (a_top, a_bottom) = a.map(|a| a.split_at_mut(row * width)).unzip();
        (
            Self { z: top, x: self.x.rows_range(0, row), finish: Finish { bias, a: a_top, activation } },
            Self { z: bottom, x: self.x.rows_range(row, rows), finish: Finish { bias, a: a_bottom, activation } },
        )
    }
}

/// Rows of a layer on their way back.
struct Backward<'a, 'b, S> {
    back: MatMut<'a, S>,
    delta: MatRef<'a, S>,
    slope: Option<Slope<'b, S>>,
}

impl<S: Float> Tile for Backward<'_, '_, S> {
    fn extent(&self) -> usize {
        self.back.rows()
    }

    fn split_at(self, row: usize) -> (Self, Self) {
        let (rows, at) = (self.back.rows(), row * self.back.cols());
        let (top, bottom) = self.back.split_at_row(row);
        let (above, below) = self
            .slope
            .map(|Slope { activation, a, z }| {
                (Slope { activation, a: &a[..at], z: &z[..at] }, Slope { activation, a: &a[at..], z: &z[at..] })
            })
            .unzip();
        (
            Self { back: top, delta: self.delta.rows_range(0, row), slope: above },
            Self { back: bottom, delta: self.delta.rows_range(row, rows), slope: below },
        )
    }
}
