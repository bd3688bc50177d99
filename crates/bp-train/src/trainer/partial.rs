//! Steps of several batches, and training that goes on with what comes in.

use bp_core::{Activation, Backend, Examples, Float};

use super::Trainer;
use crate::{EpochRecord, Network, TrainError};

impl<S: Float> Trainer<S> {
    /// Adds up the gradients of so many batches for one step, as if they were one batch: of their rows together, with one
    /// reduction, one mask for each row. For batches larger than memory allows. The last step of an epoch takes what is
    /// left.
    ///
    /// ```
    /// use bp_train::Trainer;
    /// let trainer: Trainer = Trainer::new().batch(32).accumulate(4); // steps of 128 rows
    /// ```
    #[must_use]
    pub fn accumulate(self, batches: usize) -> Self {
        Self { accumulate: batches, ..self }
    }

    /// One pass over some rows, in batches, for data that comes in parts or never ends: a [`fit`](Trainer::fit) of one
    /// epoch, whatever [`epochs`](Trainer::epochs) says. The optimiser's state, the schedule, the plateau and the order of
    /// the next pass go on from one call to the next, and so does the network (a warm start).
    ///
    /// ```
    /// use bp_core::{Act, Examples, Reference, Targets, stack};
    /// use bp_train::{Adam, Network, Trainer};
    /// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
    /// let mut trainer = Trainer::new().optimizer(Adam::new()).rate(0.1);
    /// for part in 0..200 {
    ///     let x = [f64::from(part % 5), f64::from(part % 3)];
    ///     let t = x.map(|x| 2.0 * x + 1.0);
    ///     trainer.partial_fit(&mut net, &Examples::new(&x, Targets::Rows(&t)))?;
    /// }
    /// assert!((net.predict(&[3.0])?[0] - 7.0).abs() < 0.1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit).
    pub fn partial_fit<B, H>(
        &mut self,
        net: &mut Network<B, S, H>,
        rows: &Examples<'_, S>,
    ) -> Result<EpochRecord, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        let epochs = core::mem::replace(&mut self.epochs, 1);
        let history = self.fit(net, rows);
        self.epochs = epochs;
        history.map(|history| history.epochs[0])
    }
}
