//! [`Arrays`]: named arrays in `f64`, the common form of everything that is compared here.

use std::collections::BTreeMap;

use crate::ball::Ball;

/// Arrays by name: `a.h1`, `z.h1`, `delta.h1`, `y`, `error`, `gradient.h1.bias`, `dx`, `jacobian.0`.
pub type Arrays = BTreeMap<String, Vec<f64>>;

/// The same with a radius per number.
pub type Balls = BTreeMap<String, Vec<Ball>>;

/// What a comparison found when everything was near enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Arrays compared.
    pub arrays: usize,
    /// Largest distance, as a share of what was allowed.
    pub worst: f64,
    /// Where that was.
    pub at: String,
}

impl Match {
    /// Nothing compared yet.
    pub fn none() -> Self {
        Self { arrays: 0, worst: 0.0, at: String::new() }
    }

    /// Takes another comparison in.
    pub fn join(&mut self, other: &Self, of: &str) {
        self.arrays += other.arrays;
        if other.worst > self.worst {
            (self.worst, self.at) = (other.worst, format!("{of} {}", other.at));
        }
    }
}

/// Compares every array of `want` with the one of its name in `got`: each entry within `bound(name, entry)`, arrays of
/// zeros with zeros only. NaN on either side fails.
///
/// # Errors
/// The first array that is missing, has another length, or is too far away.
pub fn compare(got: &Arrays, want: &Arrays, bound: impl Fn(&str, usize) -> f64) -> Result<Match, String> {
    let mut found = Match::none();
    for (name, want) in want {
        let got = got.get(name).ok_or_else(|| format!("{name}: not computed"))?;
        if got.len() != want.len() {
            return Err(format!("{name}: {} values, expected {}", got.len(), want.len()));
        }
        let all_zero = want.iter().all(|w| is_zero(*w));
        for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
            let (distance, bound) = ((got - want).abs(), bound(name, i));
            let near = if all_zero { is_zero(got) } else { distance <= bound };
            if !(near && want.is_finite()) {
                return Err(format!("{name}[{i}]: got {got:e}, expected {want:e}, distance {distance:e} > {bound:e}"));
            }
            let share = if is_zero(distance) { 0.0 } else { distance / bound };
            if share > found.worst {
                (found.worst, found.at) = (share, format!("{name}[{i}]"));
            }
        }
        found.arrays += 1;
    }
    Ok(found)
}

/// Golden vectors in `f64`: per array, max |got − want| ≤ `tolerance` · max |want|.
///
/// # Errors
/// As [`compare`].
pub fn compare_by_array(got: &Arrays, want: &Arrays, tolerance: f64) -> Result<Match, String> {
    let largest: BTreeMap<_, _> =
        want.iter().map(|(name, values)| (name.as_str(), values.iter().fold(0.0_f64, |m, w| m.max(w.abs())))).collect();
    compare(got, want, |name, _| tolerance * largest[name])
}

/// Every number of `got` against `want`, within `factor` radii of the ball of its name and place.
///
/// # Errors
/// As [`compare`].
pub fn compare_by_radius(got: &Arrays, want: &Arrays, balls: &Balls, factor: f64) -> Result<Match, String> {
    let missing = want.keys().find(|name| balls.get(*name).is_none_or(|b| b.len() != want[*name].len()));
    match missing {
        Some(name) => Err(format!("{name}: no radius")),
        None => compare(got, want, |name, i| factor * balls[name][i].r),
    }
}

/// The centres of balls.
pub fn centres(balls: &Balls) -> Arrays {
    balls.iter().map(|(name, balls)| (name.clone(), balls.iter().map(|b| b.v).collect())).collect()
}

/// True for 0 and −0.
fn is_zero(x: f64) -> bool {
    x.to_bits() << 1 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays(values: &[f64]) -> Arrays {
        Arrays::from([("y".into(), values.to_vec())])
    }

    fn near(got: &[f64], want: &[f64]) -> bool {
        compare_by_array(&arrays(got), &arrays(want), 1e-12).is_ok()
    }

    #[test]
    fn what_is_near_and_what_is_not() {
        assert!(near(&[1.0, 1e-13], &[1.0, 0.0]));
        assert!(near(&[0.0, -0.0], &[-0.0, 0.0]));
        assert!(!near(&[1.0, 1e-11], &[1.0, 0.0]));
        assert!(!near(&[0.0, 1e-300], &[0.0, 0.0]));
        assert!(!near(&[1.0], &[1.0, 0.0]));
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(!near(&[1.0, bad], &[1.0, 0.0]));
            assert!(!near(&[1.0, 0.0], &[1.0, bad]));
            assert!(!near(&[bad], &[0.0]));
        }
        assert!(compare_by_array(&Arrays::new(), &arrays(&[1.0]), 1.0).is_err());
    }
}
