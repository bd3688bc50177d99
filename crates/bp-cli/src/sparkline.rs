//! [`sparkline`]: how a figure went, in one row of characters.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The levels stand for powers where the values differ by so much.
const LOGARITHMIC: f64 = 10.0;

/// At most so many characters, each for as many values, of which it shows the mean; the lowest is at the foot, the highest
/// at the top. A value that is not finite is passed over, and a character without any is a space.
pub(crate) fn sparkline(values: &[f64], width: usize) -> String {
    let width = width.min(values.len());
    let mean = |k: usize| {
        let own = &values[k * values.len() / width..(k + 1) * values.len() / width];
        let (sum, n) = own.iter().filter(|v| v.is_finite()).fold((0.0, 0), |(sum, n), v| (sum + v, n + 1));
        (n > 0).then(|| sum / f64::from(n))
    };
    let means: Vec<Option<f64>> = (0..width).map(mean).collect();
    let known = || means.iter().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let by_powers = low > 0.0 && high > LOGARITHMIC * low;
    let place = |x: f64| if by_powers { bp_core::Real::ln(x) } else { x };
    let level = |x: f64| {
        let share = (place(x) - place(low)) / (place(high) - place(low));
        // Equal ends leave no share.
        if share > 0.0 { ((share * LEVELS.len() as f64) as usize).min(LEVELS.len() - 1) } else { 0 }
    };
    means.iter().map(|mean| mean.map_or(' ', |x| LEVELS[level(x)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let check = |values: &[f64], width, line: &str| assert_eq!(sparkline(values, width), line, "{values:?}");
        check(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8, "▁▂▃▄▅▆▇█");
        check(&[7.0, 5.0, 3.0, 1.0, 0.0, 0.0], 3, "█▃▁");
        // By powers: 1 to 10⁻⁸.
        check(&[1.0, 1e-2, 1e-4, 1e-6, 1e-8], 9, "█▇▅▃▁");
        check(&[-1.0, 1e-9, 1.0], 3, "▁▅█");
        check(&[2.0, 2.0], 40, "▁▁");
        check(&[1.0, f64::NAN, 2.0], 3, "▁ █");
        check(&[f64::INFINITY], 3, " ");
        check(&[], 3, "");
        check(&[1.0], 0, "");
        assert_eq!(sparkline(&vec![1.0; 1000], 40).chars().count(), 40);
    }
}
