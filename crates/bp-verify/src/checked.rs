//! [`Checked`]: a backend that tests a share of its own products while it works.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use bp_core::{Accum, Activation, Backend, Finish, Float, MatMut, MatRef, OutputFunction, Reference, Slope};

use crate::freivalds::{WrongRow, mix, wrong_row};

/// One product in so many is probed unless told otherwise.
pub const SHARE: u64 = 1024;

/// Any backend with a guard: a share of its products, chosen by a hash of their number, is checked with
/// [`wrong_row`]; a wrong one is computed again by [`Reference`], counted and reported, so that a program
/// neither goes on with it nor stops.
///
/// Silently wrong products happen: faer-rs#273, numpy#29391, numpy#12394, OpenBLAS#2319 are reports of some.
///
/// ```
/// use bp_core::{Act, Plan, Reference, stack};
/// use bp_verify::Checked;
/// let backend = Checked::paranoid(Reference);
/// let plan = Plan::new(stack(3).hidden(4, Act::Tanh).output(2, Act::Identity))?;
/// let mut ws = plan.workspace::<f64>(5);
/// plan.forward(&backend, &vec![0.1; plan.n_params()], &[0.5; 15], &mut ws)?;
/// assert_eq!((backend.counts().probed(), backend.counts().wrong()), (2, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Checked<B> {
    backend: B,
    every: u64,
    counts: Arc<GuardCounts>,
    report: Option<Box<Report>>,
}

/// What [`Checked::on_wrong`] calls: the number of the product, its shape m × n with inner size k, and the row.
pub type Report = dyn Fn(u64, [usize; 3], WrongRow) + Send + Sync;

/// How many products a [`Checked`] backend has seen. Shared, so that it can be read after the backend is gone.
#[derive(Debug, Default)]
pub struct GuardCounts {
    products: AtomicU64,
    probed: AtomicU64,
    wrong: AtomicU64,
}

impl GuardCounts {
    /// Products so far.
    pub fn products(&self) -> u64 {
        self.products.load(Ordering::Relaxed)
    }

    /// Products that were checked.
    pub fn probed(&self) -> u64 {
        self.probed.load(Ordering::Relaxed)
    }

    /// Products that were wrong and computed again.
    pub fn wrong(&self) -> u64 {
        self.wrong.load(Ordering::Relaxed)
    }
}

impl<B> Checked<B> {
    /// Probes one product in [`SHARE`].
    pub fn new(backend: B) -> Self {
        Self::every(backend, SHARE)
    }

    /// Probes every product.
    pub fn paranoid(backend: B) -> Self {
        Self::every(backend, 1)
    }

    /// Probes one product in `every` on average; 0 means none.
    pub fn every(backend: B, every: u64) -> Self {
        Self { backend, every, counts: Arc::default(), report: None }
    }

    /// Calls `report` for every wrong product, on the thread that found it.
    #[must_use]
    pub fn on_wrong(self, report: impl Fn(u64, [usize; 3], WrongRow) + Send + Sync + 'static) -> Self {
        Self { report: Some(Box::new(report)), ..self }
    }

    /// What was counted so far.
    pub fn counts(&self) -> &Arc<GuardCounts> {
        &self.counts
    }
}

impl<B> Checked<B> {
    /// Counts a product; its number, if it is one to be checked.
    fn probe(&self) -> Option<u64> {
        let number = self.counts.products.fetch_add(1, Ordering::Relaxed);
        (self.every != 0 && mix(0, number).is_multiple_of(self.every)).then_some(number)
    }

    /// A product with its check; computed again if it was wrong.
    #[allow(clippy::too_many_arguments)] // a product has six, and a number
    fn check<S: Float>(
        &self,
        number: u64,
        mut dst: MatMut<'_, S>,
        accum: Accum,
        alpha: S,
        lhs: MatRef<'_, S>,
        rhs: MatRef<'_, S>,
    ) where
        B: Backend<S>,
    {
        self.counts.probed.fetch_add(1, Ordering::Relaxed);
        let (rows, cols) = (dst.rows(), dst.cols());
        let before: Vec<S> = match accum {
            Accum::Add => (0..rows).flat_map(|i| dst.as_ref().row(i).to_vec()).collect(),
            Accum::Replace => vec![],
        };
        self.backend.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
        let old = (accum == Accum::Add).then(|| MatRef::new(&before, rows, cols));
        let Some(wrong) = wrong_row(dst.as_ref(), accum, old, alpha, lhs, rhs, number) else { return };
        self.counts.wrong.fetch_add(1, Ordering::Relaxed);
        if let Some(report) = &self.report {
            report(number, [rows, cols, lhs.cols()], wrong);
        }
        for (i, before) in before.chunks_exact(cols.max(1)).enumerate() {
            dst.row_mut(i).copy_from_slice(before);
        }
        Reference.gemm(dst, accum, alpha, lhs, rhs);
    }
}

impl<S: Float, B: Backend<S>> Backend<S> for Checked<B> {
    fn name(&self) -> &str {
        self.backend.name()
    }

    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        match self.probe() {
            Some(number) => self.check(number, dst, accum, alpha, lhs, rhs),
            None => self.backend.gemm(dst, accum, alpha, lhs, rhs),
        }
    }

    fn dense_forward(
        &self,
        mut z: MatMut<'_, S>,
        accum: Accum,
        x: MatRef<'_, S>,
        w: MatRef<'_, S>,
        finish: Finish<'_, S>,
    ) {
        let Some(number) = self.probe() else { return self.backend.dense_forward(z, accum, x, w, finish) };
        self.check(number, z.reborrow(), accum, S::ONE, x, w.t());
        self.backend.finish(z, finish);
    }

    fn dense_backward(
        &self,
        mut back: MatMut<'_, S>,
        accum: Accum,
        delta: MatRef<'_, S>,
        w: MatRef<'_, S>,
        slope: Option<Slope<'_, S>>,
    ) {
        let Some(number) = self.probe() else { return self.backend.dense_backward(back, accum, delta, w, slope) };
        self.check(number, back.reborrow(), accum, S::ONE, delta, w);
        if let Some(Slope { activation, a, z }) = slope {
            self.backend.chain(activation, a, z, back.into_data());
        }
    }

    fn finish(&self, z: MatMut<'_, S>, finish: Finish<'_, S>) {
        self.backend.finish(z, finish);
    }

    fn output(&self, function: &dyn OutputFunction<S>, y: MatMut<'_, S>) {
        self.backend.output(function, y);
    }

    fn add_bias(&self, dst: MatMut<'_, S>, bias: &[S]) {
        self.backend.add_bias(dst, bias);
    }

    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        self.backend.sum_rows(dst, accum, alpha, delta);
    }

    fn activate(&self, activation: &dyn Activation<S>, z: &mut [S]) {
        self.backend.activate(activation, z);
    }

    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        self.backend.chain(activation, a, z, delta);
    }

    fn threads(&self) -> usize {
        self.backend.threads()
    }

    fn install(&self, work: usize, job: &mut (dyn FnMut() + Send)) {
        self.backend.install(work, job);
    }
}

impl<B: fmt::Debug> fmt::Debug for Checked<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { backend, every, counts, .. } = self;
        f.debug_struct("Checked").field("backend", backend).field("every", every).field("counts", counts).finish()
    }
}
