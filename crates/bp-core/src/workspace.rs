//! [`Workspace`]: every a, z and δ of one batch, allocated once.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::architecture::INPUT;
use crate::factors::Factors;
use crate::{Activation, MatRef, Plan, Scalar, ShapeError};

/// Where each layer's units stand: offsets count units, so they hold for every batch size.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    names: Vec<String>,
    /// One more than there are layers; layer l has units `offsets[l]..offsets[l + 1]`.
    offsets: Vec<usize>,
}

impl Layout {
    pub(crate) fn new() -> Self {
        Self { names: vec![], offsets: vec![0] }
    }

    pub(crate) fn push(&mut self, name: &str, width: usize) {
        self.offsets.push(self.units().saturating_add(width));
        self.names.push(name.into());
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn units(&self) -> usize {
        self.offsets[self.len()]
    }

    pub(crate) fn offset(&self, layer: usize) -> usize {
        self.offsets[layer]
    }

    pub(crate) fn width(&self, layer: usize) -> usize {
        self.offsets[layer + 1] - self.offsets[layer]
    }

    pub(crate) fn name(&self, layer: usize) -> &str {
        &self.names[layer]
    }

    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    pub(crate) fn find(&self, name: &str) -> Result<usize, ShapeError> {
        self.index_of(name).ok_or_else(|| ShapeError::UnknownName { name: name.into(), known: self.names.clone() })
    }
}

/// The memory of a forward and a backward pass over at most a given number of examples.
///
/// A *lean* workspace ([`Plan::workspace`]) keeps a only where h′ or the loss needs it; a *traced* one
/// ([`Plan::traced_workspace`]) keeps every a for reading (M4). Results have the same bits.
///
/// ```
/// use bp_core::{Act, Plan, Reference, stack};
/// let plan = Plan::new(stack(1).hidden(1, Act::Tanh).output(1, Act::Identity))?;
/// let mut ws = plan.traced_workspace::<f64>(2);
/// plan.forward(&Reference, &[1.0, 0.5, 2.0, 0.0], &[0.25, -0.5], &mut ws)?;
/// assert_eq!(ws.a("h1")?.at(0, 0), 0.75); // 1.0 · 0.25 + 0.5
/// assert_eq!(ws.z("h1")?.at(0, 0), 0.75_f64.tanh());
/// assert_eq!(ws.y().at(1, 0), 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Workspace<S> {
    pub(crate) layout: Arc<Layout>,
    pub(crate) capacity: usize,
    /// Examples of the last forward pass.
    pub(crate) rows: usize,
    pub(crate) a: Vec<S>,
    /// Per layer: where its a starts, in units.
    pub(crate) a_offset: Vec<Option<usize>>,
    pub(crate) z: Vec<S>,
    pub(crate) delta: Vec<S>,
    /// None until somebody asks for them.
    pub(crate) factors: Option<Box<Factors<S>>>,
}

impl<H> Plan<H> {
    /// A lean workspace for batches of up to `batch` examples: the one allocation of training.
    pub fn workspace<S: Scalar>(&self, batch: usize) -> Workspace<S>
    where
        H: Activation<S>,
    {
        let needs_a = self.architecture.hidden.iter().map(|layer| layer.function.needs_a());
        self.make_workspace(batch, needs_a.chain([true]).collect())
    }

    /// A workspace that keeps every a for reading.
    pub fn traced_workspace<S: Scalar>(&self, batch: usize) -> Workspace<S> {
        self.make_workspace(batch, vec![true; self.layout.len()])
    }

    fn make_workspace<S: Scalar>(&self, batch: usize, keeps_a: Vec<bool>) -> Workspace<S> {
        let mut kept = 0;
        let mut a_offset = vec![];
        for (l, keep) in keeps_a.into_iter().enumerate() {
            a_offset.push(keep.then_some(kept));
            kept += if keep { self.layout.width(l) } else { 0 };
        }
        let units = self.layout.units() * batch;
        Workspace {
            layout: Arc::clone(&self.layout),
            capacity: batch,
            rows: 0,
            a: vec![S::ZERO; kept * batch],
            a_offset,
            z: vec![S::ZERO; units],
            delta: vec![S::ZERO; units],
            factors: None,
        }
    }
}

impl<S: Scalar> Workspace<S> {
    /// The predictions y of the last forward pass, examples × outputs.
    pub fn y(&self) -> MatRef<'_, S> {
        self.units_of(&self.z, self.layout.len() - 1)
    }

    /// Pre-activations a of a layer, examples × units.
    ///
    /// # Errors
    /// An unknown name, or a layer whose a a lean workspace does not keep.
    pub fn a(&self, layer: &str) -> Result<MatRef<'_, S>, ShapeError> {
        let l = self.layout.find(layer)?;
        let not_kept = || ShapeError::NotTraced { layer: layer.into() };
        let at = self.a_offset[l].ok_or_else(not_kept)? * self.capacity;
        Ok(MatRef::new(&self.a[at..], self.rows, self.layout.width(l)))
    }

    /// Units z of a layer, examples × units, times their [factors](Workspace::factors_mut) if they have some.
    ///
    /// # Errors
    /// An unknown name.
    pub fn z(&self, layer: &str) -> Result<MatRef<'_, S>, ShapeError> {
        Ok(self.units_of(&self.z, self.layout.find(layer)?))
    }

    /// Errors δ = ∂E/∂a of a layer after a backward pass, examples × units, not divided by anything.
    ///
    /// # Errors
    /// An unknown name.
    pub fn delta(&self, layer: &str) -> Result<MatRef<'_, S>, ShapeError> {
        Ok(self.units_of(&self.delta, self.layout.find(layer)?))
    }

    /// Names of the layers in topological order, without the input.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        self.layout.names.iter().map(String::as_str)
    }

    /// The largest batch that fits.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The number of examples of the last forward pass.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Fills everything with `value`, for tests that must not depend on what stood here before.
    pub fn poison(&mut self, value: S) {
        self.a.fill(value);
        self.z.fill(value);
        self.delta.fill(value);
    }

    pub(crate) fn units_of<'a>(&self, buffer: &'a [S], l: usize) -> MatRef<'a, S> {
        MatRef::new(&buffer[self.layout.offset(l) * self.capacity..], self.rows, self.layout.width(l))
    }

    pub(crate) fn check_owner(&self, layout: &Arc<Layout>) -> Result<(), ShapeError> {
        // Equal widths are not enough: what a lean workspace keeps follows the activations.
        if Arc::ptr_eq(&self.layout, layout) {
            return Ok(());
        }
        Err(ShapeError::ForeignWorkspace { expected: layout.units(), got: self.layout.units() })
    }
}

/// Checks that `values` are whole rows and returns how many.
pub(crate) fn rows_of(values: usize, width: usize, layer: &str) -> Result<usize, ShapeError> {
    if values.is_multiple_of(width) {
        Ok(values / width)
    } else {
        Err(ShapeError::Ragged { layer: layer.into(), width, got: values })
    }
}

/// [`rows_of`] for the input layer.
pub(crate) fn input_rows(values: usize, inputs: usize) -> Result<usize, ShapeError> {
    rows_of(values, inputs, INPUT)
}
