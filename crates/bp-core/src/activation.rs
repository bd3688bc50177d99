//! [`Activation`]: h and h′ of hidden units, and [`Act`], the ones that come with the crate.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::{Init, Real, Scalar};

/// A unit's activation function z = h(a) over scalars `S`.
///
/// Write your own in two functions; it works on every backend and every scalar it is written for:
///
/// ```
/// use bp_core::{Activation, Plan, Real, Reference, Stack};
///
/// #[derive(Debug, Clone)]
/// struct Snake;
///
/// impl<S: Real> Activation<S> for Snake {
///     fn value(&self, a: S) -> S {
///         a + a.sin() * a.sin()
///     }
///     fn derivative(&self, a: S, _z: S) -> S {
///         S::ONE + (a + a).sin() // since 2 sin a cos a = sin 2a
///     }
/// }
///
/// let plan = Plan::new(Stack::new(2).hidden(3, Snake).output(1, Snake))?;
/// let mut ws = plan.workspace::<f64>(1);
/// plan.forward(&Reference, &vec![0.1; plan.n_params()], &[1.0, 2.0], &mut ws)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Activation<S: Scalar>: Send + Sync {
    /// z = h(a).
    fn value(&self, a: S) -> S;

    /// h′(a), given a and z = h(a).
    fn derivative(&self, a: S, z: S) -> S;

    /// True if [`derivative`](Activation::derivative) uses `a`. If false, `a` is not kept for the backward pass,
    /// and what is passed for it there is z.
    fn needs_a(&self) -> bool {
        true
    }

    /// The initialiser that suits a layer with this activation.
    fn init(&self) -> Init {
        Init::GlorotUniform
    }

    /// h over a slice, in place.
    fn apply(&self, z: &mut [S]) {
        for z in z {
            *z = self.value(*z);
        }
    }

    /// δ ← h′(a) δ over slices.
    fn chain(&self, a: &[S], z: &[S], delta: &mut [S]) {
        for ((delta, &a), &z) in delta.iter_mut().zip(a).zip(z) {
            *delta = *delta * self.derivative(a, z);
        }
    }

    /// The built-in activation that this is, so that backends can take a faster path for it.
    fn known(&self) -> Option<&Act> {
        None
    }
}

const _: Option<&dyn Activation<f32>> = None;

/// The built-in activations.
///
/// ```
/// use bp_core::{Act, Activation};
/// let z = Act::Tanh.value(0.5_f64);
/// assert_eq!(Act::Tanh.derivative(0.5, z), (1.0 - z) * (1.0 + z));
/// assert_eq!("leaky-relu".parse(), Ok(Act::LeakyRelu { slope: 0.01 }));
/// assert!("sigmoidd".parse::<Act>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Act {
    /// h(a) = a.
    Identity,
    /// h(a) = tanh a, h′ = 1 − z² (M12), computed as (1 − z)(1 + z), which loses nothing of z.
    Tanh,
    /// h(a) = σ(a) = 1 / (1 + e⁻ᵃ), h′ = z (1 − z).
    Logistic,
    /// h(a) = max(a, 0), h′(0) = 0.
    Relu,
    /// h(a) = a above 0 and `slope`·a below; h′(0) = slope. The slope is finite and at least 0.
    LeakyRelu {
        /// The slope below 0, usually 0.01.
        slope: f64,
    },
    /// h(a) = a above 0 and eᵃ − 1 below (α = 1, the smooth case; Clevert et al. 2015).
    Elu,
    /// h(a) = ln(1 + eᵃ), h′ = σ(a).
    Softplus,
    /// h(a) = a / (1 + |a|), h′ = 1 / (1 + |a|)².
    Softsign,
    /// h(a) = a σ(a), also called swish (Elfwing et al. 2017).
    Silu,
    /// h(a) = a Φ(a) with the exact normal distribution function, through erf (Hendrycks and Gimpel 2016).
    Gelu,
}

impl Act {
    /// Every activation, leaky relu with slope 0.01.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::Tanh,
        Self::Logistic,
        Self::Relu,
        Self::LeakyRelu { slope: 0.01 },
        Self::Elu,
        Self::Softplus,
        Self::Softsign,
        Self::Silu,
        Self::Gelu,
    ];

    /// The name that [`FromStr`] reads.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Tanh => "tanh",
            Self::Logistic => "logistic",
            Self::Relu => "relu",
            Self::LeakyRelu { .. } => "leaky-relu",
            Self::Elu => "elu",
            Self::Softplus => "softplus",
            Self::Softsign => "softsign",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
        }
    }
}

/// Φ(a) = ½ (1 + erf(a / √2)), the normal distribution function.
#[inline(always)]
fn normal_cdf<S: Real>(a: S) -> S {
    S::HALF * (S::ONE + (a * S::from_f64(core::f64::consts::FRAC_1_SQRT_2)).erf())
}

/// φ(a) = e^(−a²/2) / √(2π), the normal density.
#[inline(always)]
fn normal_pdf<S: Real>(a: S) -> S {
    const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
    (-(S::HALF * a * a)).exp() * S::from_f64(INV_SQRT_TAU)
}

/// Calls a macro with the variants that are neither the identity nor have a parameter.
macro_rules! per_variant {
    ($loops:ident) => {
        $loops! {
            Self::Tanh, Self::Logistic, Self::Relu, Self::Elu, Self::Softplus, Self::Softsign, Self::Silu, Self::Gelu
        }
    };
}

impl<S: Real> Activation<S> for Act {
    #[inline(always)]
    fn value(&self, a: S) -> S {
        match self {
            Self::Identity => a,
            Self::Tanh => a.tanh(),
            Self::Logistic => a.logistic(),
            Self::Relu => a.relu(),
            Self::LeakyRelu { slope } => a.relu() - S::from_f64(*slope) * (-a).relu(),
            Self::Elu => a.relu() + (-(-a).relu()).expm1(),
            Self::Softplus => a.softplus(),
            Self::Softsign => a / (S::ONE + a.abs()),
            Self::Silu => a * a.logistic(),
            Self::Gelu => a * normal_cdf(a),
        }
    }

    #[inline(always)]
    fn derivative(&self, a: S, z: S) -> S {
        match self {
            Self::Identity => S::ONE,
            Self::Tanh => (S::ONE - z) * (S::ONE + z),
            Self::Logistic => z * (S::ONE - z),
            Self::Relu => z.step(),
            Self::LeakyRelu { slope } => {
                let step = z.step();
                step + S::from_f64(*slope) * (S::ONE - step)
            }
            Self::Elu => (-(-a).relu()).exp(),
            Self::Softplus => a.logistic(),
            Self::Softsign => {
                let r = (S::ONE + a.abs()).recip();
                r * r
            }
            Self::Silu => {
                let sigma = a.logistic();
                sigma * (S::ONE + a * (-a).logistic())
            }
            Self::Gelu => normal_cdf(a) + a * normal_pdf(a),
        }
    }

    fn needs_a(&self) -> bool {
        !matches!(self, Self::Identity | Self::Tanh | Self::Logistic | Self::Relu | Self::LeakyRelu { .. })
    }

    fn init(&self) -> Init {
        match self {
            Self::Identity | Self::Tanh | Self::Logistic | Self::Softsign => Init::GlorotUniform,
            _ => Init::HeUniform,
        }
    }

    // The match stands outside the loop: each arm is a flat loop over one known function, which a backend that calls
    // it inside its width dispatch gets in that width. So everything below is inlined, whatever its size.
    #[inline(always)]
    fn apply(&self, z: &mut [S]) {
        macro_rules! loops {
            ($($act:path),*) => {
                match *self {
                    Self::Identity => {}
                    Self::LeakyRelu { slope } => for z in z { *z = Self::LeakyRelu { slope }.value(*z); },
                    $($act => for z in z { *z = $act.value(*z); },)*
                }
            };
        }
        per_variant!(loops);
    }

    #[inline(always)]
    fn chain(&self, a: &[S], z: &[S], delta: &mut [S]) {
        // Loops, not closures: these are compiled into whatever vectors their caller has.
        macro_rules! loops {
            ($($act:path),*) => {
                match *self {
                    Self::Identity => {}
                    Self::LeakyRelu { slope } => {
                        for ((delta, &a), &z) in delta.iter_mut().zip(a).zip(z) {
                            *delta = *delta * Self::LeakyRelu { slope }.derivative(a, z);
                        }
                    }
                    $($act => for ((delta, &a), &z) in delta.iter_mut().zip(a).zip(z) {
                        *delta = *delta * $act.derivative(a, z);
                    },)*
                }
            };
        }
        per_variant!(loops);
    }

    fn known(&self) -> Option<&Act> {
        Some(self)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeakyRelu { slope } => write!(f, "leaky-relu:{slope}"),
            act => f.write_str(act.name()),
        }
    }
}

/// The text names no activation.
///
/// ```
/// let error = "tanhh".parse::<bp_core::Act>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown activation `tanhh`, expected one of identity, tanh"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown activation `{0}`, expected one of identity, tanh, logistic, relu, leaky-relu[:slope], elu, softplus, softsign, silu, gelu"
)]
pub struct UnknownAct(String);

impl FromStr for Act {
    type Err = UnknownAct;

    /// Reads a name, with `_` for `-` if you like; `leaky-relu:0.2` gives a slope.
    fn from_str(text: &str) -> Result<Self, UnknownAct> {
        let unknown = || UnknownAct(text.into());
        let name = text.replace('_', "-");
        if let Some(slope) = name.strip_prefix("leaky-relu:") {
            let slope: f64 = slope.parse().map_err(|_| unknown())?;
            return if slope >= 0.0 && slope.is_finite() { Ok(Self::LeakyRelu { slope }) } else { Err(unknown()) };
        }
        Self::ALL.into_iter().find(|act| act.name() == name).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn names_round_trip() {
        for act in Act::ALL.into_iter().chain([Act::LeakyRelu { slope: 0.25 }]) {
            assert_eq!(act.to_string().parse(), Ok(act));
            assert_eq!(act.name().replace('-', "_").parse::<Act>().map(|a| a.name()), Ok(act.name()));
        }
        for bad in ["", "Tanh", "leaky-relu:-1", "leaky-relu:nan", "leaky-relu:x"] {
            assert!(bad.parse::<Act>().is_err(), "{bad}");
        }
    }

    #[test]
    fn slices_have_the_bits_of_single_values() {
        let a: [f64; 9] = [-1e4, -3.25, -1.0, -0.0, 0.0, 1e-9, 0.7, 20.0, 1e4];
        for act in Act::ALL {
            let mut z = a;
            Activation::apply(&act, &mut z);
            let mut delta = [0.3; 9];
            Activation::chain(&act, &a, &z, &mut delta);
            for n in 0..9 {
                assert_eq!(z[n].to_bits(), act.value(a[n]).to_bits(), "{act} at {}", a[n]);
                let want = if act == Act::Identity { 0.3 } else { 0.3 * act.derivative(a[n], z[n]) };
                assert_eq!(delta[n].to_bits(), want.to_bits(), "{act}′ at {}", a[n]);
                assert!(z[n].is_finite() && delta[n].is_finite(), "{act} at {}", a[n]);
            }
        }
    }

    #[test]
    fn what_needs_no_a_ignores_it() {
        for act in Act::ALL.into_iter().filter(|act| !Activation::<f64>::needs_a(act)) {
            for a in [-2.0_f64, -0.5, 0.0, 0.5, 2.0] {
                let z = act.value(a);
                assert_eq!(act.derivative(a, z).to_bits(), act.derivative(z, z).to_bits(), "{act} at {a}");
            }
        }
    }

    #[test]
    fn kinks_follow_the_convention_and_nan_stays() {
        assert_eq!(Act::Relu.derivative(0.0_f64, 0.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!(Act::LeakyRelu { slope: 0.25 }.derivative(0.0_f64, 0.0).to_bits(), 0.25_f64.to_bits());
        assert_eq!(Act::Elu.derivative(0.0_f64, 0.0).to_bits(), 1.0_f64.to_bits());
        for act in Act::ALL {
            let z = act.value(f64::NAN);
            assert!(z.is_nan(), "{act}");
            assert!(act == Act::Identity || act.derivative(f64::NAN, z).is_nan(), "{act}′");
        }
    }

    /// (h, h(0), h′(0), what else its layer is told).
    #[test]
    fn at_0_and_what_its_layer_is_told() {
        use Init::{GlorotUniform, HeUniform};
        let ln2 = Real::ln(2.0_f64);
        let table: [(Act, [f64; 2], bool, Init); 10] = [
            (Act::Identity, [0.0, 1.0], false, GlorotUniform),
            (Act::Tanh, [0.0, 1.0], false, GlorotUniform),
            (Act::Logistic, [0.5, 0.25], false, GlorotUniform),
            (Act::Relu, [0.0, 0.0], false, HeUniform),
            (Act::LeakyRelu { slope: 0.01 }, [0.0, 0.01], false, HeUniform),
            (Act::Elu, [0.0, 1.0], true, HeUniform),
            (Act::Softplus, [ln2, 0.5], true, HeUniform),
            (Act::Softsign, [0.0, 1.0], true, GlorotUniform),
            (Act::Silu, [0.0, 0.5], true, HeUniform),
            (Act::Gelu, [0.0, 0.5], true, HeUniform),
        ];
        assert_eq!(table.map(|(act, ..)| act), Act::ALL);
        for (act, at_0, needs_a, init) in table {
            let z = act.value(0.0);
            assert_eq!([z, act.derivative(0.0, z)].map(f64::to_bits), at_0.map(f64::to_bits), "{act}");
            let told: &dyn Activation<f64> = &act;
            assert_eq!((told.needs_a(), told.init(), told.known()), (needs_a, init, Some(&act)), "{act}");
        }
    }

    /// h(a) = a², with everything else as it comes.
    struct Square;

    impl Activation<f64> for Square {
        fn value(&self, a: f64) -> f64 {
            a * a
        }
        fn derivative(&self, a: f64, _z: f64) -> f64 {
            a + a
        }
    }

    #[test]
    fn of_an_own_activation_a_is_kept_and_slices_follow_single_values() {
        let own: &dyn Activation<f64> = &Square;
        assert!(own.needs_a() && own.known().is_none() && own.init() == Init::GlorotUniform);
        let a = [-1.5, 0.0, 3.0];
        let (mut z, mut delta) = (a, [2.0, 4.0, 0.5]);
        own.apply(&mut z);
        own.chain(&a, &z, &mut delta);
        assert_eq!(z.map(f64::to_bits), [2.25, 0.0, 9.0].map(f64::to_bits));
        assert_eq!(delta.map(f64::to_bits), [-6.0, 0.0, 3.0].map(f64::to_bits));
    }
}
