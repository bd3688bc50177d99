//! Sums, products, quotients and roots of `f64` rounded down or up, without changing the rounding mode.
//!
//! An IEEE operation gives the number nearest to the true result, and what it lost is a number that can be computed:
//! by Knuth's two-sum for a sum, by one fused multiply–add for a product, a quotient or a root (Boldo and Daumas 2003;
//! Muller et al., *Handbook of Floating-Point Arithmetic*, 2018, 4.3–4.4 and 5.1). Its sign tells on which side the true
//! result lies: an exact result stays, any other moves one step on one side only. Where the loss could itself
//! underflow, or something overflowed, both sides move.

/// 2⁻⁹⁰⁰: above it what a product, a quotient or a root lost is a normal number.
const SAFE: f64 = f64::from_bits((1023 - 900) << 52);

/// The largest `f64` that is surely not above a + b.
#[inline]
pub(super) fn add_down(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let b_part = sum - a;
    let lost = (a - (sum - b_part)) + (b - b_part);
    // NaN and ∞, after an overflow, go the safe way too.
    if (0.0..f64::INFINITY).contains(&lost) { sum } else { below(sum) }
}

/// The smallest `f64` that is surely not below a + b.
#[inline]
pub(super) fn add_up(a: f64, b: f64) -> f64 {
    -add_down(-a, -b)
}

/// a b, rounded down.
#[inline]
pub(super) fn mul_down(a: f64, b: f64) -> f64 {
    let product = a * b;
    if product.abs() >= SAFE {
        return if a.mul_add(b, -product) >= 0.0 { product } else { below(product) };
    }
    if a == 0.0 || b == 0.0 {
        // 0 · ∞ is no information.
        return if product.is_nan() { f64::NEG_INFINITY } else { product };
    }
    toward(product, (a > 0.0) == (b > 0.0))
}

/// a b, rounded up.
#[inline]
pub(super) fn mul_up(a: f64, b: f64) -> f64 {
    -mul_down(-a, b)
}

/// a / b for b > 0, rounded down.
#[inline]
pub(super) fn div_down(a: f64, b: f64) -> f64 {
    let quotient = a / b;
    if a.abs() >= SAFE && quotient.abs() >= SAFE {
        // a / b − q = (a − q b) / b.
        return if (-quotient).mul_add(b, a) >= 0.0 { quotient } else { below(quotient) };
    }
    if a == 0.0 {
        return quotient;
    }
    toward(quotient, a > 0.0)
}

/// a / b for b > 0, rounded up.
#[inline]
pub(super) fn div_up(a: f64, b: f64) -> f64 {
    -div_down(-a, b)
}

/// √a for a ≥ 0, rounded down.
pub(super) fn sqrt_down(a: f64) -> f64 {
    let root = a.sqrt();
    if a >= SAFE && (-root).mul_add(root, a) >= 0.0 || a == 0.0 { root } else { below(root) }
}

/// √a for a ≥ 0, rounded up.
pub(super) fn sqrt_up(a: f64) -> f64 {
    let root = a.sqrt();
    if a >= SAFE && (-root).mul_add(root, a) <= 0.0 || a == 0.0 { root } else { root.next_up() }
}

/// 2ᵏ m for 2⁻⁶⁰⁰ < m < 2⁴⁰⁰ and |k| ≤ 1200, rounded down.
pub(super) fn scale_down(m: f64, k: i32) -> f64 {
    let scaled = scale(m, k);
    // Scaling back is exact, except from ∞.
    if scaled < f64::INFINITY && scale(scaled, -k) <= m { scaled } else { scaled.next_down() }
}

/// 2ᵏ m for 2⁻⁶⁰⁰ < m < 2⁴⁰⁰ and |k| ≤ 1200, rounded up.
pub(super) fn scale_up(m: f64, k: i32) -> f64 {
    let scaled = scale(m, k);
    if scale(scaled, -k) >= m { scaled } else { scaled.next_up() }
}

/// Two factors, because 2ᵏ itself may be out of range. The first product is exact, so that only one rounding is left.
fn scale(m: f64, k: i32) -> f64 {
    let power = |k: i32| f64::from_bits(((k + 1023) as u64) << 52);
    m * power(k / 2) * power(k - k / 2)
}

/// The next number down; NaN, which stands for no information, becomes −∞.
#[inline]
fn below(x: f64) -> f64 {
    if x.is_nan() { f64::NEG_INFINITY } else { x.next_down() }
}

/// The next number down, but not below 0 for a result that is known to be positive.
#[inline]
fn toward(x: f64, positive: bool) -> f64 {
    let lower = below(x);
    if positive && lower < 0.0 && !x.is_nan() { 0.0 } else { lower }
}
