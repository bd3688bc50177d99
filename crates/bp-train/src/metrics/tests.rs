//! Values worked by hand, laws, and once the figures of scikit-learn.

use super::*;
use crate::{Philox, stream};

const NAN: f64 = f64::NAN;

/// What rows of four outputs in 1/64 and their classes give, by scikit-learn 1.9.1, whose functions are named. Class 3
/// does not occur, but is predicted. The rows were drawn once and rounded; their sums are exactly 1.
mod sklearn {
    pub(super) const OUTPUTS: usize = 4;
    #[rustfmt::skip]
    pub(super) const SIXTY_FOURTHS: [[u8; OUTPUTS]; 40] = [
        [5, 21, 31, 7], [18, 29, 7, 10], [20, 17, 6, 21], [19, 14, 18, 13], [8, 17, 31, 8], [20, 35, 1, 8],
        [5, 42, 15, 2], [24, 8, 29, 3], [28, 4, 26, 6], [28, 4, 27, 5], [40, 15, 3, 6], [31, 15, 10, 8],
        [20, 21, 9, 14], [13, 15, 32, 4], [12, 4, 38, 10], [21, 6, 30, 7], [13, 33, 5, 13], [22, 5, 7, 30],
        [36, 6, 4, 18], [11, 19, 25, 9], [22, 10, 20, 12], [3, 55, 5, 1], [34, 9, 6, 15], [42, 8, 8, 6],
        [23, 23, 6, 12], [44, 6, 9, 5], [16, 6, 16, 26], [4, 8, 42, 10], [26, 6, 7, 25], [13, 8, 40, 3],
        [3, 11, 26, 24], [3, 1, 52, 8], [9, 42, 11, 2], [5, 14, 41, 4], [12, 34, 11, 7], [8, 44, 10, 2],
        [5, 44, 7, 8], [1, 31, 30, 2], [12, 48, 1, 3], [22, 23, 10, 9],
    ];
    pub(super) const TRUTH: [u32; 40] = [
        2, 2, 0, 2, 1, 1, 1, 0, 2, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 2, 0, 1, 2, 0, 0, 1, 0, 2, 0, 2, 2, 2, 0, 1, 1, 1, 1,
        2, 1, 0,
    ];
    /// `confusion_matrix(t, p.argmax(1), labels=range(4))`
    pub(super) const CONFUSION: [u64; 16] = [7, 3, 3, 3, 2, 8, 3, 0, 3, 2, 6, 0, 0, 0, 0, 0];
    /// `precision_recall_fscore_support(…, zero_division=0)` by class, then averages macro, weighted, micro
    pub(super) const BY_CLASS: [[f64; 3]; 4] = [
        [0.5833333333333334, 0.4375, 0.5],
        [0.6153846153846154, 0.6153846153846154, 0.6153846153846154],
        [0.5, 0.5454545454545454, 0.5217391304347826],
        [0.0, 0.0, 0.0],
    ];
    pub(super) const AVERAGES: [[f64; 3]; 3] = [
        [0.4246794871794872, 0.3995847902097902, 0.40928093645484953],
        [0.5708333333333334, 0.525, 0.5434782608695652],
        [0.525, 0.525, 0.525],
    ];
    /// `log_loss`, `brier_score_loss(…, scale_by_half=False)`
    pub(super) const LOG_LOSS_AND_BRIER: [f64; 2] = [1.0135330636367963, 0.5668212890625];
    /// `roc_auc_score(t == k, p[:, k])`
    pub(super) const AUC: [f64; 3] = [0.7903645833333334, 0.809116809116809, 0.7507836990595611];
    /// `top_k_accuracy_score`, k = 1, 2, 3, of p − 10⁻⁶ · class, because it breaks ties the other way round
    pub(super) const TOP: [f64; 3] = [0.525, 0.9, 0.95];

    /// In 1/16: predictions and targets, then `root_mean_squared_error`, `mean_absolute_error`, `r2_score`
    pub(super) const Y: [i8; 12] = [-1, 30, 35, -8, -15, 43, -16, -9, 1, 8, 16, 6];
    pub(super) const T: [i8; 12] = [-8, 34, 37, 7, -15, 32, -24, 3, -3, -9, 11, 6];
    pub(super) const VALUES: [f64; 3] = [0.5569751827206187, 0.4427083333333333, 0.7783162424641867];
}

/// Both sides round sums of some dozen terms of the same sign.
fn same(what: &str, got: f64, want: f64) {
    assert!((got - want).abs() <= 64.0 * f64::EPSILON * want.abs(), "{what}: {got}, expected {want}");
}

#[test]
fn scikit_learn_gives_the_same() {
    let y: Vec<f64> = sklearn::SIXTY_FOURTHS.as_flattened().iter().map(|&p| f64::from(p) / 64.0).collect();
    let report = ClassReport::new(&y, sklearn::OUTPUTS, &sklearn::TRUTH).unwrap();
    assert_eq!(report.confusion.counts, sklearn::CONFUSION);
    for (class, want) in sklearn::BY_CLASS.iter().enumerate() {
        let got = report.classes[class];
        for (figure, want) in [got.precision, got.recall, got.f1].into_iter().zip(want) {
            same("of a class", figure.unwrap_or(0.0), *want);
        }
    }
    let averages = [report.macro_average, report.weighted_average, report.micro_average];
    for (got, want) in averages.iter().zip(sklearn::AVERAGES) {
        [got.precision, got.recall, got.f1].iter().zip(want).for_each(|(got, want)| same("average", *got, want));
    }
    let got = [report.log_loss.unwrap(), report.brier.unwrap()];
    got.iter().zip(sklearn::LOG_LOSS_AND_BRIER).for_each(|(got, want)| same("probabilities", *got, want));
    for (got, want) in report.auc_of_class.iter().zip(sklearn::AUC) {
        same("AUC", got.unwrap(), want);
    }
    assert_eq!(report.auc_of_class[3], None);
    report.top_k.iter().zip(sklearn::TOP).for_each(|(got, want)| same("top k", *got, want));

    let sixteenths = |v: &[i8]| v.iter().map(|&v| f64::from(v) / 16.0).collect::<Vec<_>>();
    let (y, t) = (sixteenths(&sklearn::Y), sixteenths(&sklearn::T));
    let got = [rmse(&y, &t).unwrap(), mae(&y, &t).unwrap(), r2(&y, &t).unwrap().unwrap()];
    got.iter().zip(sklearn::VALUES).for_each(|(got, want)| same("values", *got, want));
}

/// Every pair compared: won pairs and half of the tied ones.
fn auc_by_pairs(scores: &[f64], truth: &[u32]) -> Option<f64> {
    let (mut half_pairs, mut pairs) = (0_u64, 0_u64);
    for (s, _) in scores.iter().zip(truth).filter(|(_, class)| **class == 1) {
        for (o, _) in scores.iter().zip(truth).filter(|(_, class)| **class == 0) {
            pairs += 1;
            half_pairs += if s > o { 2 } else { u64::from(s >= o) };
        }
    }
    (pairs > 0).then(|| half_pairs as f64 / (2 * pairs) as f64)
}

/// On random scores with many ties, both zeros and both infinities: exactly the count of pairs; unchanged by a rising
/// map and by the order of rows; 1 − AUC under the other sign.
#[test]
fn auc_is_the_count_of_pairs() {
    let seed = 20_261;
    println!("seed {seed}");
    let mut rng = Philox::new(seed, stream::DATA);
    let levels = [f64::NEG_INFINITY, -2.0, -0.0, 0.0, 0.25, 0.5, 3.0, f64::INFINITY];
    for case in 0..300 {
        let rows = 1 + rng.below(30) as usize;
        let scores: Vec<f64> = (0..rows).map(|_| levels[rng.below(8) as usize]).collect();
        let truth: Vec<u32> = (0..rows).map(|_| rng.below(2) as u32).collect();
        let got = roc_auc(&scores, &truth).unwrap();
        assert_eq!(got, auc_by_pairs(&scores, &truth), "case {case}: {scores:?}, {truth:?}");
        let mapped: Vec<f64> = scores.iter().map(|s| if *s > 0.3 { 2.0 * s + 1.0 } else { s / 4.0 }).collect();
        assert_eq!(roc_auc(&mapped, &truth).unwrap(), got, "case {case}");
        let mut order: Vec<usize> = (0..rows).collect();
        rng.shuffle(&mut order);
        let scores_in_order: Vec<f64> = order.iter().map(|&n| scores[n]).collect();
        let truth_in_order: Vec<u32> = order.iter().map(|&n| truth[n]).collect();
        assert_eq!(roc_auc(&scores_in_order, &truth_in_order).unwrap(), got, "case {case}");
        let negated: Vec<f64> = scores.iter().map(|s| -s).collect();
        match (roc_auc(&negated, &truth).unwrap(), got) {
            (Some(other), Some(got)) => assert!((other + got - 1.0).abs() <= f64::EPSILON, "case {case}"),
            (other, got) => assert_eq!(other, got, "case {case}"),
        }
        // Two outputs and one say the same.
        let unit: Vec<f64> = scores.iter().map(|s| s.clamp(0.0, 1.0)).collect();
        let both: Vec<f64> = unit.iter().flat_map(|p| [1.0 - p, *p]).collect();
        assert_eq!(roc_auc_one_vs_rest(&both, 2, &truth).unwrap()[1], roc_auc(&unit, &truth).unwrap());
        // A tie of two outputs goes to class 0, of one at ½ to class 1: by hand either way, so not compared here.
        for figure in [brier::<f64>, log_loss::<f64>] {
            assert_eq!(figure(&both, 2, &truth).unwrap().to_bits(), figure(&unit, 1, &truth).unwrap().to_bits());
        }
    }
}

/// Figures of class lists do not depend on what the classes are called, nor on the rows' order.
#[test]
fn classes_can_change_their_names() {
    let seed = 77;
    println!("seed {seed}");
    let mut rng = Philox::new(seed, stream::DATA);
    for _ in 0..50 {
        let (rows, classes) = (1 + rng.below(20) as usize, 2 + rng.below(4) as usize);
        let truth: Vec<u32> = (0..rows).map(|_| rng.below(classes as u64) as u32).collect();
        // Outputs of a row differ, so that no tie is broken by a place.
        let rows_of: Vec<Vec<f64>> = (0..rows)
            .map(|_| {
                let mut row: Vec<f64> = (0..classes).map(|k| k as f64 / 8.0).collect();
                rng.shuffle(&mut row);
                row
            })
            .collect();
        let mut name: Vec<usize> = (0..classes).collect();
        rng.shuffle(&mut name);
        let mut renamed = rows_of.clone();
        for (row, from) in renamed.iter_mut().zip(&rows_of) {
            (0..classes).for_each(|k| row[name[k]] = from[k]);
        }
        let renamed_truth: Vec<u32> = truth.iter().map(|&class| name[class as usize] as u32).collect();
        let a = ClassReport::new(&rows_of.concat(), classes, &truth).unwrap();
        let b = ClassReport::new(&renamed.concat(), classes, &renamed_truth).unwrap();
        assert_eq!((a.accuracy, &a.top_k, a.micro_average), (b.accuracy, &b.top_k, b.micro_average));
        assert_eq!(a.top_k[0].to_bits(), a.accuracy.to_bits());
        assert!(a.top_k.is_sorted() && (classes > 5 || *a.top_k.last().unwrap() >= 1.0));
        for (k, &renamed) in name.iter().enumerate() {
            assert_eq!(a.classes[k], b.classes[renamed]);
            assert_eq!(a.auc_of_class[k], b.auc_of_class[renamed]);
        }
        same("recall weighted by rows", a.weighted_average.recall, a.accuracy);
    }
}

/// Worked by hand: outputs, right classes, then accuracy, log loss, Brier, calibration error over two bins.
#[test]
fn by_hand() {
    let ln2 = std::f64::consts::LN_2;
    type Case<'a> = (&'a [f64], usize, &'a [u32], [f64; 4]);
    let cases: [Case<'_>; 7] = [
        (&[1.0, 0.0], 2, &[0], [1.0, 0.0, 0.0, 0.0]),
        (&[1.0, 0.0], 2, &[1], [0.0, f64::INFINITY, 2.0, 1.0]),
        (&[0.5], 1, &[1], [1.0, ln2, 0.5, 0.5]),
        (&[0.5], 1, &[0], [0.0, ln2, 0.5, 0.5]),
        // Confidence 1/2 lies in the lower bin, 3/4 and 1 in the upper: (½·1 + |1 − 1.75|)/3.
        (
            &[0.5, 0.5, 0.75, 0.25, 0.0, 1.0],
            2,
            &[1, 0, 0],
            [1.0 / 3.0, f64::INFINITY, (0.5 + 0.125 + 2.0) / 3.0, 1.25 / 3.0],
        ),
        // No probabilities, but the largest is still the class.
        (&[3.0, -1.0], 2, &[0], [1.0, NAN, NAN, NAN]),
        (&[NAN, 1.0, 0.25, 0.75], 2, &[1, 1], [0.5, NAN, NAN, NAN]),
    ];
    for (y, outputs, truth, want) in cases {
        let got = [
            accuracy(y, outputs, truth).unwrap(),
            log_loss(y, outputs, truth).unwrap(),
            brier(y, outputs, truth).unwrap(),
            calibration(y, outputs, truth, 2).unwrap().error,
        ];
        let is_same = |(got, want): (&f64, &f64)| (got.is_nan() && want.is_nan()) || got.to_bits() == want.to_bits();
        assert!(got.iter().zip(&want).all(is_same), "{y:?} {truth:?}: {got:?}, expected {want:?}");
    }
}

/// Rows of NaN, classes that are never predicted or do not occur, one class alone: what a report says of them.
#[test]
fn nothing_to_divide_by() {
    // Class 0 is predicted once, wrongly; class 1 occurs twice, once as a row of NaN; class 2 is neither.
    let y = [0.7, 0.2, 0.1, NAN, 0.3, 0.3];
    let report = ClassReport::new(&y, 3, &[1, 1]).unwrap();
    let [a, b, c] = [0, 1, 2].map(|k| report.classes[k]);
    assert_eq!((a.support, a.precision, a.recall, a.f1), (0, Some(0.0), None, Some(0.0)));
    assert_eq!((b.support, b.precision, b.recall, b.f1), (2, None, Some(0.0), Some(0.0)));
    assert_eq!((c.support, c.precision, c.recall, c.f1), (0, None, None, None));
    assert_eq!((report.confusion.unclassified.as_slice(), report.accuracy), (&[0, 2 - 1, 0][..], 0.0));
    assert_eq!(report.top_k, [0.0, 0.5, 0.5], "a row of NaN is right for no k");
    assert_eq!((report.log_loss, report.brier, report.calibration_error, report.auc), (None, None, None, None));
    assert_eq!(report.calibration.iter().map(|bin| bin.rows).sum::<u64>(), 1);
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<ClassReport>(&text).unwrap(), report);

    let all_nan = ClassReport::new(&[NAN, NAN], 1, &[0, 1]).unwrap();
    assert_eq!((all_nan.accuracy, all_nan.micro_average.precision, all_nan.macro_average.f1), (0.0, 0.0, 0.0));
    assert_eq!(roc_auc(&[NAN, 0.5], &[0, 1]).unwrap().map(f64::is_nan), Some(true));
    assert_eq!(roc_auc(&[NAN, 0.5], &[1, 1]).unwrap(), None, "one class alone comes first");

    let values = ValueReport::new(&[NAN, 1.0, 2.0, 1.0], &[0.0, 0.1, 1.0, 0.1], 2).unwrap();
    assert_eq!((values.targets[0].rmse, values.targets[0].mae, values.targets[0].r2), (None, None, None));
    assert!(values.targets[1].rmse.is_some_and(|rmse| (rmse - 0.9).abs() < 1e-15));
    assert_eq!(values.targets[1].r2, None, "0.1 and 0.1 are constant, though their rounded mean need not be 0.1");
    assert_eq!(r2(&[1.0, 1.0, 1.0], &[0.1, 0.1, 0.1]).unwrap(), None);
    assert_eq!(r2(&[2.0], &[1.0]).unwrap(), None);
    assert!(rmse(&[NAN], &[1.0]).unwrap().is_nan() && r2(&[NAN, 1.0], &[1.0, 2.0]).unwrap().unwrap().is_nan());
}

/// R² and the errors under y ↦ a y + b of predictions and targets: unchanged, and |a| times as large. Powers of two and
/// small whole numbers, so that nothing rounds.
#[test]
#[allow(clippy::float_cmp)] // nothing rounds
fn values_in_other_units() {
    let (y, t) = ([1.0, 4.0, 2.0, 7.0], [2.0, 5.0, 2.0, 3.0]);
    for (a, b) in [(2.0, 0.0), (-4.0, 16.0), (0.5, -8.0)] {
        let map = |v: &[f64; 4]| v.map(|v| a * v + b);
        assert_eq!(mae(&map(&y), &map(&t)).unwrap(), f64::abs(a) * mae(&y, &t).unwrap());
        assert_eq!(rmse(&map(&y), &map(&t)).unwrap(), f64::abs(a) * rmse(&y, &t).unwrap());
        assert_eq!(r2(&map(&y), &map(&t)).unwrap(), r2(&y, &t).unwrap());
    }
    assert_eq!(r2(&[3.0; 4], &t).unwrap(), Some(0.0), "the mean explains nothing");
}

#[test]
fn what_does_not_fit_is_said() {
    let text = |error: MetricError| error.to_string();
    let cases = [
        (text(accuracy::<f64>(&[], 2, &[]).unwrap_err()), "no examples to judge"),
        (text(accuracy(&[0.5], 0, &[0]).unwrap_err()), "rows of 0 outputs cannot be judged"),
        (text(brier(&[0.5, 0.5], 1, &[0]).unwrap_err()), "2 predicted values, expected 1: 1 for each of 1 targets"),
        (text(roc_auc(&[0.5, 0.5], &[0, 2]).unwrap_err()), "the target of row 1 is class 2, but there are 2 classes"),
        (text(top_k(&[0.5, 0.5], 2, &[0], 0).unwrap_err()), "k of the top k is 0, expected at least 1"),
        (text(calibration(&[0.5], 1, &[0], 0).unwrap_err()), "the number of bins is 0, expected at least 1"),
        (text(rmse::<f64>(&[], &[]).unwrap_err()), "no examples to judge"),
        (text(mae(&[1.0], &[1.0, 2.0]).unwrap_err()), "1 predicted values, expected 2: 1 for each of 2 targets"),
        (
            text(ValueReport::new(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], 2).unwrap_err()),
            "3 predicted values, expected 2: 2 for each of 1 targets",
        ),
        (text(ValueReport::new(&[1.0], &[1.0], 0).unwrap_err()), "rows of 0 outputs cannot be judged"),
    ];
    for (got, want) in cases {
        assert_eq!(got, want);
    }
}
