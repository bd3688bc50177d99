//! What a [`Trainer`] can be told about weights, targets and classes: penalties, label smoothing, class weights.

use bp_core::{Examples, Float, OutputKind, ShapeError, Targets};
use serde::{Deserialize, Serialize};

use super::Trainer;
use crate::{SettingError, TrainError};

/// A weight c_k for every class k: an example of class k counts c_k times its own weight.
///
/// ```
/// use bp_train::{ClassWeights, Trainer};
/// let trainer: Trainer = Trainer::new().class_weights(ClassWeights::Balanced);
/// let given: Trainer = Trainer::new().class_weights(ClassWeights::Given(vec![1.0, 5.0]));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ClassWeights {
    /// c_k = W / (K W_k), with W the weight of all examples, W_k that of class k, and K the classes that occur: every
    /// class has the same share of the error, and the mean weight is 1 (King and Zeng 2001).
    Balanced,
    /// One per output unit, at least 0. A weight of 2 equals every row of the class twice.
    Given(Vec<f64>),
}

impl<S: Float> Trainer<S> {
    /// L1 penalty λ Σ |w| (Tibshirani 1996): adds λ sign(w) to the gradient, nothing where w = 0. On weights, and on biases
    /// with [`decay_biases`](Trainer::decay_biases). Like L2 it is added after reduction and clipping.
    #[must_use]
    pub fn l1(mut self, lambda: f64) -> Self {
        self.penalty.l1 = lambda;
        self
    }

    /// L2 penalty ½ λ Σ w², coupled: adds λw to the gradient, whatever the optimiser makes of it. On weights, and on biases
    /// with [`decay_biases`](Trainer::decay_biases). For optimisers that couple [`weight_decay`](Trainer::weight_decay) it is
    /// the same.
    #[must_use]
    pub fn l2(mut self, lambda: f64) -> Self {
        self.penalty.l2 = lambda;
        self
    }

    /// Weight decay beside the step, decoupled (Loshchilov and Hutter 2019), for any optimiser: w ← w (1 − ηλ), then the
    /// step with the gradient as it is. With [`Adam`](crate::Adam) it is [`AdamW`](crate::AdamW); with plain descent it is
    /// [`l2`](Trainer::l2).
    #[must_use]
    pub fn decoupled_weight_decay(mut self, lambda: f64) -> Self {
        self.penalty.shrink = lambda;
        self
    }

    /// Max-norm (Srebro, Rennie and Jaakkola 2005; with dropout Srivastava et al. 2014): after every step the weights into
    /// a unit, all its dense connections in one vector without the bias, are shortened to norm c if they are longer; 3 or 4
    /// is usual. Weights of connections by terms may be shared between units, and are left alone.
    #[must_use]
    pub fn max_norm(mut self, norm: f64) -> Self {
        self.penalty.max_norm = Some(norm);
        self
    }

    /// Label smoothing (Szegedy et al. 2016): trains towards t ← (1 − ε) t + ε/K, with K the number of classes, or 2 for
    /// each logistic output. The error of an epoch is that of the smoothed targets, a validation error is not. A usual ε
    /// is 0.1.
    #[must_use]
    pub fn label_smoothing(mut self, epsilon: f64) -> Self {
        self.smoothing = epsilon;
        self
    }

    /// Weights for classes, in training alone; see [`ClassWeights`].
    #[must_use]
    pub fn class_weights(mut self, weights: ClassWeights) -> Self {
        self.class_weights = Some(weights);
        self
    }

    /// t ← keep · t + share: both numbers, if there is something to smooth.
    pub(super) fn smoothed(&self, kind: OutputKind, has_classes: bool, outputs: usize) -> Smoothed<S> {
        SettingError::unless_below_1("the label smoothing", self.smoothing)?;
        let classes = match (kind, has_classes) {
            _ if self.smoothing <= 0.0 => return Ok(None),
            (OutputKind::Logistic, _) => 2,
            (OutputKind::Softmax, _) | (_, true) => outputs,
            (_, false) => return Err(TrainError::NoClasses { what: "label smoothing" }),
        };
        Ok(Some([1.0 - self.smoothing, self.smoothing / classes as f64].map(S::from_f64)))
    }

    /// Weights of examples times those of their classes.
    pub(super) fn weights_by_class(
        &self,
        train: &Examples<'_, S>,
        outputs: usize,
    ) -> Result<Option<Vec<S>>, TrainError> {
        let own = |n: usize| train.weights.map_or(1.0, |weights| weights[n].to_f64());
        let classes = if let Targets::Classes(classes) = train.t { Some(classes) } else { None };
        let by_class = self.class_factors(classes.is_some(), outputs, || {
            let mut sums = vec![0.0; outputs];
            let of_rows = classes.into_iter().flatten().enumerate();
            of_rows.for_each(|(n, &class)| sums[class as usize] += own(n));
            Ok(sums)
        })?;
        let (Some(classes), Some(by_class)) = (classes, by_class) else { return Ok(None) };
        let weight = |(n, &class): (usize, &u32)| S::from_f64(own(n) * by_class[class as usize]);
        Ok(Some(classes.iter().enumerate().map(weight).collect()))
    }

    /// c_k, if classes weigh anything; `sums` gives W_k where they are to be balanced.
    pub(super) fn class_factors(
        &self,
        has_classes: bool,
        outputs: usize,
        sums: impl FnOnce() -> Result<Vec<f64>, TrainError>,
    ) -> Result<Option<Vec<f64>>, TrainError> {
        match &self.class_weights {
            None => Ok(None),
            Some(_) if !has_classes => Err(TrainError::NoClasses { what: "a class weight" }),
            Some(ClassWeights::Given(weights)) if weights.len() != outputs => {
                let (expected, got) = (outputs, weights.len());
                Err(ShapeError::Length { what: "class weights", expected, got }.into())
            }
            Some(ClassWeights::Given(weights)) => {
                weights.iter().try_for_each(|&c| SettingError::unless_at_least_0("the weight of a class", c))?;
                Ok(Some(weights.clone()))
            }
            Some(ClassWeights::Balanced) => {
                let sums = sums()?;
                let (all, present) = (sums.iter().sum::<f64>(), sums.iter().filter(|sum| **sum > 0.0).count());
                let of = |&sum: &f64| if sum > 0.0 { all / (present as f64 * sum) } else { 0.0 };
                Ok(Some(sums.iter().map(of).collect()))
            }
        }
    }
}

/// keep and share of smoothed targets.
type Smoothed<S> = Result<Option<[S; 2]>, TrainError>;
