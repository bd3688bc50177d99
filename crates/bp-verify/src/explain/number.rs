//! Numbers as a page shows them.

/// Six decimals, or a power of ten where those would show nothing or too much.
pub(super) fn figure(x: f64) -> String {
    let size = x.abs();
    if size >= 1e6 || (size > 0.0 && size < 5e-5) { format!("{x:.3e}") } else { format!("{x:.6}") }
}

/// The same with a real minus sign, for people.
pub(super) fn pretty(x: f64) -> String {
    figure(x).replace('-', "−")
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The places of at most `most` items that are largest by `size`, in their own order, and the sum of `value` over the others.
pub(super) fn largest<T>(items: &[T], most: usize, value: impl Fn(&T) -> f64) -> (Vec<&T>, f64) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&a, &b| value(&items[b]).abs().total_cmp(&value(&items[a]).abs()));
    let rest = order.iter().skip(most).map(|&at| value(&items[at])).sum();
    order.truncate(most);
    order.sort_unstable();
    (order.into_iter().map(|at| &items[at]).collect(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        let cases =
            [(0.0, "0.000000"), (-0.3, "−0.300000"), (4.9e-5, "4.900e−5"), (5e-5, "0.000050"), (2e6, "2.000e6")];
        for (x, want) in cases {
            assert_eq!(pretty(x), want);
        }
        assert_eq!(percent(0.0015), "0.1 %");
    }

    #[test]
    fn the_largest_stay_in_order_and_the_rest_is_summed() {
        let (kept, rest) = largest(&[1.0, -4.0, 0.5, 3.0], 2, |x| *x);
        assert_eq!(kept, [&-4.0, &3.0]);
        assert_eq!(rest.to_bits(), 1.5_f64.to_bits());
    }
}
