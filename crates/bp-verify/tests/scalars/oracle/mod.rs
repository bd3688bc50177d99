//! True values of elementary functions by two arbitrary-precision crates that share no code. What one lacks is made of
//! what it has, by another formula than the other uses.

pub mod astro;
pub mod dashu;
pub mod exact;

pub use exact::Exact;

/// The functions that are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Exp,
    Expm1,
    Ln,
    Ln1p,
    Tanh,
    Erf,
    Sin,
    Cos,
    Sqrt,
    Sech2,
    Logistic,
    Softplus,
}

impl Function {
    pub const ALL: [Self; 12] = [
        Self::Exp,
        Self::Expm1,
        Self::Ln,
        Self::Ln1p,
        Self::Tanh,
        Self::Erf,
        Self::Sin,
        Self::Cos,
        Self::Sqrt,
        Self::Sech2,
        Self::Logistic,
        Self::Softplus,
    ];

    /// True if f(x) is a real number.
    pub fn is_defined(self, x: f64) -> bool {
        x.is_finite()
            && match self {
                Self::Ln => x > 0.0,
                Self::Ln1p => x > -1.0,
                Self::Sqrt => x >= 0.0,
                _ => true,
            }
    }
}

/// Everything a crate must offer: numbers of some 256 bits.
pub trait Oracle {
    /// f(hi + lo).
    fn value(&mut self, f: Function, x: (f64, f64)) -> Exact;
}

/// Both crates, which must agree to 100 bits.
pub struct Both {
    astro: astro::Astro,
    dashu: dashu::Dashu,
}

impl Both {
    pub fn new() -> Self {
        Self { astro: astro::Astro::new(), dashu: dashu::Dashu::new() }
    }

    /// f(hi + lo) by each of the two. Panics if they differ.
    pub fn values(&mut self, f: Function, x: (f64, f64)) -> [Exact; 2] {
        let (first, second) = (self.astro.value(f, x), self.dashu.value(f, x));
        assert!(first.agrees_with(&second, 100), "{f:?}({x:?}): astro-float {first:?}, dashu-float {second:?}");
        [first, second]
    }
}
