//! [`Floor`]: the size below which a gradient or a running mean of an optimiser is 0.

use bp_core::Float;

/// c = 2⁸ √(smallest normal number): 2.8e-17 in f32, 3.8e-152 in f64.
///
/// What falls towards 0 by a factor (the weight of an input that is always 0, under weight decay; the mean of gradients that
/// have stopped) would end among the subnormal numbers, and a running mean stays there for good, since 0.9 times the
/// smallest of them rounds to itself. Processors take about a hundred times as long for such a number. With |g| < c and
/// v < c² taken for 0, g², (1 − β) g² and β v are normal numbers for every 1 − β of at least 2⁻¹⁶.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor<S> {
    size: S,
    square: S,
}

impl<S: Float> Floor<S> {
    pub(super) fn new() -> Self {
        let size = S::from_f64(256.0) * S::MIN_POSITIVE.sqrt();
        Self { size, square: size * size }
    }

    /// A gradient, or a mean of gradients; NaN stays.
    #[inline(always)]
    pub(super) fn of(self, x: S) -> S {
        if x.abs() < self.size { S::ZERO } else { x }
    }

    /// A mean of squares.
    #[inline(always)]
    pub(super) fn of_square(self, x: S) -> S {
        if x < self.square { S::ZERO } else { x }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::tests::every;
    use crate::{Group, Optimizer, Step};

    fn check<S: Float>(size: f64) {
        let floor = Floor::<S>::new();
        let below = size * (1.0 - 2.0 * S::UNIT_ROUNDOFF);
        for (x, want) in [(size, size), (-size, -size), (below, 0.0), (-below, 0.0), (-0.0, 0.0), (1.0, 1.0)] {
            assert_eq!(floor.of(S::from_f64(x)).to_f64().to_bits(), f64::to_bits(want), "{x:e} in {}", S::NAME);
        }
        let squares = [(size * size, size * size), (size * size * (1.0 - 2.0 * S::UNIT_ROUNDOFF), 0.0)];
        for (x, want) in squares {
            assert_eq!(floor.of_square(S::from_f64(x)).to_f64().to_bits(), f64::to_bits(want), "{x:e} in {}", S::NAME);
        }
        assert!(floor.of(S::from_f64(f64::NAN)).to_f64().is_nan());
        assert!(floor.of_square(S::from_f64(f64::NAN)).to_f64().is_nan());
        let least = floor.square * S::from_f64(2.0_f64.powi(-16));
        assert_eq!(least.to_f64().to_bits(), S::MIN_POSITIVE.to_f64().to_bits());
    }

    #[test]
    fn the_floor_of_each_type() {
        check::<f32>(2.0_f64.powi(-55));
        check::<f64>(2.0_f64.powi(-503));
    }

    /// A gradient that stops, one that is 0 under weight decay, one that shrinks to nothing, and one so small that its
    /// square is subnormal: no state and no weight of any optimiser is a subnormal number after any step.
    fn no_subnormals<S: Float>(optimizers: Vec<Box<dyn Optimizer<S>>>) {
        let is_subnormal = |x: S| x.abs() > S::ZERO && x.abs() < S::MIN_POSITIVE;
        let small = S::MIN_POSITIVE.sqrt().to_f64();
        for mut optimizer in optimizers {
            let groups = [Group { range: 0..4, decay: 0.01, rate: 1.0 }];
            let mut w = [1.0, 1.0, 1.0, 0.0].map(S::from_f64);
            optimizer.prepare(w.len());
            let mut shrinking = S::ONE;
            for index in 1..=12_000 {
                let stopping = if index < 20 { S::ONE } else { S::ZERO };
                let grad = [stopping, S::ZERO, shrinking, S::from_f64(small)];
                optimizer.step(&Step { index, rate: 0.01, groups: &groups }, &mut w, &grad);
                shrinking = if shrinking > S::MIN_POSITIVE + S::MIN_POSITIVE { S::HALF * shrinking } else { S::ZERO };
                for (name, values) in optimizer.state().into_iter().chain([("weights", &w[..])]) {
                    let found = values.iter().position(|&x| is_subnormal(x));
                    assert_eq!(found, None, "{name} of {} in {}, step {index}: {values:?}", optimizer.name(), S::NAME);
                }
            }
        }
    }

    #[test]
    fn no_state_is_subnormal() {
        no_subnormals::<f32>(every());
        no_subnormals::<f64>(every());
    }
}
