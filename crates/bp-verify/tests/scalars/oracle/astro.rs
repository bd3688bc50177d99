//! The oracle made of astro-float, which has exp, ln, tanh, sin and cos.

use astro_float::{BigFloat, Consts, RoundingMode, Sign};

use super::{Exact, Function, Oracle};

const BITS: usize = 384;
const RM: RoundingMode = RoundingMode::ToEven;

pub struct Astro {
    constants: Consts,
}

impl Astro {
    pub fn new() -> Self {
        Self { constants: Consts::new().expect("memory for constants") }
    }

    fn exp(&mut self, x: &BigFloat) -> BigFloat {
        x.exp(BITS, RM, &mut self.constants)
    }

    /// By the series x + x²/2! + … near 0, elsewhere as a difference.
    fn expm1(&mut self, x: &BigFloat) -> BigFloat {
        if is_larger(x, 0.5) {
            return sub(&self.exp(x), &number(1.0));
        }
        let (mut term, mut sum) = (x.clone(), x.clone());
        for n in 2..100 {
            term = div(&mul(&term, x), &number(f64::from(n)));
            sum = add(&sum, &term);
        }
        sum
    }

    /// By the series x − x²/2 + … near 0, elsewhere as a logarithm.
    fn ln1p(&mut self, x: &BigFloat) -> BigFloat {
        if is_larger(x, 1e-6) {
            return add(&number(1.0), x).ln(BITS, RM, &mut self.constants);
        }
        let (mut power, mut sum) = (x.clone(), x.clone());
        for n in 2..20 {
            power = mul(&power, x).neg();
            sum = add(&sum, &div(&power, &number(f64::from(n))));
        }
        sum
    }

    /// 2/√π e^−x² Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)‼, all terms of one sign.
    fn erf(&mut self, x: &BigFloat) -> BigFloat {
        let twice_square = mul(&mul(x, x), &number(2.0));
        let (mut term, mut sum) = (x.clone(), x.clone());
        for n in 1..600 {
            term = div(&mul(&term, &twice_square), &number(f64::from(2 * n + 1)));
            let next = add(&sum, &term);
            if next.cmp(&sum) == Some(0) {
                break;
            }
            sum = next;
        }
        let root_pi = self.constants.pi(BITS, RM).sqrt(BITS, RM);
        let decay = self.exp(&mul(x, x).neg());
        mul(&mul(&div(&number(2.0), &root_pi), &decay), &sum)
    }
}

impl Oracle for Astro {
    fn value(&mut self, f: Function, (hi, lo): (f64, f64)) -> Exact {
        let (one, four, a) = (number(1.0), number(4.0), add(&number(hi), &number(lo)));
        let value = match f {
            Function::Exp => self.exp(&a),
            Function::Expm1 => self.expm1(&a),
            Function::Ln => a.ln(BITS, RM, &mut self.constants),
            Function::Ln1p => self.ln1p(&a),
            Function::Tanh => a.tanh(BITS, RM, &mut self.constants),
            Function::Erf => self.erf(&a),
            Function::Sin => a.sin(BITS, RM, &mut self.constants),
            Function::Cos => a.cos(BITS, RM, &mut self.constants),
            Function::Sqrt => a.sqrt(BITS, RM),
            Function::Sech2 => {
                let sum = add(&self.exp(&a), &self.exp(&a.neg()));
                div(&four, &mul(&sum, &sum))
            }
            Function::Logistic => div(&one, &add(&one, &self.exp(&a.neg()))),
            Function::Softplus => {
                let e = self.exp(&a);
                self.ln1p(&e)
            }
        };
        exact(&value)
    }
}

/// Scaled where x is subnormal: astro-float 0.9.6 reads 2⁻¹⁰⁷⁴ as half of it.
fn number(x: f64) -> BigFloat {
    let power = BigFloat::from_f64(2.0_f64.powi(100), BITS);
    if x.is_subnormal() {
        div(&BigFloat::from_f64(x * 2.0_f64.powi(100), BITS), &power)
    } else {
        BigFloat::from_f64(x, BITS)
    }
}

fn add(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.add(b, BITS, RM)
}

fn sub(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.sub(b, BITS, RM)
}

fn mul(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.mul(b, BITS, RM)
}

fn div(a: &BigFloat, b: &BigFloat) -> BigFloat {
    a.div(b, BITS, RM)
}

fn exact(x: &BigFloat) -> Exact {
    if x.is_zero() {
        return Exact::new(false, 0, 0);
    }
    let (words, _, sign, exponent, _) = x.as_raw_parts().expect("a finite number");
    // The value is 0.words · 2^exponent, the most significant word last.
    // The rest counts as a last bit, so that no number looks like an `f64` that is not one.
    let rest = words.len() > 2 && words[..words.len() - 2].iter().any(|&word| word != 0);
    let top = words.iter().rev().take(2).fold(0_u128, |m, &word| m << 64 | u128::from(word));
    let bits = 64 * words.len().min(2) as i64;
    Exact::new(sign == Sign::Neg, top | u128::from(rest), i64::from(exponent) - bits)
}

/// |x| > than; astro-float 0.9.6's abs_cmp looks at signs.
fn is_larger(x: &BigFloat, than: f64) -> bool {
    x.abs().cmp(&number(than)).is_some_and(|order| order > 0)
}

/// x ∘ y, exact but for a last bit that stands for the rest.
pub fn arithmetic(operation: &str, x: f64, y: f64) -> Exact {
    // From the last place of the smallest f64 to the first of the largest; astro-float 0.9.6 has methods that need no
    // precision, but to its add_full_prec x + 0 is 0.
    const ALL_BITS: usize = 2240;
    let (a, b) = (number(x), number(y));
    exact(&match operation {
        "+" => a.add(&b, ALL_BITS, RM),
        "−" => a.sub(&b, ALL_BITS, RM),
        "×" => mul(&a, &b),
        _ => div(&a, &b),
    })
}
