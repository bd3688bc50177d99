//! [`Strip`]: some columns of a layer's units, all rows of a batch, for one thread.

use std::array::from_fn;

use bp_core::{Accum, Activation, Finish, MatMut, MatRef, Slope};

use crate::product::{Lines, lines, packed_lines};
use crate::threads::Tile;
use crate::{Pool, Vector, elementwise};

/// The columns `first..first + width` of a destination, and of its pre-activations if they are kept.
pub(crate) struct Strip<'a, S> {
    z: Lines<'a, S>,
    a: Option<Lines<'a, S>>,
    rows: usize,
    first: usize,
    width: usize,
    /// Of the whole destination.
    columns: usize,
}

impl<'a, S: Vector> Strip<'a, S> {
    /// All columns of `z`, which has no more rows than [`Lines`].
    pub(crate) fn new(z: MatMut<'a, S>, a: Option<&'a mut [S]>) -> Self {
        let (rows, columns) = (z.rows(), z.cols());
        let a = a.map(|a| lines(MatMut::new(a, rows, columns)));
        Self { z: lines(z), a, rows, first: 0, width: columns, columns }
    }

    /// Runs `kernel` over the strip, cut between the threads if `work` multiply-adds are enough for it.
    pub(crate) fn share(self, pool: &Pool, work: usize, kernel: impl Fn(Self) + Sync) {
        pool.split(work, 64 / size_of::<S>(), self, &kernel);
    }

    /// [`bp_core::Backend::dense_forward`] on these columns.
    pub(crate) fn forward(
        mut self,
        accum: Accum,
        x: MatRef<'_, S>,
        w: MatRef<'_, S>,
        bias: Option<&[S]>,
        activation: Option<&dyn Activation<S>>,
    ) {
        let columns = self.first..self.first + self.width;
        let w = w.rows_range(columns.start, columns.end);
        packed_lines(&mut self.z[..self.rows], accum, S::ONE, x, w.t());
        let bias = bias.map(|bias| &bias[columns]);
        let mut a = self.a;
        for n in 0..self.rows {
            let a = a.as_mut().map(|a| &mut *a[n]);
            elementwise::finish(MatMut::new(self.z[n], 1, self.width), Finish { bias, a, activation });
        }
    }

    /// [`bp_core::Backend::dense_backward`] on these columns.
    pub(crate) fn backward(
        mut self,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        let w = w.t().rows_range(self.first, self.first + self.width).t();
        packed_lines(&mut self.z[..self.rows], accum, S::ONE, delta, w);
        let Some(Slope { activation, a, z }) = slope else { return };
        for (n, delta) in self.z[..self.rows].iter_mut().enumerate() {
            let at = n * self.columns + self.first..n * self.columns + self.first + self.width;
            elementwise::chain(activation, &a[at.clone()], &z[at], delta);
        }
    }
}

impl<S: Vector> Tile for Strip<'_, S> {
    fn extent(&self) -> usize {
        self.width
    }

    fn split_at(self, column: usize) -> (Self, Self) {
        let Self { rows, first, width, columns, .. } = self;
        let (z, z_right) = cut(self.z, rows, column);
        let (a, a_right) = self.a.map(|a| cut(a, rows, column)).unzip();
        (
            Self { z, a, rows, first, width: column, columns },
            Self { z: z_right, a: a_right, rows, first: first + column, width: width - column, columns },
        )
    }
}

fn cut<S>(lines: Lines<'_, S>, rows: usize, column: usize) -> (Lines<'_, S>, Lines<'_, S>) {
    let (mut left, mut right): (Lines<'_, S>, Lines<'_, S>) = (from_fn(|_| &mut [][..]), from_fn(|_| &mut [][..]));
    for (n, line) in lines.into_iter().enumerate().take(rows) {
        (left[n], right[n]) = line.split_at_mut(column);
    }
    (left, right)
}
