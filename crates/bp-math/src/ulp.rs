//! The declared worst error of each function, in units in the last place of the exact result.
//!
//! One ulp is the distance between the two floats around the exact result (the spacing of its binade, 2⁻¹⁴⁹ or
//! 2⁻¹⁰⁷⁴ among the subnormal numbers). Those of [`mod@f32`] are bounds, checked on every input where `docs/accuracy.md`
//! says so; those of [`mod@f64`] are argued on the crate's front page (`erfc` not in its last half ulp) and checked on a
//! million points: what is measured is a lower bound of the worst error, what is declared an upper one.

macro_rules! constants {
    ($($name:ident $function:ident $bound:literal;)*) => {
        $(
            #[doc = concat!("Worst error of `", stringify!($function), "` in ulp.")]
            pub const $name: core::primitive::f64 = $bound;
        )*
        /// All of them, by the function's name.
        pub const ALL: &[(&str, core::primitive::f64)] = &[$((stringify!($function), $name)),*];
    };
}

/// For single precision.
pub mod f32 {
    constants! {
        EXP exp 0.51; EXPM1 expm1 0.51; LN ln 0.51; LN1P ln1p 0.51; TANH tanh 0.51;
        TANH_DERIVATIVE tanh_derivative 0.51; SECH2 sech2 0.51; LOGISTIC logistic 0.51;
        LOG_SIGMOID log_sigmoid 0.51; SOFTPLUS softplus 0.51; ERF erf 0.51; ERFC erfc 0.51;
        SQRT sqrt 0.5; SIN sin 0.51; COS cos 0.51; ABS abs 0.0;
    }
}

/// For double precision.
pub mod f64 {
    constants! {
        EXP exp 1.0; EXPM1 expm1 1.5; LN ln 1.5; LN1P ln1p 1.5; TANH tanh 2.0;
        TANH_DERIVATIVE tanh_derivative 2.0; SECH2 sech2 2.0; LOGISTIC logistic 2.0;
        LOG_SIGMOID log_sigmoid 2.0; SOFTPLUS softplus 2.0; ERF erf 2.0; ERFC erfc 2.0;
        SQRT sqrt 0.5; SIN sin 1.5; COS cos 1.5; ABS abs 0.0;
    }
}
