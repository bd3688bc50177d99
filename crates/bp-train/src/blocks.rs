//! Work on fixed blocks of rows, spread over a backend's threads where it has more than one.

use bp_core::{Backend, Scalar};

/// Calls `f` once for every item with a scratch that no other call uses at the same time.
#[cfg(feature = "rayon")]
pub(crate) fn for_each<S, B, T, W>(
    backend: &B,
    items: Vec<T>,
    scratch: impl Fn() -> W + Sync + Send,
    f: impl Fn(&mut W, T) + Sync + Send,
) where
    S: Scalar,
    B: Backend<S>,
    T: Send,
{
    use rayon::iter::{IntoParallelIterator, ParallelIterator};

    if backend.threads() == 1 || items.len() < 2 {
        return one_by_one(items, scratch, f);
    }
    let mut items = Some(items);
    backend.install(usize::MAX, &mut || {
        let items = items.take().unwrap_or_default();
        items.into_par_iter().for_each_init(&scratch, &f);
    });
}

/// Calls `f` once for every item.
#[cfg(not(feature = "rayon"))]
pub(crate) fn for_each<S, B, T, W>(_backend: &B, items: Vec<T>, scratch: impl Fn() -> W, f: impl Fn(&mut W, T))
where
    S: Scalar,
    B: Backend<S>,
{
    one_by_one(items, scratch, f);
}

/// Calls `f` once for every item in place, with its number.
#[cfg(feature = "train")]
pub(crate) fn each_mut<S, B, T>(backend: &B, items: &mut [T], f: impl Fn(usize, &mut T) + Sync + Send)
where
    S: Scalar,
    B: Backend<S>,
    T: Send,
{
    #[cfg(feature = "rayon")]
    if backend.threads() > 1 {
        use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
        return backend.install(usize::MAX, &mut || {
            items.par_iter_mut().enumerate().for_each(|(n, item)| f(n, item));
        });
    }
    let _ = backend;
    items.iter_mut().enumerate().for_each(|(n, item)| f(n, item));
}

fn one_by_one<T, W>(items: Vec<T>, scratch: impl Fn() -> W, f: impl Fn(&mut W, T)) {
    let mut scratch = scratch();
    for item in items {
        f(&mut scratch, item);
    }
}
