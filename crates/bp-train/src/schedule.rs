//! [`Schedule`]: how the learning rate changes with the steps. For one that listens to the error see `plateau.rs`.

use bp_core::Real;
use serde::{Deserialize, Serialize};

use crate::SettingError;
use crate::optimizer::power;

/// A learning rate that depends on the number of steps done, as a factor on the trainer's rate η.
///
/// It counts steps, from k = 0; [`per_epoch`](Schedule::per_epoch) makes it count epochs. Schedules follow one another
/// by [`then`](Schedule::then), each with a count of its own.
///
/// ```
/// use bp_train::Schedule;
/// // Ten steps of warm-up, then half a cosine over a hundred steps, then a hundredth of the rate.
/// let schedule = Schedule::warmup(10).then(10, Schedule::cosine(100).floor(0.01));
/// assert_eq!(schedule.rate(0.2, 5, 1), 0.1);
/// assert_eq!(schedule.rate(0.2, 10, 1), 0.2);
/// assert_eq!(schedule.rate(0.2, 1000, 1), 0.002);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Schedule {
    /// η.
    #[default]
    Constant,
    /// ηγ^⌊k/n⌋: γ is the factor, n the steps between two falls.
    Step {
        /// n, at least 1.
        every: u64,
        /// γ, above 0.
        factor: f64,
    },
    /// ηγᵏ.
    Exponential {
        /// γ, above 0.
        factor: f64,
    },
    /// η(f + ½(1 − f)(1 + cos(πk/T))) up to k = T, then ηf; f is the floor. (PyTorch's climbs again beyond T.)
    Cosine {
        /// T, at least 1.
        steps: u64,
        /// f, as a share of η from 0 to 1: PyTorch's `eta_min` over the rate.
        floor: f64,
    },
    /// Cosine with warm restarts (SGDR, Loshchilov and Hutter 2017): starts again after T steps, then after gT, g²T ….
    CosineRestarts {
        /// T of the first run, at least 1.
        steps: u64,
        /// g, at least 1.
        growth: u64,
        /// f, as for [`Cosine`](Schedule::Cosine).
        floor: f64,
    },
    /// One cycle (Smith and Topin 2018): by half a cosine from η/d up to η at k = pT − 1, which may be between two steps,
    /// then by another down to η/(dD) at k = T − 1, where it stays. η is the peak.
    OneCycle {
        /// T, at least 2.
        steps: u64,
        /// p, the share of steps that climb: above 1/T and below 1.
        warmup: f64,
        /// d, above 0; PyTorch's default is 25.
        start_divisor: f64,
        /// D, above 0; PyTorch's default is 10⁴.
        end_divisor: f64,
    },
    /// η(s + (1 − s)k/n) up to k = n, then η.
    Warmup {
        /// n, at least 1.
        steps: u64,
        /// s, as a share of η from 0 to 1. At 0 the first step moves nothing.
        start: f64,
    },
    /// The schedule inside, with epochs for steps: k is the number of epochs' worth of steps done.
    PerEpoch(Box<Schedule>),
    /// The first for so many steps, then the second with its count from 0.
    Chain(Box<Schedule>, u64, Box<Schedule>),
}

impl Schedule {
    /// Multiplies the rate by a factor after every so many steps.
    pub fn step(every: u64, factor: f64) -> Self {
        Self::Step { every, factor }
    }

    /// Multiplies the rate by a factor after every step.
    pub fn exponential(factor: f64) -> Self {
        Self::Exponential { factor }
    }

    /// Half a cosine down to 0, or to a [`floor`](Schedule::floor).
    pub fn cosine(steps: u64) -> Self {
        Self::Cosine { steps, floor: 0.0 }
    }

    /// Cosines that start again, each `growth` times as long as the one before.
    pub fn cosine_restarts(steps: u64, growth: u64) -> Self {
        Self::CosineRestarts { steps, growth, floor: 0.0 }
    }

    /// One cycle over all steps, with a warm-up of 0.3, d = 25 and D = 10⁴.
    pub fn one_cycle(steps: u64) -> Self {
        Self::OneCycle { steps, warmup: 0.3, start_divisor: 25.0, end_divisor: 1e4 }
    }

    /// A line from 0 up to the rate.
    pub fn warmup(steps: u64) -> Self {
        Self::Warmup { steps, start: 0.0 }
    }

    /// Where a cosine ends, as a share of the rate; changes nothing else.
    #[must_use]
    pub fn floor(mut self, share: f64) -> Self {
        if let Self::Cosine { floor, .. } | Self::CosineRestarts { floor, .. } = &mut self {
            *floor = share;
        }
        self
    }

    /// Counts epochs instead of steps.
    #[must_use]
    pub fn per_epoch(self) -> Self {
        Self::PerEpoch(Box::new(self))
    }

    /// Goes over to another schedule after so many steps. In what [`per_epoch`](Schedule::per_epoch) is applied to
    /// afterwards they are epochs.
    #[must_use]
    pub fn then(self, after: u64, next: Self) -> Self {
        Self::Chain(Box::new(self), after, Box::new(next))
    }

    /// Refuses numbers out of range. The trainer asks before it starts.
    ///
    /// # Errors
    /// The first number that is out of range.
    pub fn check(&self) -> Result<(), SettingError> {
        let above_0 = SettingError::unless_above_0;
        let at_least_1 = |what, n: u64| SettingError::unless(n >= 1, what, n as f64, "at least 1");
        let share = |what, x: f64| SettingError::unless((0.0..=1.0).contains(&x), what, x, "a number from 0 to 1");
        match self {
            Self::Constant => Ok(()),
            Self::Step { every, factor } => {
                at_least_1("the steps of a step schedule", *every)?;
                above_0("the factor of a step schedule", *factor)
            }
            Self::Exponential { factor } => above_0("the factor of an exponential schedule", *factor),
            Self::Cosine { steps, floor } => {
                at_least_1("the steps of a cosine schedule", *steps)?;
                share("the floor of a cosine schedule", *floor)
            }
            Self::CosineRestarts { steps, growth, floor } => {
                at_least_1("the steps of a cosine schedule", *steps)?;
                at_least_1("the growth of a cosine schedule", *growth)?;
                share("the floor of a cosine schedule", *floor)
            }
            Self::OneCycle { steps, warmup, start_divisor, end_divisor } => {
                let n = *steps as f64;
                SettingError::unless(*steps >= 2, "the steps of a one-cycle schedule", n, "at least 2")?;
                let is_right = *warmup * n > 1.0 && *warmup < 1.0;
                let expected = "above one step's share and below 1";
                SettingError::unless(is_right, "the warm-up of a one-cycle schedule", *warmup, expected)?;
                above_0("the start divisor of a one-cycle schedule", *start_divisor)?;
                above_0("the end divisor of a one-cycle schedule", *end_divisor)
            }
            Self::Warmup { steps, start } => {
                at_least_1("the steps of a warm-up", *steps)?;
                share("the start of a warm-up", *start)
            }
            Self::PerEpoch(inner) => inner.check(),
            Self::Chain(first, _, next) => first.check().and_then(|()| next.check()),
        }
    }

    /// The rate of the step before which `step` steps were done.
    pub fn rate(&self, base: f64, step: u64, steps_per_epoch: u64) -> f64 {
        base * self.factor(step, steps_per_epoch)
    }

    /// The momentum of that step, by half cosines like the rate and against it: it falls from `high` to `low` while a
    /// [`OneCycle`](Schedule::OneCycle) climbs, and then rises to `high` again. `None` where the schedule is no such cycle.
    ///
    /// ```
    /// use bp_train::Schedule;
    /// let cycle = Schedule::one_cycle(10);
    /// let momenta = [0, 2, 9, 100].map(|step| cycle.momentum((0.85, 0.95), step, 1));
    /// assert_eq!(momenta, [0.95, 0.85, 0.95, 0.95].map(Some));
    /// assert_eq!(Schedule::cosine(10).momentum((0.85, 0.95), 0, 1), None);
    /// ```
    pub fn momentum(&self, (low, high): (f64, f64), step: u64, steps_per_epoch: u64) -> Option<f64> {
        match self {
            Self::OneCycle { steps, warmup, .. } => {
                let (peak, end, k) = (warmup * *steps as f64 - 1.0, *steps as f64 - 1.0, step as f64);
                Some(match k <= peak {
                    true => half_cosine(high, low, k / peak),
                    false => half_cosine(low, high, ((k - peak) / (end - peak)).min(1.0)),
                })
            }
            Self::PerEpoch(inner) => inner.momentum((low, high), step / steps_per_epoch.max(1), 1),
            Self::Chain(first, after, _) if step < *after => first.momentum((low, high), step, steps_per_epoch),
            Self::Chain(_, after, next) => next.momentum((low, high), step - after, steps_per_epoch),
            _ => None,
        }
    }

    fn factor(&self, k: u64, steps_per_epoch: u64) -> f64 {
        let line = |from: f64, to: f64, share: f64| from + (to - from) * share;
        match self {
            Self::Constant => 1.0,
            Self::Step { every, factor } => power(*factor, k / every.max(&1)),
            Self::Exponential { factor } => power(*factor, k),
            Self::Cosine { steps, floor } => half_cosine(1.0, *floor, share(k, *steps)),
            Self::CosineRestarts { steps, growth, floor } => {
                let (k, steps) = since_restart(k, *steps, *growth);
                half_cosine(1.0, *floor, share(k, steps))
            }
            Self::OneCycle { steps, warmup, start_divisor, end_divisor } => {
                let (peak, end) = (warmup * *steps as f64 - 1.0, *steps as f64 - 1.0);
                let (start, k) = (1.0 / start_divisor, k as f64);
                if k <= peak {
                    half_cosine(start, 1.0, k / peak)
                } else {
                    half_cosine(1.0, start / end_divisor, ((k - peak) / (end - peak)).min(1.0))
                }
            }
            Self::Warmup { steps, start } => line(*start, 1.0, share(k, *steps)),
            Self::PerEpoch(inner) => inner.factor(k / steps_per_epoch.max(1), 1),
            Self::Chain(first, after, _) if k < *after => first.factor(k, steps_per_epoch),
            Self::Chain(_, after, next) => next.factor(k - after, steps_per_epoch),
        }
    }
}

/// k/n, at most 1.
fn share(k: u64, n: u64) -> f64 {
    if k >= n { 1.0 } else { k as f64 / n as f64 }
}

/// From one value to another as cos falls from 1 to −1 over half its period.
fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + 0.5 * (from - to) * (1.0 + Real::cos(core::f64::consts::PI * share))
}

/// Steps since the last restart, and the length of the run they are in.
fn since_restart(mut k: u64, steps: u64, growth: u64) -> (u64, u64) {
    let mut steps = steps.max(1);
    if growth <= 1 {
        return (k % steps, steps);
    }
    while k >= steps {
        k -= steps;
        steps = steps.saturating_mul(growth);
    }
    (k, steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates<const N: usize>(schedule: &Schedule, steps_per_epoch: u64) -> [f64; N] {
        assert_eq!(schedule.check(), Ok(()));
        core::array::from_fn(|k| (schedule.rate(8.0, k as u64, steps_per_epoch) * 1e9).round() / 1e9)
    }

    fn bits<const N: usize>(values: [f64; N]) -> [u64; N] {
        values.map(f64::to_bits)
    }

    fn check<const N: usize>(schedule: &Schedule, want: [f64; N]) {
        let got = rates(schedule, 1);
        assert_eq!(bits(got), bits(want), "{schedule:?}: {got:?}");
    }

    #[test]
    fn rates_of_the_first_steps() {
        check(&Schedule::Constant, [8.0, 8.0, 8.0]);
        check(&Schedule::step(2, 0.5), [8.0, 8.0, 4.0, 4.0, 2.0]);
        check(&Schedule::exponential(0.5), [8.0, 4.0, 2.0, 1.0]);
        check(&Schedule::cosine(2), [8.0, 4.0, 0.0, 0.0, 0.0]);
        check(&Schedule::cosine(2).floor(0.25), [8.0, 5.0, 2.0, 2.0]);
        check(&Schedule::cosine_restarts(2, 1), [8.0, 4.0, 8.0, 4.0, 8.0]);
        check(&Schedule::cosine_restarts(1, 2), [8.0, 8.0, 4.0, 8.0, 6.828427125, 4.0, 1.171572875, 8.0]);
        check(&Schedule::warmup(4), [0.0, 2.0, 4.0, 6.0, 8.0, 8.0]);
        check(&Schedule::Warmup { steps: 2, start: 0.5 }, [4.0, 6.0, 8.0, 8.0]);
        let one_cycle = Schedule::OneCycle { steps: 6, warmup: 0.5, start_divisor: 4.0, end_divisor: 2.0 };
        check(&one_cycle, [2.0, 5.0, 8.0, 6.25, 2.75, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn composed() {
        let schedule = Schedule::warmup(2).then(2, Schedule::exponential(0.5).then(2, Schedule::step(1, 0.25)));
        check(&schedule, [0.0, 4.0, 8.0, 4.0, 8.0, 2.0, 0.5]);
        assert_eq!(bits(rates(&Schedule::exponential(0.5).per_epoch(), 2)), bits([8.0, 8.0, 4.0, 4.0, 2.0]));
        // Warm-up by steps, the rest by epochs from there on.
        let mixed = Schedule::warmup(2).then(2, Schedule::exponential(0.5).per_epoch());
        assert_eq!(bits(rates(&mixed, 3)), bits([0.0, 4.0, 8.0, 8.0, 8.0, 4.0]));
        let whole = Schedule::warmup(2).then(2, Schedule::exponential(0.5)).per_epoch();
        assert_eq!(bits(rates(&whole, 2)), bits([0.0, 0.0, 4.0, 4.0, 8.0, 8.0, 4.0]));
    }

    #[test]
    fn far_away_nothing_overflows() {
        for schedule in [
            Schedule::step(1, 0.5),
            Schedule::exponential(0.9),
            Schedule::cosine(u64::MAX),
            Schedule::cosine_restarts(1, 2),
            Schedule::cosine_restarts(u64::MAX, u64::MAX),
            Schedule::one_cycle(100),
            Schedule::warmup(3),
        ] {
            for k in [1 << 32, u64::MAX - 1, u64::MAX] {
                let rate = schedule.rate(0.1, k, 1);
                assert!((0.0..=0.1).contains(&rate), "{schedule:?} at {k}: {rate}");
            }
        }
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let cases = [
            (Schedule::step(0, 0.5), "the steps of a step schedule is 0, expected at least 1"),
            (Schedule::step(1, f64::NAN), "the factor of a step schedule is NaN, expected a finite number above 0"),
            (
                Schedule::exponential(0.0),
                "the factor of an exponential schedule is 0, expected a finite number above 0",
            ),
            (Schedule::cosine(3).floor(1.5), "the floor of a cosine schedule is 1.5, expected a number from 0 to 1"),
            (Schedule::cosine_restarts(3, 0), "the growth of a cosine schedule is 0, expected at least 1"),
            (
                Schedule::one_cycle(3),
                "the warm-up of a one-cycle schedule is 0.3, expected above one step's share and below 1",
            ),
            (Schedule::warmup(0).per_epoch(), "the steps of a warm-up is 0, expected at least 1"),
            (
                Schedule::warmup(1).then(1, Schedule::cosine(0)),
                "the steps of a cosine schedule is 0, expected at least 1",
            ),
        ];
        for (schedule, want) in cases {
            assert_eq!(schedule.check().map_err(|e| e.to_string()), Err(want.into()));
        }
    }
}
