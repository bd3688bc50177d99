//! [`SettingError`]: numbers that are set by a user, and the ranges they have to be in.

use bp_core::ErrorFunction;

/// A setting outside its range: which one, what it is, and what would do.
///
/// ```
/// use bp_core::{Act, ErrorFunction, Reference, stack};
/// let mut net = bp_train::Network::<Reference>::new(stack(1).output(1, Act::Identity), 0)?;
/// let error = net.set_loss(ErrorFunction::Huber { threshold: -1.0 }).unwrap_err();
/// assert_eq!(error.to_string(), "the threshold of huber is -1, expected a finite number above 0");
/// # Ok::<(), bp_core::PlanError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{what} is {value}, expected {expected}")]
pub struct SettingError {
    /// Which one.
    pub what: &'static str,
    /// What was set.
    pub value: f64,
    /// What would do.
    pub expected: &'static str,
}

impl SettingError {
    /// What the caller found out about a value.
    #[cfg(feature = "train")]
    pub(crate) fn unless(is_right: bool, what: &'static str, value: f64, expected: &'static str) -> Result<(), Self> {
        if is_right { Ok(()) } else { Err(Self { what, value, expected }) }
    }

    /// 0 ≤ value < ∞.
    #[cfg(feature = "train")]
    pub(crate) fn unless_at_least_0(what: &'static str, value: f64) -> Result<(), Self> {
        let is_right = value >= 0.0 && value.is_finite();
        if is_right { Ok(()) } else { Err(Self { what, value, expected: "a finite number of at least 0" }) }
    }

    /// 0 < value < ∞.
    pub(crate) fn unless_above_0(what: &'static str, value: f64) -> Result<(), Self> {
        let is_right = value > 0.0 && value.is_finite();
        if is_right { Ok(()) } else { Err(Self { what, value, expected: "a finite number above 0" }) }
    }

    /// 0 ≤ value < 1.
    #[cfg(feature = "train")]
    pub(crate) fn unless_below_1(what: &'static str, value: f64) -> Result<(), Self> {
        let is_right = (0.0..1.0).contains(&value);
        if is_right { Ok(()) } else { Err(Self { what, value, expected: "a number from 0 to below 1" }) }
    }
}

/// Checks the settings of an error function.
pub(crate) fn check_loss(loss: ErrorFunction) -> Result<(), SettingError> {
    match loss {
        ErrorFunction::Huber { threshold } => SettingError::unless_above_0("the threshold of huber", threshold),
        _ => Ok(()),
    }
}
