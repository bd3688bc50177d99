//! Exact values by two arbitrary-precision crates, through one set of formulas: [`Astro`] and [`Dashu`].
//!
//! The crates give +, −, ×, ÷, √, eˣ, ln, sin and cos with 256 bits; the other functions are made of these here. The
//! formulas lose at most 80 bits to cancellation, so 120 bits stay behind the 53 of a double.

use std::cell::RefCell;

use astro_float::{BigFloat, Consts, RoundingMode};
use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

/// Working precision in bits.
const BITS: usize = 256;

/// A number of [`BITS`] bits.
pub trait Big: Clone {
    fn new(x: f64) -> Self;
    fn add(&self, other: &Self) -> Self;
    fn sub(&self, other: &Self) -> Self;
    fn mul(&self, other: &Self) -> Self;
    fn div(&self, other: &Self) -> Self;
    fn sqrt(&self) -> Self;
    fn exp(&self) -> Self;
    fn ln(&self) -> Self;
    fn sin(&self) -> Self;
    fn cos(&self) -> Self;
    /// The value to about 50 bits; 0 or ±∞ outside the range of `f64`.
    fn approx(&self) -> f64;

    fn neg(&self) -> Self {
        Self::new(0.0).sub(self)
    }

    /// The difference to `got` in ulp of this value. ∞ counts as 2¹⁰²⁴, the number it stands for in rounding.
    fn ulps_from(&self, got: f64) -> f64 {
        let approx = self.approx();
        if approx.is_infinite() && approx.to_bits() == got.to_bits() {
            return 0.0;
        }
        let size = approx.abs().min(f64::MAX);
        // A value just below a power of two has the smaller ulp, even if its approximation is that power.
        let reached = if approx < 0.0 { self.neg() } else { self.clone() }.sub(&Self::new(size)).approx() >= 0.0;
        let size = if reached { size } else { size.next_down() };
        let exponent = ((size.to_bits() >> 52) as i32 - 1023).max(-1022);
        let half = |n: i32| Self::new(f64::from_bits(((1023 + n) as u64) << 52));
        let down = 52 - exponent;
        let got = if got.is_infinite() {
            let top = half(1000).mul(&half(24));
            if got > 0.0 { top } else { top.neg() }
        } else {
            Self::new(got)
        };
        self.sub(&got).mul(&half(down / 2)).mul(&half(down - down / 2)).approx().abs()
    }
}

/// By the crate `astro-float`.
#[derive(Clone)]
pub struct Astro(BigFloat);

thread_local! {
    static CONSTS: RefCell<Consts> = RefCell::new(Consts::new().expect("memory for constants"));
}

const RM: RoundingMode = RoundingMode::None;

impl Big for Astro {
    fn new(x: f64) -> Self {
        // astro-float 0.9.6 halves subnormal numbers on the way in; through a normal one they arrive whole.
        if x.abs() < f64::MIN_POSITIVE {
            let up = BigFloat::from_f64(x * power(1.0, 100), BITS);
            return Self(up.mul(&BigFloat::from_f64(power(1.0, -100), BITS), BITS, RM));
        }
        Self(BigFloat::from_f64(x, BITS))
    }
    fn add(&self, other: &Self) -> Self {
        Self(self.0.add(&other.0, BITS, RM))
    }
    fn sub(&self, other: &Self) -> Self {
        Self(self.0.sub(&other.0, BITS, RM))
    }
    fn mul(&self, other: &Self) -> Self {
        Self(self.0.mul(&other.0, BITS, RM))
    }
    fn div(&self, other: &Self) -> Self {
        Self(self.0.div(&other.0, BITS, RM))
    }
    fn sqrt(&self) -> Self {
        Self(self.0.sqrt(BITS, RM))
    }
    fn exp(&self) -> Self {
        CONSTS.with_borrow_mut(|c| Self(self.0.exp(BITS, RM, c)))
    }
    fn ln(&self) -> Self {
        CONSTS.with_borrow_mut(|c| Self(self.0.ln(BITS, RM, c)))
    }
    fn sin(&self) -> Self {
        CONSTS.with_borrow_mut(|c| Self(self.0.sin(BITS, RM, c)))
    }
    fn cos(&self) -> Self {
        CONSTS.with_borrow_mut(|c| Self(self.0.cos(BITS, RM, c)))
    }
    fn approx(&self) -> f64 {
        if self.0.is_inf() || self.0.is_nan() {
            return if self.0.is_inf_neg() {
                f64::NEG_INFINITY
            } else if self.0.is_nan() {
                f64::NAN
            } else {
                f64::INFINITY
            };
        }
        let Some((words, _, sign, exponent, _)) = self.0.as_raw_parts() else { return 0.0 };
        let top = words.last().map_or(0, |&word| word >> 11) as f64;
        // value = 0.top… · 2^exponent.
        let value = power(top, exponent - 53);
        if sign == astro_float::Sign::Neg { -value } else { value }
    }
}

/// x · 2ⁿ for any n.
fn power(x: f64, n: i32) -> f64 {
    let factor = |n: i32| f64::from_bits(((1023 + n) as u64) << 52);
    let n = n.clamp(-2400, 2400);
    let (a, b) = (n / 3, n - 2 * (n / 3));
    x * factor(a) * factor(a) * factor(b)
}

/// By the crate `dashu-float`.
#[derive(Clone)]
pub struct Dashu(FBig<HalfEven, 2>);

impl Big for Dashu {
    fn new(x: f64) -> Self {
        let exact = FBig::<HalfEven, 2>::try_from(x).expect("finite");
        Self(exact.with_precision(BITS).value())
    }
    fn add(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }
    fn sub(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }
    fn mul(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0)
    }
    fn div(&self, other: &Self) -> Self {
        Self(&self.0 / &other.0)
    }
    fn sqrt(&self) -> Self {
        Self(self.0.sqrt())
    }
    fn exp(&self) -> Self {
        Self(self.0.exp())
    }
    fn ln(&self) -> Self {
        Self(self.0.ln())
    }
    fn sin(&self) -> Self {
        Self(self.0.sin())
    }
    fn cos(&self) -> Self {
        Self(self.0.cos())
    }
    fn approx(&self) -> f64 {
        self.0.to_f64().value()
    }
}

/// The exact value of a function at x.
pub type Exact<B> = fn(&B) -> B;

pub fn exp<B: Big>(x: &B) -> B {
    x.exp()
}

pub fn ln<B: Big>(x: &B) -> B {
    x.ln()
}

pub fn sin<B: Big>(x: &B) -> B {
    x.sin()
}

pub fn cos<B: Big>(x: &B) -> B {
    x.cos()
}

/// eˣ − 1, by the series near 0.
pub fn expm1<B: Big>(x: &B) -> B {
    if x.approx().abs() > power(1.0, -40) {
        return x.exp().sub(&B::new(1.0));
    }
    // x (1 + x/2 (1 + x/3 (1 + x/4 (1 + x/5)))): the next factor is below 2⁻²⁰⁰.
    let one = B::new(1.0);
    let mut sum = one.clone();
    for n in [5.0, 4.0, 3.0, 2.0] {
        sum = one.add(&x.div(&B::new(n)).mul(&sum));
    }
    x.mul(&sum)
}

/// ln(1 + x), by the series near 0.
pub fn ln1p<B: Big>(x: &B) -> B {
    if x.approx().abs() > power(1.0, -40) {
        return B::new(1.0).add(x).ln();
    }
    // x (1 − x (1/2 − x (1/3 − x (1/4 − x/5)))).
    let mut sum = B::new(1.0).div(&B::new(5.0));
    for n in [4.0, 3.0, 2.0, 1.0] {
        sum = B::new(1.0).div(&B::new(n)).sub(&x.mul(&sum));
    }
    x.mul(&sum)
}

pub fn tanh<B: Big>(x: &B) -> B {
    let e = expm1(&x.add(x));
    e.div(&e.add(&B::new(2.0)))
}

pub fn sech2<B: Big>(x: &B) -> B {
    let (up, down) = (x.exp(), x.neg().exp());
    let cosh = up.add(&down).div(&B::new(2.0));
    B::new(1.0).div(&cosh.mul(&cosh))
}

pub fn tanh_derivative<B: Big>(z: &B) -> B {
    B::new(1.0).sub(z).mul(&B::new(1.0).add(z))
}

pub fn logistic<B: Big>(x: &B) -> B {
    B::new(1.0).div(&B::new(1.0).add(&x.neg().exp()))
}

pub fn softplus<B: Big>(x: &B) -> B {
    ln1p(&x.exp())
}

pub fn log_sigmoid<B: Big>(x: &B) -> B {
    softplus(&x.neg()).neg()
}

/// √π, from 4 arctan by Machin's formula; kept per thread by the caller's use of the series below.
fn root_pi<B: Big>() -> B {
    let arctan_of_inverse = |n: f64| {
        let (square, mut power) = (B::new(n * n), B::new(1.0).div(&B::new(n)));
        let mut sum = power.clone();
        for k in 1..120 {
            power = power.div(&square);
            let term = power.div(&B::new(f64::from(2 * k + 1)));
            sum = if k % 2 == 1 { sum.sub(&term) } else { sum.add(&term) };
        }
        sum
    };
    let quarter = arctan_of_inverse(5.0).mul(&B::new(4.0)).sub(&arctan_of_inverse(239.0));
    quarter.mul(&B::new(4.0)).sqrt()
}

/// erf and erfc of |x|: a series of positive terms up to 6 (DLMF 7.6.2), a continued fraction beyond (7.9.1).
fn erf_pair<B: Big>(x: &B, root_pi: &B) -> (B, B) {
    let size = x.approx().abs();
    let square = x.mul(x);
    let gauss = square.neg().exp();
    let one = B::new(1.0);
    if size <= 6.0 {
        // 2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!
        let double = square.add(&square);
        let (mut term, mut sum, mut n) = (x.clone(), x.clone(), 1.0);
        while term.approx().abs() > sum.approx().abs() * 1e-62 {
            n += 2.0;
            term = term.mul(&double).div(&B::new(n));
            sum = sum.add(&term);
        }
        let erf = sum.mul(&gauss).mul(&B::new(2.0)).div(root_pi);
        let erfc = one.sub(&erf);
        (erf, erfc)
    } else {
        // √π e^(x²) erfc x = 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))).
        let mut tail = x.clone();
        for n in (1..=80).rev() {
            tail = x.add(&B::new(f64::from(n) / 2.0).div(&tail));
        }
        let erfc = gauss.div(root_pi).div(&tail);
        (one.sub(&erfc), erfc)
    }
}

pub fn erf<B: Big + 'static>(x: &B) -> B {
    if x.approx() < 0.0 { erf(&x.neg()).neg() } else { erf_pair(x, &kept_root_pi()).0 }
}

pub fn erfc<B: Big + 'static>(x: &B) -> B {
    if x.approx() < 0.0 { B::new(1.0).add(&erf(&x.neg())) } else { erf_pair(x, &kept_root_pi()).1 }
}

fn kept_root_pi<B: Big + 'static>() -> B {
    use std::any::Any;
    thread_local! {
        static KEPT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(vec![]) };
    }
    KEPT.with_borrow_mut(|kept| {
        if let Some(found) = kept.iter().find_map(|any| any.downcast_ref::<B>()) {
            return found.clone();
        }
        let new = root_pi::<B>();
        kept.push(Box::new(new.clone()));
        new
    })
}
