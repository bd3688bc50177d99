//! Correctly rounded square roots: the processor's where `std` gives it, integers where it does not.
//!
//! The integer form: a significand is shifted left until its integer root has 53 bits and the rest of the exponent is
//! even, and that root is rounded by its remainder. A tie cannot happen: the square of a number of 54 bits has an odd
//! multiple of ¼ behind the point.

/// √x for `f32`; NaN below 0.
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn f32(x: f32) -> f32 {
    x.sqrt()
}

/// √x for `f64`; NaN below 0.
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn f64(x: f64) -> f64 {
    x.sqrt()
}

#[cfg(not(feature = "std"))]
pub(crate) use integer::{f32, f64};

#[cfg(any(test, not(feature = "std")))]
pub(crate) mod integer {
    //! The form without `std`.

    /// √x for `f32`; NaN below 0. Exact in `f64` up to a rounding that the second one cannot notice: 53 ≥ 2 · 24 + 2
    /// (Figueroa 1995).
    pub(crate) fn f32(x: f32) -> f32 {
        f64(f64::from(x)) as f32
    }

    /// √x for `f64`; NaN below 0.
    pub(crate) fn f64(x: f64) -> f64 {
        const MANTISSA: u64 = (1 << 52) - 1;
        let bits = x.to_bits();
        if bits << 1 == 0 || !(x < f64::INFINITY) {
            return x;
        }
        if x < 0.0 {
            return f64::NAN;
        }
        let raw = (bits >> 52) as i32;
        // x = significand · 2^exponent.
        let (significand, exponent) = if raw == 0 { (bits, -1074) } else { (bits & MANTISSA | (1 << 52), raw - 1075) };
        // 105 or 106 bits, leaving an even exponent: a root of 53 bits.
        let zeros = significand.leading_zeros() as i32 - 11;
        let shift = zeros + 52 + ((exponent - zeros) & 1);
        let square = u128::from(significand) << shift;
        let root = square.isqrt();
        let root = (root + u128::from(square - root * root > root)) as u64;
        // A root is never subnormal, so the conversion and the product are exact.
        root as f64 * f64::from_bits(((1023 + (exponent - shift) / 2) as u64) << 52)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_forms_have_the_same_bits() {
        let same = |x: f64| {
            let (a, b) = (super::integer::f64(x), x.sqrt());
            assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "√{x:e}: {a:e} and {b:e}");
            let x = x as f32;
            let (a, b) = (super::integer::f32(x), x.sqrt());
            assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "√{x:e}: {a:e} and {b:e}");
        };
        for x in
            [0.0, -0.0, 1.0, 2.0, 4.0, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), f64::INFINITY, f64::NAN, -1.0]
        {
            same(x);
        }
        // Every exponent, squares and their neighbours, and a walk over all bits.
        let mut bits = 0_u64;
        for i in 0..400_000_u64 {
            bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
            same(f64::from_bits(bits & (u64::MAX >> 1)));
            let square = ((i + 94_906_000) * (i + 94_906_000)) as f64;
            same(square);
            same(square.next_up());
            same(square.next_down());
            same(f64::from(f32::from_bits((bits >> 33) as u32)));
        }
    }
}
