//! [`RowBlocks`]: rows that are read block by block, for data that do not fit into memory.

use bp_core::{Examples, Scalar, Targets};

/// Rows in numbered blocks, any of which can be read again at any time, with the same content.
///
/// [`Trainer::fit_blocks`](crate::Trainer::fit_blocks) holds one block at a time. `bp-datasets` has sources for tables and
/// images on disk.
///
/// ```
/// use bp_train::{Block, BlockError, RowBlocks};
///
/// /// The line t = 2x + 1, which nobody needs to store.
/// struct Line([usize; 4]);
///
/// impl RowBlocks<f64> for Line {
///     fn sizes(&self) -> &[usize] {
///         &self.0
///     }
///     fn has_classes(&self) -> bool {
///         false
///     }
///     fn digest(&self) -> [u8; 32] {
///         [1; 32]
///     }
///     fn read(&mut self, block: usize, into: &mut Block<f64>) -> Result<(), BlockError> {
///         let first: usize = self.0[..block].iter().sum();
///         into.x = (first..first + self.0[block]).map(|n| n as f64 / 8.0).collect();
///         into.values = into.x.iter().map(|x| 2.0 * x + 1.0).collect();
///         Ok(())
///     }
/// }
///
/// use std::ops::ControlFlow;
/// use bp_core::{Act, Reference, stack};
/// use bp_train::{Network, Trainer};
/// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
/// let mut line = Line([5, 5, 5, 1]);
/// let mut trainer = Trainer::new().batch(4).epochs(300);
/// let history = trainer.fit_blocks(&mut net, &mut line, None, |_, _| ControlFlow::Continue(()))?;
/// assert!(history.epochs[299].error < 1e-6 && net.evaluate_blocks(&mut line)?.examples == 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait RowBlocks<S>: Send {
    /// How many rows each block has.
    fn sizes(&self) -> &[usize];

    /// Whether a target is a class; if not, it is a row of values.
    fn has_classes(&self) -> bool;

    /// What these rows are known by: a training that goes on from a checkpoint wants the digest it was begun with.
    fn digest(&self) -> [u8; 32];

    /// Reads a block into empty lists, in the user's units.
    ///
    /// # Errors
    /// If the rows cannot be had, or are no longer what they were.
    fn read(&mut self, block: usize, into: &mut Block<S>) -> Result<(), BlockError>;
}

const _: Option<&dyn RowBlocks<f32>> = None;

/// The rows of one block: lists that a source fills, one of the last two by [`RowBlocks::has_classes`].
///
/// ```
/// let block = bp_train::Block { x: vec![0.5_f32, 1.0], classes: vec![1], values: vec![] };
/// assert_eq!(block.examples().x.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block<S> {
    /// Inputs, row by row.
    pub x: Vec<S>,
    /// The class of each row.
    pub classes: Vec<u32>,
    /// Target values, row by row.
    pub values: Vec<S>,
}

/// Why a block could not be had.
///
/// ```
/// use bp_train::BlockError;
/// let error = BlockError::Length { block: 2, what: "target values", expected: 8, got: 7 };
/// assert_eq!(error.to_string(), "block 2 has 7 target values, expected 8");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// What the source says.
    #[error("{0}")]
    Source(String),
    /// A block that does not have the rows it should have.
    #[error("block {block} has {got} {what}, expected {expected}")]
    Length {
        /// Its number, from 0.
        block: usize,
        /// Which list of it.
        what: &'static str,
        /// Its length by the number of rows and the network.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// A class that the network has no output for.
    #[error("block {block}, row {row} has class {class}, but there are {outputs} outputs")]
    Class {
        /// The block, from 0.
        block: usize,
        /// The row in it, from 0.
        row: usize,
        /// The class.
        class: u32,
        /// Outputs of the network.
        outputs: usize,
    },
}

impl<S: Scalar> Block<S> {
    /// The rows as a network wants them: classes, unless there are values.
    pub fn examples(&self) -> Examples<'_, S> {
        let is_values = self.classes.is_empty();
        Examples::new(&self.x, if is_values { Targets::Rows(&self.values) } else { Targets::Classes(&self.classes) })
    }

    /// Reads a block, and refuses one that does not fit so many inputs and outputs.
    pub(crate) fn load(
        &mut self,
        source: &mut dyn RowBlocks<S>,
        block: usize,
        [inputs, outputs]: [usize; 2],
    ) -> Result<(), BlockError> {
        self.x.clear();
        self.classes.clear();
        self.values.clear();
        source.read(block, self)?;
        let (rows, has_classes) = (source.sizes()[block], source.has_classes());
        let [classes, values] = if has_classes { [rows, 0] } else { [0, rows * outputs] };
        for (what, expected, got) in [
            ("inputs", rows * inputs, self.x.len()),
            ("classes", classes, self.classes.len()),
            ("target values", values, self.values.len()),
        ] {
            if expected != got {
                return Err(BlockError::Length { block, what, expected, got });
            }
        }
        match self.classes.iter().position(|&class| class as usize >= outputs) {
            Some(row) => Err(BlockError::Class { block, row, class: self.classes[row], outputs }),
            None => Ok(()),
        }
    }
}
