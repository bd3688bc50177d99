//! The record of a computation over [`Tape`]: its nodes in order, one record per thread, and the reverse sweep.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use bp_core::{Float, Scalar};

use crate::{Rounded, Tape};

/// One operation: its operands by number, and its partial derivatives. `f64` is a label only.
#[derive(Debug, Clone, Copy)]
struct Node {
    operands: [u32; 2],
    partials: [Rounded<f64>; 2],
    /// Whether it is an elementary function rather than arithmetic.
    is_function: bool,
}

#[derive(Debug, Default)]
struct Record {
    /// Which recording this is; 0 is none.
    run: u64,
    nodes: Vec<Node>,
}

thread_local! {
    static RECORD: RefCell<Record> = const { RefCell::new(Record { run: 0, nodes: vec![] }) };
}

/// Recordings are numbered over all threads, so that a value of one is never taken for a value of another.
static RUNS: AtomicU64 = AtomicU64::new(1);

/// A recording on this thread. It ends when this is dropped, also by a panic; an outer one then goes on.
#[derive(Debug)]
pub(crate) struct Recording {
    outer: Record,
}

/// The number of a constant: nothing is recorded for it.
pub(crate) const CONSTANT: u32 = 0;

/// What a value is to the recording of this thread.
pub(crate) enum Standing {
    Constant,
    Node,
    /// Of a recording that has ended, or of another thread: its derivative is lost.
    Stale,
}

pub(crate) fn standing(node: u32, run: u64) -> Standing {
    if node == CONSTANT {
        return Standing::Constant;
    }
    let current = RECORD.with_borrow(|record| record.run);
    if run == current { Standing::Node } else { Standing::Stale }
}

/// Records an operation; its number and run. Without a recording, or after 2³² − 2 operations, the number is stale.
pub(crate) fn push<S: Float>(operands: [u32; 2], partials: [Rounded<S>; 2], is_function: bool) -> (u32, u64) {
    RECORD.with_borrow_mut(|record| {
        let Ok(node) = u32::try_from(record.nodes.len() + 1) else { return (u32::MAX, 0) };
        record.nodes.push(Node { operands, partials: partials.map(Rounded::relabel), is_function });
        (node, record.run)
    })
}

/// Which derivatives a sweep multiplies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    /// All.
    Full,
    /// Those of elementary functions are taken for 1, the fault of a forgotten h′.
    WithoutFunctions,
}

impl Recording {
    pub(crate) fn start() -> Self {
        let fresh = Record { run: RUNS.fetch_add(1, Ordering::Relaxed), nodes: vec![] };
        Self { outer: RECORD.replace(fresh) }
    }

    /// A number that derivatives are taken by. All of them are made before anything is computed.
    pub(crate) fn variable<S: Float>(&self, value: Rounded<S>) -> Tape<S> {
        let (node, run) = push([CONSTANT; 2], [Rounded::<S>::ZERO; 2], false);
        Tape::of(value, node, run)
    }

    /// Σ_k c_k ∂y_k/∂v for the first `variables` variables v, in reverse.
    ///
    /// The adjoint of a value is one open sum over all its uses, so its bound holds for every order in which a program
    /// may add them up. ∞ for y that depend on a recording that is over.
    pub(crate) fn sweep<S: Float>(
        &self,
        y: &[Tape<S>],
        cotangent: &[f64],
        variables: usize,
        chain: Chain,
    ) -> Vec<Rounded<S>> {
        RECORD.with_borrow(|record| {
            let lost = Rounded::new(0.0, f64::INFINITY);
            let mut adjoints = vec![Rounded::<S>::ZERO; record.nodes.len() + 1];
            for (y, &c) in y.iter().zip(cotangent) {
                let (node, run) = y.place();
                if node == CONSTANT {
                    continue;
                }
                match adjoints.get_mut(node as usize) {
                    Some(adjoint) if run == record.run => *adjoint = adjoint.join(Rounded::new(c, 0.0)),
                    _ => return vec![lost; variables],
                }
            }
            for (n, node) in record.nodes.iter().enumerate().rev() {
                let adjoint = adjoints[n + 1];
                for (&operand, partial) in node.operands.iter().zip(&node.partials) {
                    if operand != CONSTANT {
                        let skipped = node.is_function && chain == Chain::WithoutFunctions;
                        let term = if skipped { adjoint } else { adjoint * partial.relabel() };
                        adjoints[operand as usize] = adjoints[operand as usize].join(term);
                    }
                }
            }
            adjoints[1..].iter().take(variables).copied().collect()
        })
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        RECORD.set(core::mem::take(&mut self.outer));
    }
}
