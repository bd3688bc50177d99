//! The functions for `f64` against two arbitrary-precision crates, and the points where they are compared.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, FRAC_PI_4, LN_2, SQRT_2};

use bp_math::f64 as ours;

use super::big::{self, Astro, Big, Dashu, Exact};

/// A function, its exact values, and where it is hard.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name in `bp_math::f64`.
    pub name: &'static str,
    /// One value.
    pub one: fn(f64) -> f64,
    /// A slice.
    pub slice: fn(&mut [f64]),
    astro: Exact<Astro>,
    dashu: Exact<Dashu>,
    /// −1: f(−x) = −f(x); 1: f(−x) = f(x); 0: neither.
    pub parity: i8,
    /// 1 never decreases, −1 never increases, 0 neither.
    pub trend: i8,
    /// Outside, the exact value is a constant, 0 or ∞ in doubles, or x itself.
    active: (f64, f64),
    /// The reduction changes its integer at odd multiples of this.
    boundary: f64,
    /// Places of their own: poles, saturation, seams of polynomials.
    edges: &'static [f64],
}

macro_rules! functions {
    ($($name:ident $parity:literal $trend:literal $active:expr, $boundary:expr, $edges:expr;)*) => {
        &[$(Function {
            name: stringify!($name),
            one: ours::$name,
            slice: ours::slice::$name,
            astro: big::$name,
            dashu: big::$name,
            parity: $parity,
            trend: $trend,
            active: $active,
            boundary: $boundary,
            edges: &$edges,
        }),*]
    };
}

const MAX: f64 = f64::MAX;

/// 6381956970095103 · 2⁷⁹⁷, the double nearest to a multiple of π/2 (Muller, Elementary Functions, 3rd ed., ch. 11).
const WORST: f64 = 5.319372648326541e+255;

/// All of them but `abs` and `sqrt`.
pub const ALL: &[Function] = functions! {
    exp 0 1 (-746.0, 710.0), LN_2 / 2.0, [709.782712893384, -708.3964185322641, -745.1332191019411];
    expm1 0 1 (-40.0, 710.0), LN_2 / 2.0, [709.782712893384, -36.7, -37.4];
    ln 0 1 (0.0, MAX), LN_2, [1.0, FRAC_1_SQRT_2, SQRT_2, 0.5, 2.0, f64::MIN_POSITIVE];
    ln1p 0 1 (-1.0, MAX), LN_2, [-0.2928932188134524, 0.41421356237309515, -0.5, 1.0, -1.0, 9007199254740992.0];
    tanh -1 1 (-20.0, 20.0), LN_2 / 4.0, [18.36840028483855, 18.714973875118524, 19.061547465398498];
    tanh_derivative 1 0 (-2.0, 2.0), 0.25, [1.0, -1.0, 0.5];
    sech2 1 0 (-375.0, 375.0), LN_2 / 4.0, [354.5, 373.2];
    logistic 0 1 (-746.0, 40.0), LN_2 / 2.0, [-708.3964185322641, -745.1332191019411, 36.7, 37.4];
    log_sigmoid 0 1 (-746.0, 746.0), LN_2 / 2.0, [708.3964185322641, 745.1332191019411];
    softplus 0 1 (-746.0, 746.0), LN_2 / 2.0, [-708.3964185322641, -745.1332191019411];
    erf -1 1 (-6.0, 6.0), 0.125, [1.0, -1.0, 5.9, 0.4375];
    erfc 0 -1 (-6.0, 28.0), 0.125, [0.4375, 0.5, 1.0, 26.5, 27.22, -5.9, -1.0];
    sin -1 0 (-30.0, 30.0), FRAC_PI_2 / 2.0, [FRAC_PI_4, WORST, f64::MAX];
    cos 1 0 (-30.0, 30.0), FRAC_PI_2 / 2.0, [FRAC_PI_4, WORST, f64::MAX];
};

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    pub points: u64,
    /// Worst error in ulp, and where.
    pub worst: f64,
    pub at: f64,
    /// Largest difference between the two crates' verdicts, in ulp.
    pub disagreement: f64,
    /// Results more than half an ulp off.
    pub not_nearest: u64,
    /// Neighbors in the wrong order.
    pub unordered: u64,
    /// Pairs (x, −x) that break the parity.
    pub asymmetric: u64,
    /// Results outside the function's bounds, or NaN.
    pub outside: u64,
}

impl Report {
    pub fn merge(reports: impl IntoIterator<Item = Self>) -> Self {
        reports.into_iter().fold(Self::default(), |a, b| {
            let worse = if a.worst >= b.worst { a } else { b };
            Self {
                points: a.points + b.points,
                worst: worse.worst,
                at: worse.at,
                disagreement: a.disagreement.max(b.disagreement),
                not_nearest: a.not_nearest + b.not_nearest,
                unordered: a.unordered + b.unordered,
                asymmetric: a.asymmetric + b.asymmetric,
                outside: a.outside + b.outside,
            }
        })
    }
}

/// A counter-based random number (the finalizer of SplitMix64, Steele et al. 2014).
pub fn random(i: u64) -> u64 {
    let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(i: u64) -> f64 {
    (random(i) >> 11) as f64 / 9_007_199_254_740_992.0
}

/// `x` moved by a few of its last places.
fn near(x: f64, i: u64, places: u64) -> f64 {
    let step = random(i) % (2 * places + 1);
    let moved = x.to_bits().wrapping_add(step).wrapping_sub(places);
    let moved = f64::from_bits(moved);
    if moved.is_finite() { moved } else { x }
}

impl Function {
    /// The i-th point: eight kinds in turn, each random in its way.
    pub fn point(&self, i: u64) -> f64 {
        let (low, high) = self.active;
        let width = (high - low).min(MAX);
        let sign = if random(i ^ 1 << 62) & 1 == 0 { 1.0 } else { -1.0 };
        let two = |n: f64| n.exp2();
        let x = match i % 8 {
            // Any bits.
            0 => f64::from_bits(random(i)),
            // Where something happens.
            1 => low + width * unit(i),
            2 => (low + width * unit(i)) / 16.0,
            // Small, down to where the result is x or a constant.
            3 => sign * two(-60.0 * unit(i)),
            // Beside a boundary of the reduction.
            4 => {
                let k = (random(i) >> 20) % 4000;
                let odd = (2 * (k % (1 << (k % 12))) + 1) as f64;
                let b = odd * self.boundary;
                near(sign * if self.active.1 >= MAX { two(odd % 64.0 - 32.0) * FRAC_1_SQRT_2 } else { b }, i + 1, 3)
            }
            // Beside an edge.
            5 => {
                let edge = self.edges[(random(i) >> 10) as usize % self.edges.len()];
                near(edge, i + 1, 1 << (random(i + 2) % 40))
            }
            // Tiny and subnormal.
            6 => sign * f64::from_bits(random(i) >> (1 + random(i + 1) % 60)).min(1e-290),
            // Any size within the range.
            _ => sign * two(two(10.0 * unit(i)) * if unit(i + 1) < 0.5 { -0.125 } else { 0.0078125 }),
        };
        if x.is_finite() && self.has_value(x) { x } else { 0.5 + unit(i) }
    }

    /// Whether the exact value at x exists and is worth asking for: no pole, and not astronomically beyond the range.
    fn has_value(&self, x: f64) -> bool {
        match self.name {
            "ln" => x > 0.0,
            "ln1p" => x > -1.0,
            "sin" | "cos" | "tanh_derivative" => true,
            _ => x.abs() < 3000.0,
        }
    }

    /// Smallest and largest value.
    fn bounds(&self) -> (f64, f64) {
        match self.name {
            "exp" | "softplus" => (0.0, f64::INFINITY),
            "expm1" => (-1.0, f64::INFINITY),
            "tanh" | "erf" | "sin" | "cos" => (-1.0, 1.0),
            "sech2" | "logistic" => (0.0, 1.0),
            "erfc" => (0.0, 2.0),
            "tanh_derivative" => (f64::NEG_INFINITY, 1.0),
            "log_sigmoid" => (f64::NEG_INFINITY, 0.0),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// Compares the i-th point with both crates.
    pub fn check(&self, i: u64) -> Report {
        let x = self.point(i);
        let got = (self.one)(x);
        let mut report = Report { points: 1, at: x, ..Report::default() };
        if x.abs() > 0.0 {
            let a = (self.astro)(&Astro::new(x)).ulps_from(got);
            let b = (self.dashu)(&Dashu::new(x)).ulps_from(got);
            report.worst = if a >= b { a } else { b };
            report.disagreement = (a - b).abs();
            if !report.disagreement.is_finite() {
                report.disagreement = f64::INFINITY;
            }
        }
        report.not_nearest = u64::from(!(report.worst <= 0.5));
        let after = (self.one)(x.next_up());
        report.unordered = u64::from((self.trend > 0 && got > after) || (self.trend < 0 && got < after));
        let (low, high) = self.bounds();
        report.outside = u64::from(!(low <= got && got <= high));
        let (mirrored, image) = ((self.one)(-x), if self.parity < 0 { -got } else { got });
        report.asymmetric = u64::from(self.parity != 0 && mirrored.to_bits() != image.to_bits());
        report
    }
}
