//! What `bp train` can be told against overfitting, and about single layers.

use std::fmt;
use std::str::FromStr;

use bp_train::ClassWeights;
use clap::Args;
use serde::Serialize;

/// Every field is stated in the summary.
#[derive(Debug, Clone, PartialEq, Args, Serialize)]
#[command(next_help_heading = "Regularization")]
pub(crate) struct RegularizeArgs {
    /// Share of the hidden units to drop in every step, from 0 to below 1; 0.5 is usual in wide layers
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) dropout: f64,
    /// Another share for one layer, as in h1=0.2; may be given for several
    #[arg(long, value_name = "LAYER=RATE", allow_negative_numbers = true)]
    pub(crate) layer_dropout: Vec<Named>,
    /// Share of the inputs to drop in every step
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) input_dropout: f64,
    /// Standard deviation of normal noise to add to the inputs, scaled ones if they are scaled, in every step
    #[arg(long, value_name = "SIGMA", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) noise: f64,
    /// L1 penalty: adds this times the sign of each weight to its gradient
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) l1: f64,
    /// L2 penalty: adds this times each weight to its gradient, whatever the optimizer
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) l2: f64,
    /// Decoupled weight decay: shrinks each weight by the learning rate times this beside the step, whatever the optimizer
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) decoupled_decay: f64,
    /// Largest norm of the weights into a unit: longer ones are shortened after every step
    #[arg(long, value_name = "NORM", allow_negative_numbers = true)]
    pub(crate) max_norm: Option<f64>,
    /// Trains towards 1 - E + E/K for the right one of K classes and E/K for the others, from 0 to below 1
    #[arg(long, value_name = "E", default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) label_smoothing: f64,
    /// `balanced`, so that all classes count the same, or a weight for each class, as in 1,5
    #[arg(long, value_name = "WEIGHTS")]
    pub(crate) class_weight: Option<ClassWeightSpec>,
    /// Stop when the error on validation rows, which no step sees, has not fallen for more than so many epochs, and keep
    /// the best weights
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) patience: Option<u64>,
    /// Share of the training rows to put aside as validation rows [default: 0.1]
    #[arg(long, value_name = "SHARE", requires = "patience", allow_negative_numbers = true)]
    pub(crate) validation_fraction: Option<f64>,
    /// Batches that make one step, for steps of more rows than fit into memory
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub(crate) accumulate: usize,
    /// Compute gradients in blocks of so many rows, side by side: faster with several threads where layers are narrow and
    /// batches large
    #[arg(long, value_name = "ROWS")]
    pub(crate) data_parallel: Option<usize>,
    /// Factor on the learning rate of one layer, as in h1=0.1; may be given for several
    #[arg(long, value_name = "LAYER=FACTOR", allow_negative_numbers = true)]
    pub(crate) layer_rate: Vec<Named>,
    /// Leave the weights and biases of a layer as they are; may be given for several
    #[arg(long, value_name = "LAYER")]
    pub(crate) freeze: Vec<String>,
}

/// A number for a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Named(pub(crate) String, pub(crate) f64);

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |(name, number): (&str, &str)| Some(Self(name.into(), number.parse().ok()?));
        // A layer's name may have a = in it.
        text.rsplit_once('=').and_then(number).ok_or_else(|| format!("`{text}` is no LAYER=NUMBER as in h1=0.1"))
    }
}

/// What `--class-weight` can say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClassWeightSpec {
    text: String,
    pub(crate) weights: ClassWeights,
}

impl FromStr for ClassWeightSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| match part.trim().parse::<f64>() {
            Ok(weight) if weight >= 0.0 && weight.is_finite() => Ok(weight),
            Ok(weight) => Err(format!("a class has the weight {weight}, expected a finite number of at least 0")),
            Err(_) => Err(format!("`{part}` is no weight; expected balanced, or numbers as in 1,5")),
        };
        let weights = match text {
            "balanced" => ClassWeights::Balanced,
            _ => ClassWeights::Given(text.split(',').map(number).collect::<Result<_, _>>()?),
        };
        Ok(Self { text: text.into(), weights })
    }
}

impl fmt::Display for ClassWeightSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ClassWeightSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
