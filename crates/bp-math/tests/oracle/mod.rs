//! What bp-math's functions are measured against. Shared by this crate's tests and by `cargo xtask ulps`.
#![allow(dead_code, reason = "every user takes a part of it")]
#![allow(unreachable_pub, reason = "the same files are a module of several programs")]

pub mod big;
pub mod double;
pub mod single;

use std::ops::Range;

/// Work on `range` in blocks on all cores; the results in no particular order. `done` hears of finished blocks.
pub fn in_parallel<T: Send>(
    range: Range<u64>,
    block: u64,
    job: impl Fn(Range<u64>) -> T + Sync,
    done: impl Fn(u64) + Sync,
) -> Vec<T> {
    use std::sync::atomic::{AtomicU64, Ordering};
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(range.start);
    let work = || {
        let mut results = vec![];
        loop {
            let start = next.fetch_add(block, Ordering::Relaxed);
            if start >= range.end {
                return results;
            }
            let end = (start + block).min(range.end);
            results.push(job(start..end));
            done(end - start);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect()
    })
}
