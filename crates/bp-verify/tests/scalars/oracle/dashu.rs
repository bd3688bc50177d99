//! The oracle made of dashu-float, which has exp, expm1, ln, ln1p, tanh, sin and cos.

use dashu_float::{FBig, round::mode::HalfEven};

use super::{Exact, Function, Oracle};

type Big = FBig<HalfEven, 2>;

const BITS: usize = 320;

pub struct Dashu {
    two_over_root_pi: Big,
}

impl Dashu {
    pub fn new() -> Self {
        Self { two_over_root_pi: number(2.0, WIDE) / Big::pi(WIDE).sqrt() }
    }

    /// 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), of which up to 93 bits cancel for |x| ≤ 8.
    fn erf(&self, x: (f64, f64)) -> Big {
        let x = sum(x, WIDE);
        let square = &x * &x;
        let (mut power, mut sum) = (x.clone(), x.clone());
        for n in 1..800_u32 {
            power = -(power * &square / number(f64::from(n), WIDE));
            let next = &sum + &power / number(f64::from(2 * n + 1), WIDE);
            if next == sum {
                break;
            }
            sum = next;
        }
        sum * &self.two_over_root_pi
    }
}

const WIDE: usize = 640;

impl Oracle for Dashu {
    fn value(&mut self, f: Function, x: (f64, f64)) -> Exact {
        let (one, a) = (number(1.0, BITS), sum(x, BITS));
        let value = match f {
            Function::Exp => a.exp(),
            Function::Expm1 => a.exp_m1(),
            Function::Ln => a.ln(),
            Function::Ln1p => a.ln_1p(),
            Function::Tanh => a.tanh(),
            Function::Erf => self.erf(x),
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Sqrt => a.sqrt(),
            Function::Sech2 => {
                let cosh = a.cosh();
                one / (&cosh * &cosh)
            }
            Function::Logistic => {
                let e = a.exp();
                &e / (one + &e)
            }
            // e⁰ is exact, and exact numbers have no precision to compute with.
            Function::Softplus => a.exp().with_precision(BITS).value().ln_1p(),
        };
        exact(value)
    }
}

fn number(x: f64, bits: usize) -> Big {
    Big::try_from(x).expect("a finite number").with_precision(bits).value()
}

fn exact(x: Big) -> Exact {
    let x = x.with_precision(127).value();
    let (m, exponent) = (x.repr().significand(), x.repr().exponent());
    let m = i128::try_from(m).expect("at most 127 bits");
    Exact::new(m < 0, m.unsigned_abs(), exponent as i64)
}

fn sum((hi, lo): (f64, f64), bits: usize) -> Big {
    if lo == 0.0 { number(hi, bits) } else { number(hi, bits) + number(lo, bits) }
}
