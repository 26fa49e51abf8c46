//! Work on all threads of the pool, or one piece after the other where there are no threads.

#[cfg(feature = "threads")]
use rayon::prelude::*;

/// Does both on two threads.
#[cfg(feature = "threads")]
pub(crate) fn both<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    rayon::join(one, other)
}

/// Does one and then the other.
#[cfg(not(feature = "threads"))]
#[cfg_attr(
    not(feature = "charts"),
    allow(dead_code, reason = "only drawn charts need it")
)]
pub(crate) fn both<A, B>(one: impl FnOnce() -> A, other: impl FnOnce() -> B) -> (A, B) {
    (one(), other())
}

/// Does `work` for each item on all threads; answers in the order of the items.
#[cfg(feature = "threads")]
pub(crate) fn each<T: Sync, A: Send>(items: &[T], work: impl Fn(&T) -> A + Sync + Send) -> Vec<A> {
    items.par_iter().map(work).collect()
}

/// Does `work` for each item; answers in the order of the items.
#[cfg(not(feature = "threads"))]
pub(crate) fn each<T, A>(items: &[T], work: impl Fn(&T) -> A) -> Vec<A> {
    items.iter().map(work).collect()
}

/// Takes from `next` on all threads until it has nothing more; answers in any order.
#[cfg(feature = "threads")]
pub(super) fn drain<A: Send>(next: impl Fn() -> Option<A> + Sync + Send) -> Vec<A> {
    let threads = (0..rayon::current_num_threads())
        .into_par_iter()
        .with_max_len(1);
    let answers = threads.flat_map_iter(|_| std::iter::from_fn(&next));
    answers.collect()
}

/// Takes from `next` until it has nothing more.
#[cfg(not(feature = "threads"))]
pub(super) fn drain<A>(next: impl Fn() -> Option<A>) -> Vec<A> {
    std::iter::from_fn(next).collect()
}
