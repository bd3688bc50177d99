//! [`nearest`]: what a user may have meant by a name that nothing has.

/// The known name most like a wrong one, if one is close: few letters differ, or it contains the wrong one.
///
/// ```
/// let known = ["mnist", "kmnist", "california-housing"];
/// assert_eq!(bp_datasets::nearest("mnits", known), Some("mnist"));
/// assert_eq!(bp_datasets::nearest("housing", known), Some("california-housing"));
/// assert_eq!(bp_datasets::nearest("zebra", known), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let close = |known: &&str| distance(&lower, known) <= known.len().max(name.len()) / 3;
    let by_letters = known.clone().into_iter().filter(close).min_by_key(|known| distance(&lower, known));
    by_letters.or_else(|| known.into_iter().find(|known| lower.len() >= 4 && known.contains(&lower)))
}

/// How many letters must be put in, taken out, changed, or swapped with the next to get from one name to the other
/// (Damerau 1964, each letter touched once).
fn distance(a: &str, b: &str) -> usize {
    let [a, b]: [Vec<char>; 2] = [a, b].map(|name| name.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = change.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(table[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    table[a.len()][b.len()]
}
