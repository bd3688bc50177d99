//! What the flags against overfitting mean: their ranges, the validation rows, and what a trainer is told.

use bp_datasets::Dataset;
use bp_train::{EarlyStop, Trainer};

use crate::args::RegularizeArgs;
use crate::backend::Number;
use crate::failure::Failure;
use crate::source::Parts;

pub(crate) const VALIDATION_FRACTION: f64 = 0.1;

impl RegularizeArgs {
    /// Refuses settings that no data could make right.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let unless = |is_right: bool, what: &str, value: f64, expected: &str| match is_right {
            true => Ok(()),
            false => Err(Failure::Usage(format!("{what} is {value}, expected {expected}"))),
        };
        let rates = [("--dropout", self.dropout), ("--input-dropout", self.input_dropout)];
        let of_layers = self.layer_dropout.iter().map(|named| ("--layer-dropout", named.1));
        let shares = rates.into_iter().chain(of_layers).chain([("--label-smoothing", self.label_smoothing)]);
        for (what, value) in shares {
            unless((0.0..1.0).contains(&value), what, value, "a number from 0 to below 1")?;
        }
        let strengths = [
            ("--noise", self.noise),
            ("--l1", self.l1),
            ("--l2", self.l2),
            ("--decoupled-decay", self.decoupled_decay),
        ];
        for (what, value) in strengths.into_iter().chain(self.layer_rate.iter().map(|named| ("--layer-rate", named.1)))
        {
            unless(value >= 0.0 && value.is_finite(), what, value, "a finite number of at least 0")?;
        }
        if let Some(norm) = self.max_norm {
            unless(norm > 0.0 && norm.is_finite(), "--max-norm", norm, "a finite number above 0")?;
        }
        if let Some(share) = self.validation_fraction {
            unless(share > 0.0 && share < 1.0, "--validation-fraction", share, "a number between 0 and 1")?;
        }
        unless(self.accumulate >= 1, "--accumulate", self.accumulate as f64, "at least 1")?;
        unless(self.data_parallel != Some(0), "--data-parallel", 0.0, "at least 1")
    }

    /// Takes validation rows from those for training, if there are to be any.
    pub(crate) fn take_validation<S: Number>(
        &self,
        parts: &mut Parts<S>,
        data: &str,
        seed: u64,
    ) -> Result<Option<Dataset<S>>, Failure> {
        if self.patience.is_none() {
            return Ok(None);
        }
        let share = self.validation_fraction.unwrap_or(VALIDATION_FRACTION);
        let split = parts.train.split(share, seed).map_err(|error| Failure::Data { data: data.into(), error })?;
        parts.train = split.train;
        Ok(Some(split.test))
    }

    /// Tells a trainer everything.
    pub(crate) fn tell<S: Number>(&self, mut trainer: Trainer<S>) -> Trainer<S> {
        trainer = trainer.dropout(self.dropout).input_dropout(self.input_dropout).input_noise(self.noise);
        for named in &self.layer_dropout {
            trainer = trainer.layer_dropout(&named.0, named.1);
        }
        trainer = trainer.l1(self.l1).l2(self.l2).decoupled_weight_decay(self.decoupled_decay);
        trainer = self.max_norm.into_iter().fold(trainer, Trainer::max_norm);
        trainer = trainer.label_smoothing(self.label_smoothing).accumulate(self.accumulate);
        trainer = self.data_parallel.into_iter().fold(trainer, Trainer::data_parallel);
        if let Some(spec) = &self.class_weight {
            trainer = trainer.class_weights(spec.weights.clone());
        }
        if let Some(patience) = self.patience {
            trainer = trainer.early_stop(EarlyStop::new().patience(patience));
        }
        for named in &self.layer_rate {
            trainer = trainer.layer_rate(&named.0, named.1);
        }
        self.freeze.iter().fold(trainer, Trainer::freeze)
    }

    /// In words, each after a comma: `, dropout 0.5, patience 10`.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for (what, value) in [
            ("dropout", self.dropout),
            ("input dropout", self.input_dropout),
            ("noise", self.noise),
            ("l1", self.l1),
            ("l2", self.l2),
            ("decoupled decay", self.decoupled_decay),
            ("weights limited to norm", self.max_norm.unwrap_or(0.0)),
            ("label smoothing", self.label_smoothing),
        ] {
            if value > 0.0 {
                text += &format!(", {what} {value}");
            }
        }
        for (what, all) in [("dropout", &self.layer_dropout), ("rate", &self.layer_rate)] {
            all.iter().for_each(|named| text += &format!(", {what} of {} {}", named.0, named.1));
        }
        self.freeze.iter().for_each(|name| text += &format!(", {name} frozen"));
        if let Some(weights) = &self.class_weight {
            text += &format!(", class weights {weights}");
        }
        if let Some(patience) = self.patience {
            text += &format!(", patience {patience}");
        }
        if self.accumulate > 1 {
            text += &format!(", {} batches a step", self.accumulate);
        }
        if let Some(rows) = self.data_parallel {
            text += &format!(", gradients in blocks of {rows} rows");
        }
        text
    }
}
