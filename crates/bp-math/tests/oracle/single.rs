//! The functions for `f32` against `libm`'s for `f64`, whose error of at most a few ulp of a double is below 1e-8
//! ulp of a single.

use std::ops::Range;

use bp_math::f32 as ours;

/// A function and all that is claimed of it.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name in `bp_math::f32`.
    pub name: &'static str,
    /// One value.
    pub one: fn(f32) -> f32,
    /// A slice.
    pub slice: fn(&mut [f32]),
    /// The same in `f64`.
    pub oracle: fn(f64) -> f64,
    /// What holds of all values.
    pub shape: Shape,
}

/// Exact properties.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    /// −1: f(−x) = −f(x); 1: f(−x) = f(x); 0: neither.
    pub parity: i8,
    /// 1 never decreases, −1 never increases, 0 neither.
    pub trend: i8,
    /// Smallest and largest value.
    pub bounds: Option<(f32, f32)>,
}

const fn shape(parity: i8, trend: i8, bounds: Option<(f32, f32)>) -> Shape {
    Shape { parity, trend, bounds }
}

const INF: f32 = f32::INFINITY;

macro_rules! functions {
    ($($name:ident $oracle:expr, $shape:expr;)*) => {
        &[$(Function { name: stringify!($name), one: ours::$name, slice: ours::slice::$name, oracle: $oracle, shape: $shape }),*]
    };
}

/// All of them but `abs`.
pub const ALL: &[Function] = functions! {
    exp libm::exp, shape(0, 1, Some((0.0, INF)));
    expm1 libm::expm1, shape(0, 1, Some((-1.0, INF)));
    ln libm::log, shape(0, 1, None);
    ln1p libm::log1p, shape(0, 1, None);
    tanh libm::tanh, shape(-1, 1, Some((-1.0, 1.0)));
    tanh_derivative |z| (1.0 - z) * (1.0 + z), shape(1, 0, Some((-INF, 1.0)));
    sech2 sech2, shape(1, 0, Some((0.0, 1.0)));
    logistic logistic, shape(0, 1, Some((0.0, 1.0)));
    log_sigmoid |x| -softplus(-x), shape(0, 1, Some((-INF, 0.0)));
    softplus softplus, shape(0, 1, Some((0.0, INF)));
    erf libm::erf, shape(-1, 1, Some((-1.0, 1.0)));
    erfc libm::erfc, shape(0, -1, Some((0.0, 2.0)));
    sqrt libm::sqrt, shape(0, 1, None);
    sin libm::sin, shape(-1, 0, Some((-1.0, 1.0)));
    cos libm::cos, shape(1, 0, Some((-1.0, 1.0)));
};

fn logistic(x: f64) -> f64 {
    // Above 700, e^−x is far below the last place of 1, and below −700 the result is 0 in single precision.
    1.0 / (1.0 + libm::exp(if x < -700.0 { 700.0 } else { -x }))
}

fn sech2(x: f64) -> f64 {
    let e = libm::exp(-2.0 * x.abs());
    4.0 * e / ((1.0 + e) * (1.0 + e))
}

fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + libm::log1p(libm::exp(-x)) } else { libm::log1p(libm::exp(x)) }
}

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Inputs looked at.
    pub inputs: u64,
    /// Worst error in ulp.
    pub worst: f64,
    /// Bits of the input where it is.
    pub at: u32,
    /// Results that are not the nearest float.
    pub not_nearest: u64,
    /// Neighbors in the wrong order.
    pub unordered: u64,
    /// Pairs (x, −x) that break the parity.
    pub asymmetric: u64,
    /// Results outside the bounds, or NaN where the exact result is not, or the reverse.
    pub outside: u64,
}

impl Report {
    pub fn merge(reports: impl IntoIterator<Item = Self>) -> Self {
        reports.into_iter().fold(Self::default(), |a, b| {
            let worse = if a.worst >= b.worst { a } else { b };
            Self {
                inputs: a.inputs + b.inputs,
                worst: worse.worst,
                at: worse.at,
                not_nearest: a.not_nearest + b.not_nearest,
                unordered: a.unordered + b.unordered,
                asymmetric: a.asymmetric + b.asymmetric,
                outside: a.outside + b.outside,
            }
        })
    }
}

/// Distance of `got` from the exact `want` in ulp of `want`; ∞ counts as 2¹²⁸, the number it stands for in rounding.
pub fn ulps(got: f32, want: f64) -> f64 {
    const TOP: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
    let exponent = ((want.abs().min(TOP).to_bits() >> 52) as i64 - 1023).clamp(-126, 127);
    let ulp = f64::from_bits(((exponent - 23 + 1023) as u64) << 52);
    (f64::from(got).clamp(-TOP, TOP) - want.clamp(-TOP, TOP)).abs() / ulp
}

impl Function {
    /// Looks at the inputs with these bits, in order.
    pub fn check(&self, bits: Range<u64>) -> Report {
        const CHUNK: usize = 4096;
        let mut report = Report { inputs: bits.end - bits.start, ..Report::default() };
        let value = |bits: u64| f32::from_bits(bits as u32);
        // The value before the range, so that no pair of neighbors is missed.
        let mut last = if bits.start & 0x7fff_ffff == 0 { f32::NAN } else { (self.one)(value(bits.start - 1)) };
        let (mut z, mut mirrored) = ([0.0; CHUNK], [0.0; CHUNK]);
        let mut start = bits.start;
        while start < bits.end {
            let n = CHUNK.min((bits.end - start) as usize);
            for i in 0..n {
                z[i] = value(start + i as u64);
                mirrored[i] = -z[i];
            }
            (self.slice)(&mut z[..n]);
            if self.shape.parity != 0 {
                (self.slice)(&mut mirrored[..n]);
            }
            for i in 0..n {
                let (x, z) = (value(start + i as u64), z[i]);
                self.check_one(x, z, mirrored[i], last, &mut report);
                last = z;
            }
            start += n as u64;
        }
        report
    }

    #[inline(always)]
    fn check_one(&self, x: f32, z: f32, mirrored: f32, last: f32, report: &mut Report) {
        let want = (self.oracle)(f64::from(x));
        if want.is_nan() || z.is_nan() {
            report.outside += u64::from(!(want.is_nan() && z.is_nan()));
            return;
        }
        let error = ulps(z, want);
        if !(error <= report.worst) {
            (report.worst, report.at) = (error, x.to_bits());
        }
        report.not_nearest += u64::from(z.to_bits() != (want as f32).to_bits());
        if let Some((low, high)) = self.shape.bounds {
            report.outside += u64::from(!(low <= z && z <= high));
        }
        // Bits rise with |x|: on the negative side a rising function falls.
        let trend = if x < 0.0 { -self.shape.trend } else { self.shape.trend };
        report.unordered += u64::from(if trend > 0 { last > z } else { trend < 0 && last < z });
        let image = if self.shape.parity < 0 { -z } else { z };
        report.asymmetric += u64::from(self.shape.parity != 0 && mirrored.to_bits() != image.to_bits());
    }
}
