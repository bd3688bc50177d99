//! [`Noise`]: what a training step disturbs at random, dropout and noise on inputs. Every number is a function of
//! (seed, step, layer, row, unit) alone: neither threads nor the cut of a batch change one.

use bp_core::{Float, Plan, Real, Workspace};
use serde::{Deserialize, Serialize};

use crate::{Philox, SettingError, rng, stream};

/// Rates of dropout and the strength of the noise on inputs; 0 is off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Noise {
    /// p of hidden layers without one of their own.
    pub(crate) hidden: f64,
    /// p by layer; the last of a name counts.
    pub(crate) layers: Vec<(String, f64)>,
    /// p of the inputs.
    pub(crate) inputs: f64,
    /// σ of the normal noise on the inputs.
    pub(crate) sigma: f64,
}

/// A hidden layer with dropout.
#[derive(Debug)]
pub(crate) struct Masked {
    name: String,
    /// Number of its first unit in the plan.
    first: u64,
    rate: f64,
}

/// Which step of which run, and which of the step's rows comes first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) seed: u64,
    pub(crate) step: u64,
    pub(crate) row: u64,
}

impl Noise {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        let rates = self.layers.iter().map(|(_, rate)| *rate).chain([self.hidden]);
        rates.into_iter().try_for_each(|rate| SettingError::unless_below_1("the dropout rate", rate))?;
        SettingError::unless_below_1("the dropout rate of the inputs", self.inputs)?;
        SettingError::unless_at_least_0("the noise on the inputs", self.sigma)
    }

    /// The layers that have dropout.
    pub(crate) fn masked<H>(&self, plan: &Plan<H>) -> Vec<Masked> {
        let (mut masked, mut first) = (vec![], 0);
        for layer in &plan.architecture().hidden {
            let own = self.layers.iter().rev().find(|(name, _)| *name == layer.name);
            let rate = own.map_or(self.hidden, |(_, rate)| *rate);
            if rate > 0.0 {
                masked.push(Masked { name: layer.name.clone(), first, rate });
            }
            first += layer.width as u64;
        }
        masked
    }

    /// x ← m ⊙ (x + σε): normal noise first, then dropout.
    pub(crate) fn disturb<S: Float>(&self, at: At, inputs: usize, x: &mut [S]) {
        if self.sigma > 0.0 {
            let of_step = stream::INPUT_NOISE | at.step << 8;
            for (row, x) in (at.row..).zip(x.chunks_exact_mut(inputs)) {
                // A pair of inputs takes four words, and a row begins where its number says.
                let mut rng = Philox::at(at.seed, of_step, row * 4 * inputs.div_ceil(2) as u64);
                for x in x.chunks_mut(2) {
                    for (x, epsilon) in x.iter_mut().zip(normal_pair(&mut rng)) {
                        *x += S::from_f64(self.sigma * epsilon);
                    }
                }
            }
        }
        if self.inputs > 0.0 {
            let of_step = stream::INPUT_DROPOUT | at.step << 8;
            for (row, x) in (at.row..).zip(x.chunks_exact_mut(inputs)) {
                let factor = factors(self.inputs);
                let position = row * inputs.next_multiple_of(4) as u64;
                rng::words(at.seed, of_step, position, x, |x: &mut S, word| *x = *x * factor(word));
            }
        }
    }
}

/// Draws the factors of `rows` rows: 0 with probability p, otherwise 1/(1 − p).
pub(crate) fn draw<S: Float>(masked: &[Masked], at: At, rows: usize, ws: &mut Workspace<S>) {
    for Masked { name, first, rate } in masked {
        let mut m = ws.factors_mut(name).expect("a hidden layer of this plan");
        let factor = factors(*rate);
        for n in 0..rows {
            // A plan has at most 2²⁴ units.
            let position = (at.row + n as u64) << 24 | first;
            rng::words(at.seed, stream::DROPOUT | at.step << 8, position, m.row_mut(n), |m, word| *m = factor(word));
        }
    }
}

/// From a uniform word to a factor of mean 1. The rate is rounded to a multiple of 2⁻³².
fn factors<S: Float>(rate: f64) -> impl Fn(u32) -> S {
    let (threshold, kept) = ((rate * 4_294_967_296.0) as u32, S::from_f64(1.0 / (1.0 - rate)));
    move |word| if word >= threshold { kept } else { S::ZERO }
}

/// Two independent normal numbers of mean 0 and variance 1 (Box and Muller 1958), from four words.
fn normal_pair(rng: &mut Philox) -> [f64; 2] {
    let (radius, angle) = (1.0 - rng.unit(), rng.unit());
    let radius = Real::sqrt(-2.0 * Real::ln(radius));
    let angle = core::f64::consts::TAU * angle;
    [radius * Real::cos(angle), radius * Real::sin(angle)]
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, stack};

    use super::*;

    fn plan() -> Plan {
        Plan::new(stack(3).hidden(5, Act::Tanh).hidden(301, Act::Tanh).output(1, Act::Identity)).expect("a network")
    }

    /// Factors of both layers, row by row.
    fn drawn(noise: &Noise, seed: u64, step: u64, cut: &[usize]) -> Vec<Vec<f64>> {
        let (plan, mut all, mut row) = (plan(), vec![], 0);
        for &rows in cut {
            let mut ws = plan.workspace::<f64>(rows);
            draw(&noise.masked(&plan), At { seed, step, row }, rows, &mut ws);
            for n in 0..rows {
                let mut of = |name| ws.factors_mut(name).expect("a layer").row_mut(n).to_vec();
                all.push([of("h1"), of("h2")].concat());
            }
            row += rows as u64;
        }
        all
    }

    #[test]
    fn masks_depend_on_seed_step_layer_row_and_unit_alone() {
        let noise = Noise { hidden: 0.5, ..Noise::default() };
        let whole = drawn(&noise, 1, 2, &[7]);
        assert_eq!(drawn(&noise, 1, 2, &[1; 7]), whole);
        assert_eq!(drawn(&noise, 1, 2, &[3, 4]), whole);
        assert_ne!(drawn(&noise, 2, 2, &[7]), whole);
        assert_ne!(drawn(&noise, 1, 3, &[7]), whole);
        for n in 1..7 {
            assert_ne!(whole[n], whole[n - 1]);
        }
        // The rate of one layer does not change the mask of another.
        let other = Noise { hidden: 0.5, layers: vec![("h1".into(), 0.25), ("h1".into(), 0.0)], ..Noise::default() };
        for (row, want) in drawn(&other, 1, 2, &[7]).iter().zip(&whole) {
            assert_eq!((&row[..5], &row[5..]), (&[1.0; 5][..], &want[5..]));
        }
    }

    /// Kept units are binomial: of 400 · 301 no count is 5 deviations off, which chance does once in two million seeds.
    #[test]
    fn factors_have_mean_1() {
        for (seed, rate) in [(0, 0.1), (1, 0.25), (2, 0.5), (3, 0.8)] {
            let noise = Noise { layers: vec![("h2".into(), rate)], ..Noise::default() };
            let rows = drawn(&noise, seed, 9, &[400]);
            let factors: Vec<f64> = rows.iter().flat_map(|row| row[5..].to_vec()).collect();
            let kept = 1.0 / (1.0 - rate);
            assert!(factors.iter().all(|m| [0.0, kept].map(f64::to_bits).contains(&m.to_bits())));
            let n = factors.len() as f64;
            let (mean, deviation) = (factors.iter().sum::<f64>() / n, (rate / (1.0 - rate) / n).sqrt());
            assert!((mean - 1.0).abs() <= 5.0 * deviation, "seed {seed}, rate {rate}: mean {mean}");
        }
    }

    #[test]
    fn noise_on_inputs_is_normal_and_belongs_to_its_row() {
        for inputs in [1, 2, 3, 8] {
            let noise = Noise { sigma: 0.5, ..Noise::default() };
            let (n, mut x) = (30_000 / inputs, vec![1.0_f64; 30_000 / inputs * inputs]);
            noise.disturb(At { seed: 4, step: 1, row: 0 }, inputs, &mut x);
            let mut alone = vec![1.0_f64; 3 * inputs];
            noise.disturb(At { seed: 4, step: 1, row: 10 }, inputs, &mut alone);
            assert_eq!(alone, x[10 * inputs..13 * inputs], "{n} rows of {inputs}");
            let count = x.len() as f64;
            let moment = |power: i32| x.iter().map(|x| ((x - 1.0) / 0.5).powi(power)).sum::<f64>() / count;
            // Five deviations of each moment of a normal distribution: 1/√n, √2/√n, √15/√n, √96/√n.
            for (power, want, variance) in [(1, 0.0, 1.0_f64), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
                let (got, bound) = (moment(power), 5.0 * (variance / count).sqrt());
                assert!((got - want).abs() <= bound, "{inputs} inputs, moment {power}: {got}");
            }
        }
    }

    #[test]
    fn dropped_inputs_are_0_and_the_others_larger() {
        let noise = Noise { inputs: 0.5, ..Noise::default() };
        let x = |row, rows: usize| {
            let mut x = vec![3.0_f64; 5 * rows];
            noise.disturb(At { seed: 1, step: 0, row }, 5, &mut x);
            x
        };
        let whole = x(0, 40);
        assert_eq!(x(7, 3), whole[35..50]);
        assert!(whole.contains(&0.0) && whole.contains(&6.0) && whole.iter().all(|x| [0.0, 6.0].contains(x)));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let say = |noise: Noise| noise.check().expect_err("out of range").to_string();
        let noise = Noise::default;
        assert_eq!(noise().check(), Ok(()));
        assert_eq!(say(Noise { hidden: 1.0, ..noise() }), "the dropout rate is 1, expected a number from 0 to below 1");
        say(Noise { layers: vec![("h1".into(), f64::NAN)], ..noise() });
        assert_eq!(
            say(Noise { inputs: -0.5, ..noise() }),
            "the dropout rate of the inputs is -0.5, expected a number from 0 to below 1"
        );
        assert_eq!(
            say(Noise { sigma: f64::INFINITY, ..noise() }),
            "the noise on the inputs is inf, expected a finite number of at least 0"
        );
    }
}
