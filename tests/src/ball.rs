//! [`Ball`]: a number and how far from it rounding may take any implementation.
//!
//! Rounding to nearest with unit roundoff u turns x op y into (x op y)(1 + d), |d| ≤ u. A sum of n products, in any
//! order and with or without fused multiply-add, takes every product through at most n + 1 roundings, so it is off by
//! at most γ(n + 1) Σ |x||y|, γ(n) = n u / (1 − n u) (Higham 2002, 3.1). What comes in wrong goes through by the
//! triangle inequality. Nothing here is of first order only, so nothing is left out but the rounding of this
//! computation itself: centres are `f64`, and radii are widened by `SLACK`.

use bp_core::{Act, Activation, Float};

/// An elementary function is taken to be within 2.5 units in the last place, 5 u: `libm`'s `tanhf` is at 2.2, the
/// others at about 1.
const ELEMENTARY: f64 = 5.0;
/// Largest |h′| of the smooth activations: gelu's, at √2.
const STEEPEST: f64 = 1.13;
/// Largest |h″| of the smooth activations: softsign's at 0; the others stay at or below 1.
const BEND: f64 = 2.0;
/// Widening of every radius, for the rounding of radii themselves.
const SLACK: f64 = 1.001;

/// All numbers within `r` of `v`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ball {
    /// The centre.
    pub v: f64,
    /// The radius.
    pub r: f64,
}

/// What balls need to know of a floating-point type.
#[derive(Debug, Clone, Copy)]
pub struct Rounding {
    /// Unit roundoff.
    pub u: f64,
    /// Largest absolute error where a result is too small to be normal.
    pub tiny: f64,
    nearest: fn(f64) -> f64,
}

impl Rounding {
    /// Of scalar `S`.
    pub fn of<S: Float>() -> Self {
        let tiny = if S::NAME == "f32" { f64::from(f32::MIN_POSITIVE) } else { f64::MIN_POSITIVE };
        Self { u: S::UNIT_ROUNDOFF, tiny, nearest: |x| S::from_f64(x).to_f64() }
    }

    /// A given number, converted to the scalar: off by what the conversion does to this very number.
    pub fn given(&self, v: f64) -> Ball {
        Ball { v, r: (v - (self.nearest)(v)).abs() }
    }

    /// γ(n).
    fn gamma(&self, n: usize) -> f64 {
        let nu = n as f64 * self.u;
        assert!(nu < 0.5, "no bound for sums of {n} terms");
        nu / (1.0 - nu)
    }

    /// A result at `v` with carried error `r` and a relative error of `n` roundings.
    pub fn rounded(&self, v: f64, r: f64, n: f64) -> Ball {
        let reach = v.abs() + r;
        let tiny = if reach > 0.0 { self.tiny } else { 0.0 };
        Ball { v, r: SLACK * (r + n * self.u * reach + tiny) }
    }

    /// x y.
    pub fn product(&self, x: Ball, y: Ball) -> Ball {
        self.rounded(x.v * y.v, x.product_error(y), 1.0)
    }

    /// x − y.
    pub fn difference(&self, x: Ball, y: Ball) -> Ball {
        self.rounded(x.v - y.v, x.r + y.r, 1.0)
    }

    /// e^(−d) ln-free softplus ln(1 + eᵃ): slope at most 1; exponential, logarithm and a sum.
    pub fn softplus(&self, a: Ball) -> Ball {
        self.rounded(Act::Softplus.value(a.v), a.r, 2.0 * ELEMENTARY + 2.0)
    }

    /// z = h(a) and h′(a).
    ///
    /// By the mean value theorem h moves by at most (|h′(a)| + r sup|h″|) r and h′ by at most r sup|h″|. The
    /// piecewise linear ones do not bend unless the ball reaches the kink; then h′ may be off by all of its jump.
    /// Evaluation adds: at most 12 roundings of h for all but gelu, whose 1 + erf cancels below 0 (6 u |a|); at most
    /// 20 u for h′, whose formulas have intermediate values of at most 1.3 and two elementary functions.
    pub fn activation(&self, act: Act, a: Ball) -> (Ball, Ball) {
        let z = act.value(a.v);
        let slope = act.derivative(a.v, z);
        let on_kink = a.v.abs() <= a.r;
        let (steepest, bend, value_roundings, slope_error) = match act {
            Act::Identity => (1.0, 0.0, 0.0, 0.0),
            Act::Relu if on_kink => (1.0, 1.0, 0.0, 0.0),
            Act::Relu => (slope, 0.0, 0.0, 0.0),
            Act::LeakyRelu { slope } if on_kink => (slope.max(1.0), 1.0 + slope, 3.0, 3.0 * self.u),
            Act::LeakyRelu { .. } => (slope, 0.0, 3.0, 3.0 * self.u),
            _ => ((slope.abs() + BEND * a.r).min(STEEPEST), BEND * a.r, 2.0 * ELEMENTARY + 2.0, 20.0 * self.u),
        };
        let cancelled = if act == Act::Gelu { 6.0 * self.u * (a.v.abs() + a.r) } else { 0.0 };
        let z = self.rounded(z, steepest * a.r + cancelled, value_roundings);
        (z, Ball { v: slope, r: SLACK * (bend + slope_error) })
    }

    /// Softmax of a row: y and ln y.
    ///
    /// ln y_k = a_k − ln Σ e^{a_j} moves by at most 2 R if no a moves by more than R. With d_k = max a − a_k, rounding
    /// a_k − max a moves it by u d_k, the same in the sum by the mean of d under y (doubled, since y moves too), and
    /// exponential, sum of K, quotient or logarithm by a fixed number of u.
    pub fn softmax(&self, a: &[Ball]) -> Vec<(Ball, Ball)> {
        let largest = a.iter().fold(f64::NEG_INFINITY, |m, a| m.max(a.v));
        let radius = a.iter().fold(0.0_f64, |m, a| m.max(a.r));
        let weights: Vec<f64> = a.iter().map(|a| (a.v - largest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let mean: f64 = a.iter().zip(&weights).map(|(a, w)| w / sum * (largest - a.v)).sum();
        let of_one = |(a, w): (&Ball, &f64)| {
            let d = largest - a.v;
            let (y, ln_y) = (w / sum, -d - sum.ln());
            let moved = 2.0 * radius + self.u * (d + 2.0 * radius + 2.0 * mean + weights.len() as f64 + 12.0);
            let y = Ball { v: y, r: SLACK * (y * moved.exp_m1() + self.tiny) };
            (y, self.rounded(ln_y, moved + self.u * ELEMENTARY * sum.ln(), 1.0))
        };
        a.iter().zip(&weights).map(of_one).collect()
    }
}

impl Ball {
    /// Exactly `v`.
    pub fn exact(v: f64) -> Self {
        Self { v, r: 0.0 }
    }

    fn product_error(self, other: Self) -> f64 {
        self.v.abs() * other.r + self.r * other.v.abs() + self.r * other.r
    }
}

/// A sum of products, in any order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    v: f64,
    carried: f64,
    reach: f64,
    n: usize,
}

impl Sum {
    /// Adds x y.
    pub fn add_product(&mut self, x: Ball, y: Ball) {
        let (v, error) = (x.v * y.v, x.product_error(y));
        self.v += v;
        self.carried += error;
        self.reach += v.abs() + error;
        self.n += 1;
    }

    /// Adds x.
    pub fn add(&mut self, x: Ball) {
        self.add_product(x, Ball::exact(1.0));
    }

    /// The sum as a ball.
    pub fn finish(self, rounding: &Rounding) -> Ball {
        let tiny = if self.reach > 0.0 { self.n as f64 * rounding.tiny } else { 0.0 };
        Ball { v: self.v, r: SLACK * (self.carried + rounding.gamma(self.n + 1) * self.reach + tiny) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every activation in `f32` stays within the ball that `f64` draws, at 4,001 places, and the balls are small.
    #[test]
    fn activations_stay_inside() {
        let rounding = Rounding::of::<f32>();
        for act in Act::ALL {
            for i in -2000..=2000 {
                let a = f64::from(i) * 0.01 + 0.0003;
                let (z, slope) = rounding.activation(act, rounding.given(a));
                let z32 = act.value(a as f32);
                let slope32 = act.derivative(a as f32, z32);
                assert!((f64::from(z32) - z.v).abs() <= z.r, "{act} at {a}: {z32}, {z:?}");
                assert!((f64::from(slope32) - slope.v).abs() <= slope.r, "{act}′ at {a}: {slope32}, {slope:?}");
                assert!(z.r <= 1e-5 * (1.0 + a.abs()) && slope.r <= 1e-5, "{act} at {a}: {z:?} {slope:?}");
            }
        }
    }

    #[test]
    fn softmax_stays_inside() {
        let rounding = Rounding::of::<f32>();
        for i in 0..500 {
            let a = [f64::from(i) * 0.1, 3.7 - f64::from(i) * 0.3, 1.3];
            let given = a.map(|a| rounding.given(a));
            let mut y = a.map(|a| a as f32);
            bp_core::OutputFunction::apply_row(&bp_core::Output::<Act>::Softmax, &mut y);
            for (y, (ball, _)) in y.into_iter().zip(rounding.softmax(&given)) {
                assert!((f64::from(y) - ball.v).abs() <= ball.r, "{a:?}: {y}, {ball:?}");
            }
        }
    }
}
