//! The same functions on slices, in place: one flat loop each, which the compiler turns into vector instructions of
//! whatever width the caller was built for.

/// Writes `pub mod slice` into a module of functions.
macro_rules! in_place {
    ($float:ident) => {
        /// The functions on slices, in place: one flat loop over the function of the same name, so the bits are the
        /// same. Called inside a width dispatch (`pulp`'s, say) the loop is compiled for that width.
        ///
        /// ```
        #[doc = concat!("let mut z = [0.5, -0.25, 1e4_", stringify!($float), "];")]
        #[doc = concat!("bp_math::", stringify!($float), "::slice::tanh(&mut z);")]
        #[doc = concat!("assert_eq!(z[0].to_bits(), bp_math::", stringify!($float), "::tanh(0.5).to_bits());")]
        /// ```
        pub mod slice {
            $crate::loops::loops!($float: exp expm1 ln ln1p tanh tanh_derivative sech2 logistic log_sigmoid softplus
                erf erfc sqrt sin cos abs);
        }
    };
}

macro_rules! loops {
    ($float:ident: $($name:ident)*) => {$(
        #[doc = concat!("[`", stringify!($name), "`](super::", stringify!($name), ") of every value.")]
        #[inline(always)]
        pub fn $name(x: &mut [$float]) {
            for x in x {
                *x = super::$name(*x);
            }
        }
    )*};
}

pub(crate) use {in_place, loops};
