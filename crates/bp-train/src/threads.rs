//! [`Pool`]: the threads of a backend. It cuts large work into tiles of rows and leaves small work alone.

#[cfg(feature = "rayon")]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "rayon")]
use std::sync::{Arc, OnceLock};
#[cfg(feature = "rayon")]
use std::time::Duration;

use bp_core::{MatMut, MatRef, Scalar};

/// The [`work`] from which a product is cut, inside the pool: there a fork and join costs about 1 µs, and a
/// product of this size takes about 10 µs on one thread. Networks whose largest product is smaller never enter the pool.
#[cfg(feature = "rayon")]
const MIN_WORK: usize = 1 << 19;

/// The same for a product that comes from outside and has to enter the pool first, which costs up to 100 µs.
#[cfg(feature = "rayon")]
const MIN_WORK_OUTSIDE: usize = 1 << 23;

/// How often a thread that finds no work looks for it without rest, which is for a few ms; then it naps between looks.
#[cfg(feature = "rayon")]
const PATIENCE: u32 = 10_000;
#[cfg(feature = "rayon")]
const NAP: Duration = Duration::from_micros(50);

/// A number of threads, started when they are first needed. The global pool of rayon is never touched.
///
/// ```
/// use bp_train::Pool;
/// assert_eq!(Pool::new(3).threads(), if cfg!(feature = "rayon") { 3 } else { 1 });
/// ```
#[derive(Debug, Clone)]
pub struct Pool {
    threads: usize,
    #[cfg(feature = "rayon")]
    pool: Arc<OnceLock<rayon::ThreadPool>>,
}

/// Multiply-adds of an m × n product with inner size k, as time goes: with fewer than eight of anything it takes about as
/// long as with eight.
pub(crate) fn work(m: usize, n: usize, k: usize) -> usize {
    [n, k].into_iter().fold(m.max(8), |work, size| work.saturating_mul(size.max(8)))
}

/// Work on rows, or on columns, that can be cut in two, each part with its own share of every slice.
pub trait Tile: Sized + Send {
    /// Its rows or columns.
    fn extent(&self) -> usize;

    /// Those before `at` and the rest.
    #[must_use]
    fn split_at(self, at: usize) -> (Self, Self);
}

/// A product of two views into a third: `kernel(dst, lhs, rhs)`.
pub type Product<'a, S> = dyn Fn(MatMut<'_, S>, MatRef<'_, S>, MatRef<'_, S>) + Sync + 'a;

impl Pool {
    /// A pool of `threads` threads; 0 means as many as the machine has cores. Without the feature `rayon` it is
    /// always 1.
    #[cfg(feature = "rayon")]
    pub fn new(threads: usize) -> Self {
        Self { threads: if threads == 0 { cores() } else { threads }, pool: Arc::new(OnceLock::new()) }
    }

    /// A pool of one thread: the feature `rayon` is off.
    #[cfg(not(feature = "rayon"))]
    pub fn new(_threads: usize) -> Self {
        Self { threads: 1 }
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `job` inside the pool, the other threads awake beside it; on the calling thread if there is only one or if
    /// `work`, the multiply-adds of the largest product to come, is too small to be shared.
    #[cfg(feature = "rayon")]
    pub fn install(&self, work: usize, job: &mut (dyn FnMut() + Send)) {
        if work < MIN_WORK || rayon_thread() {
            return job();
        }
        match self.started() {
            Some(pool) => pool.install(|| awake(self.threads.min(cores()), job)),
            None => job(),
        }
    }

    /// Runs `job` on the calling thread.
    #[cfg(not(feature = "rayon"))]
    pub fn install(&self, _work: usize, job: &mut (dyn FnMut() + Send)) {
        job();
    }

    /// Whether [`split`](Pool::split) may cut work of this size.
    #[cfg(feature = "rayon")]
    #[inline]
    pub(crate) fn cuts(&self, work: usize) -> bool {
        self.threads > 1 && work >= MIN_WORK
    }

    /// Nothing is cut.
    #[cfg(not(feature = "rayon"))]
    pub(crate) fn cuts(&self, _work: usize) -> bool {
        false
    }

    /// Runs `kernel` over `tile`, cut into tiles of rows if `work` multiply-adds are enough for it. A tile is never a
    /// single row: matrix libraries sum a vector product in another order. Cuts stand at multiples of `unit` rows.
    #[cfg(feature = "rayon")]
    pub fn split<T: Tile>(&self, work: usize, unit: usize, tile: T, kernel: &(impl Fn(T) + Sync)) {
        if !self.cuts(work) {
            return kernel(tile);
        }
        if rayon_thread() {
            return tiles(self.threads, unit, tile, kernel);
        }
        match self.started() {
            Some(pool) if work >= MIN_WORK_OUTSIDE => pool.install(|| tiles(self.threads, unit, tile, kernel)),
            _ => kernel(tile),
        }
    }

    /// Runs `kernel` over `tile`.
    #[cfg(not(feature = "rayon"))]
    pub fn split<T: Tile>(&self, _work: usize, _unit: usize, tile: T, kernel: &(impl Fn(T) + Sync)) {
        kernel(tile);
    }

    /// Computes a product, [split](Pool::split) by the rows of `dst`.
    pub fn product<S: Scalar>(
        &self,
        unit: usize,
        dst: MatMut<'_, S>,
        lhs: MatRef<'_, S>,
        rhs: MatRef<'_, S>,
        kernel: &Product<'_, S>,
    ) {
        let work = work(dst.rows(), dst.cols(), lhs.cols());
        self.split(work, unit, Rows { dst, lhs }, &|tile| kernel(tile.dst, tile.lhs, rhs));
    }

    /// The pool, or nothing if one thread is enough or the system grants no more.
    #[cfg(feature = "rayon")]
    fn started(&self) -> Option<&rayon::ThreadPool> {
        if self.threads == 1 {
            return None;
        }
        if self.pool.get().is_none() {
            let built = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().ok()?;
            // Another thread may have been faster: then its pool is used and this one ends.
            let _ = self.pool.set(built);
        }
        self.pool.get()
    }
}

/// A destination and the factor whose rows it takes.
pub(crate) struct Rows<'a, S> {
    pub(crate) dst: MatMut<'a, S>,
    pub(crate) lhs: MatRef<'a, S>,
}

impl<S: Scalar> Tile for Rows<'_, S> {
    fn extent(&self) -> usize {
        self.dst.rows()
    }

    fn split_at(self, row: usize) -> (Self, Self) {
        let (top, bottom) = self.dst.split_at_row(row);
        let rows = self.lhs.rows();
        let (lhs_top, lhs_bottom) = (self.lhs.rows_range(0, row), self.lhs.rows_range(row, rows));
        (Self { dst: top, lhs: lhs_top }, Self { dst: bottom, lhs: lhs_bottom })
    }
}

#[cfg(feature = "rayon")]
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// True on a thread of some pool: there a join forks at once.
#[cfg(feature = "rayon")]
fn rayon_thread() -> bool {
    rayon::current_thread_index().is_some()
}

/// Halves the rows until there are `n` tiles; where there are enough rows, at multiples of 8 for the kernels' sake.
#[cfg(feature = "rayon")]
fn tiles<T: Tile>(n: usize, unit: usize, tile: T, kernel: &(impl Fn(T) + Sync)) {
    let rows = tile.extent();
    let half = rows * (n / 2) / n.max(1);
    let half = half.next_multiple_of(if rows >= 32 { unit.next_multiple_of(8) } else { unit });
    if n < 2 || half < 2 || rows < half + 2 {
        return kernel(tile);
    }
    let (top, bottom) = tile.split_at(half);
    rayon::join(|| tiles(n / 2, unit, top, kernel), || tiles(n - n / 2, unit, bottom, kernel));
}

/// Runs `job` with `threads - 1` threads of the pool beside it that look for its tiles without going to sleep: from its
/// sleep a thread needs 50 to 100 µs, which is the whole of a middling training step.
///
/// Each of them waits inside a job of its own. The thread of `job` cannot pick one of these up while it waits for a tile,
/// because whoever took the tile from its queue took the older entries first, and these are the oldest.
#[cfg(feature = "rayon")]
fn awake(threads: usize, job: &mut (dyn FnMut() + Send)) {
    /// Ends the waiting, also when the job panics.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    fn beside(n: usize, done: &AtomicBool, job: &mut (dyn FnMut() + Send)) {
        if n == 0 {
            let _done = Done(done);
            return job();
        }
        rayon::join(|| beside(n - 1, done, job), || wait(done));
    }
    beside(threads.saturating_sub(1), &AtomicBool::new(false), job);
}

/// Takes up work of the pool until `done`.
#[cfg(feature = "rayon")]
fn wait(done: &AtomicBool) {
    let mut looked = 0;
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() == Some(rayon::Yield::Executed) {
            looked = 0;
        } else if looked < PATIENCE {
            looked += 1;
            // Where something else wants this core, perhaps the job itself, it goes first.
            std::thread::yield_now();
        } else {
            std::thread::sleep(NAP);
        }
    }
}

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use bp_core::{Accum, kernels};

    use super::*;

    #[test]
    fn tiles_cover_every_row_once_and_are_never_single_rows() {
        for rows in [2, 3, 4, 5, 31, 32, 33, 100] {
            let lhs: Vec<f64> = (0..rows * 3).map(|i| i as f64).collect();
            let rhs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
            let mut want = vec![0.0; rows * 2];
            let (l, r) = (MatRef::new(&lhs, rows, 3), MatRef::new(&rhs, 3, 2));
            kernels::gemm(MatMut::new(&mut want, rows, 2), Accum::Replace, 1.0, l, r);
            for n in 1..=8 {
                for unit in [1, 16] {
                    let mut got = vec![0.0; rows * 2];
                    let whole = Rows { dst: MatMut::new(&mut got, rows, 2), lhs: l };
                    tiles(n, unit, whole, &|tile| {
                        assert!(tile.extent() >= 2);
                        kernels::gemm(tile.dst, Accum::Add, 1.0, tile.lhs, r);
                    });
                    assert_eq!(got, want, "{rows} rows, {n} threads, cuts at multiples of {unit}");
                }
            }
        }
    }

    #[test]
    fn a_job_in_the_pool_may_fork_nest_and_panic() {
        for threads in [2, 3, 8] {
            let pool = Pool::new(threads);
            let mut sum = 0;
            pool.install(usize::MAX, &mut || {
                for _ in 0..1000 {
                    let (a, b) = rayon::join(|| 1, || rayon::join(|| 2, || 3));
                    sum += a + b.0 + b.1;
                }
                pool.install(usize::MAX, &mut || sum += 1);
            });
            assert_eq!(sum, 6001);
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                pool.install(usize::MAX, &mut || panic!("as planned"));
            }));
            assert!(caught.is_err(), "the panic came through with {threads} threads");
            pool.install(usize::MAX, &mut || sum = 0);
            assert_eq!(sum, 0);
        }
    }
}
