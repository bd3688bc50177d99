//! What `bp train` can be told about checkpoints.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bp_train::Every;
use clap::Args;

/// Where a training is saved while it goes on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Checkpoints")]
pub(crate) struct CheckpointArgs {
    /// Save the training to this folder while it goes on, and when it is interrupted
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub(crate) checkpoint_dir: Option<PathBuf>,
    /// How often: 500steps, 2epochs, 30s, 250ms or 10min [default: 30s]
    #[arg(long, value_name = "EVERY")]
    pub(crate) checkpoint_every: Option<HowOften>,
    /// How many checkpoints stay, the newest ones [default: 3]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) keep: Option<u16>,
    /// Go on with the training in this folder, with the settings it was begun with; the result has the bits of a training
    /// without a break. Other settings are refused, but paths, --threads and these options may change
    #[arg(long, value_name = "DIR")]
    pub(crate) resume: Option<PathBuf>,
}

/// [`Every`] as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HowOften(pub(crate) Every);

impl FromStr for HowOften {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 =
            number.parse().map_err(|_| format!("`{text}` does not start with a whole number, {FORMS}"))?;
        if number == 0 {
            return Err(format!("`{text}` is nothing, expected at least 1{unit}"));
        }
        match unit {
            "step" | "steps" => Ok(Self(Every::Steps(number))),
            "epoch" | "epochs" => Ok(Self(Every::Epochs(number))),
            "ms" => Ok(Self(Every::Time(Duration::from_millis(number)))),
            "s" => Ok(Self(Every::Time(Duration::from_secs(number)))),
            "min" => Ok(Self(Every::Time(Duration::from_secs(number.saturating_mul(60))))),
            "" => Err(format!("`{text}` has no unit, {FORMS}")),
            _ => Err(format!("`{unit}` is no unit, {FORMS}")),
        }
    }
}

const FORMS: &str = "expected steps, epochs, ms, s or min, as in 500steps, 1epoch or 30s";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        let check = |text: &str, every| assert_eq!(text.parse(), Ok(HowOften(every)), "{text}");
        check("1step", Every::Steps(1));
        check("500steps", Every::Steps(500));
        check("1epoch", Every::Epochs(1));
        check("2epochs", Every::Epochs(2));
        check("5ms", Every::Time(Duration::from_millis(5)));
        check("30s", Every::Time(Duration::from_secs(30)));
        check("10min", Every::Time(Duration::from_secs(600)));
        let error = |text: &str| text.parse::<HowOften>().expect_err(text);
        let forms = "expected steps, epochs, ms, s or min, as in 500steps, 1epoch or 30s";
        assert_eq!(error("500"), format!("`500` has no unit, {forms}"));
        assert_eq!(error("often"), format!("`often` does not start with a whole number, {forms}"));
        assert_eq!(error("5hours"), format!("`hours` is no unit, {forms}"));
        assert_eq!(error("0s"), "`0s` is nothing, expected at least 1s");
    }
}
