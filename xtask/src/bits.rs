//! `cargo xtask bits`: tanh and exp of every `f32`, built for every vector width that the machine has, bit by bit.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};
use indicatif::ProgressBar;

use crate::oracle::in_parallel;

/// How a loop is built: the name of a width, and a call that runs it in functions built for that width.
type Width = (&'static str, fn(Op, &mut [f32]));

/// A function of one number, with its name and the loop that is compared with it.
type Scalar = (&'static str, Op, fn(f32) -> f32);

/// What is compared.
#[derive(Clone, Copy)]
enum Op {
    Tanh,
    Exp,
}

impl Op {
    #[inline(always)]
    fn apply(self, x: &mut [f32]) {
        match self {
            Self::Tanh => bp_math::f32::slice::tanh(x),
            Self::Exp => bp_math::f32::slice::exp(x),
        }
    }
}

pub(crate) fn run() -> Result<()> {
    let widths = widths();
    println!("widths: scalar, {}", widths.iter().map(|w| w.0).collect::<Vec<_>>().join(", "));
    let scalar: [Scalar; 2] = [("tanh", Op::Tanh, bp_math::f32::tanh), ("exp", Op::Exp, bp_math::f32::exp)];
    let mut total = 0;
    for (name, op, one) in scalar {
        let bar = ProgressBar::new(1 << 32);
        let different = AtomicU64::new(0);
        let compare = |bits: std::ops::Range<u64>| {
            let x: Vec<f32> = bits.map(|bits| f32::from_bits(bits as u32)).collect();
            let plain: Vec<u32> = x.iter().map(|&x| std::hint::black_box(one)(x).to_bits()).collect();
            for (_, run) in &widths {
                let mut z = x.clone();
                run(op, &mut z);
                // The payload of a NaN is not promised.
                let differs =
                    |(&plain, z): (&u32, &f32)| plain != z.to_bits() && !(f32::from_bits(plain).is_nan() && z.is_nan());
                different
                    .fetch_add(plain.iter().zip(&z).filter(|&pair| differs(pair)).count() as u64, Ordering::Relaxed);
            }
        };
        in_parallel(0..1 << 32, 1 << 14, compare, |done| bar.inc(done));
        bar.finish_and_clear();
        println!("{name}: 4294967296 inputs, {} different", different.load(Ordering::Relaxed));
        total += different.into_inner();
    }
    if total > 0 {
        bail!("{total} results depend on the vector width");
    }
    Ok(())
}

/// The widths that this machine has, the plain build first.
fn widths() -> Vec<Width> {
    fn plain(op: Op, x: &mut [f32]) {
        op.apply(x);
    }
    #[allow(unused_mut, reason = "other machines have one width")]
    let mut widths: Vec<Width> = vec![("baseline", plain)];
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::x86::{V3, V4};
        fn avx2(op: Op, x: &mut [f32]) {
            if let Some(token) = V3::try_new() {
                token.vectorize(Run(op, x));
            }
        }
        fn avx512(op: Op, x: &mut [f32]) {
            if let Some(token) = V4::try_new() {
                token.vectorize(Run(op, x));
            }
        }
        widths.extend(V3::try_new().map(|_| ("AVX2", avx2 as fn(Op, &mut [f32]))));
        widths.extend(V4::try_new().map(|_| ("AVX-512", avx512 as fn(Op, &mut [f32]))));
    }
    widths
}

/// One call inside a width's functions.
#[cfg(target_arch = "x86_64")]
struct Run<'a>(Op, &'a mut [f32]);

#[cfg(target_arch = "x86_64")]
impl pulp::NullaryFnOnce for Run<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        self.0.apply(self.1);
    }
}
