//! The lecture example's numbers, against plain arithmetic and against the values worked out by hand.

#[path = "../../examples/lecture.rs"]
mod lecture;

use bp_tests::arrays::{Arrays, compare_by_array};

/// tanh a = (eᵃ − e⁻ᵃ) / (eᵃ + e⁻ᵃ), the lecture's formula.
fn tanh(a: f64) -> f64 {
    (a.exp() - (-a).exp()) / (a.exp() + (-a).exp())
}

/// The lecture's page written out, without the engine.
fn by_hand() -> Arrays {
    let (x, t, eta) = ([1.0, -1.0], [0.5, -0.5], 0.1);
    let w1 = [[0.1, -0.2], [0.4, 0.3], [-0.5, 0.2]];
    let w2 = [[0.7, -0.1, 0.2], [0.3, 0.5, -0.6]];
    let forward = |w1: [[f64; 2]; 3], w2: [[f64; 3]; 2]| {
        let a = w1.map(|w| w[0] * x[0] + w[1] * x[1]);
        let z = a.map(tanh);
        let y = w2.map(|w| w[0] * z[0] + w[1] * z[1] + w[2] * z[2]);
        let e = 0.5 * ((y[0] - t[0]) * (y[0] - t[0]) + (y[1] - t[1]) * (y[1] - t[1]));
        (a, z, y, e)
    };
    let (a, z, y, before) = forward(w1, w2);
    let delta_k = [y[0] - t[0], y[1] - t[1]];
    let delta_j = [0, 1, 2].map(|j| (1.0 - z[j] * z[j]) * (w2[0][j] * delta_k[0] + w2[1][j] * delta_k[1]));
    let g1 = delta_j.map(|d| [d * x[0], d * x[1]]);
    let g2 = delta_k.map(|d| [d * z[0], d * z[1], d * z[2]]);
    let new1 = [0, 1, 2].map(|j| [0, 1].map(|i| w1[j][i] - eta * g1[j][i]));
    let new2 = [0, 1].map(|k| [0, 1, 2].map(|j| w2[k][j] - eta * g2[k][j]));
    let (.., after) = forward(new1, new2);
    Arrays::from([
        ("a".into(), a.to_vec()),
        ("z".into(), z.to_vec()),
        ("y".into(), y.to_vec()),
        ("delta_k".into(), delta_k.to_vec()),
        ("delta_j".into(), delta_j.to_vec()),
        ("gradient".into(), [g1.concat(), g2.concat()].concat()),
        ("updated".into(), [new1.concat(), new2.concat()].concat()),
        ("error".into(), vec![before, after]),
    ])
}

fn by_engine() -> Arrays {
    let l = lecture::lesson().expect("the lecture's network");
    Arrays::from([
        ("a".into(), l.a),
        ("z".into(), l.z),
        ("y".into(), l.y),
        ("delta_k".into(), l.delta_k),
        ("delta_j".into(), l.delta_j),
        ("gradient".into(), l.gradient),
        ("updated".into(), l.updated),
        ("error".into(), vec![l.error_before, l.error_after]),
    ])
}

/// Fewer than 30 roundings lie between x and any of these numbers, of which δ₁ loses two digits to cancellation:
/// 30 · 2⁻⁵³ · 100 < 4e-13.
#[test]
fn the_engine_computes_the_lecture() {
    compare_by_array(&by_engine(), &by_hand(), 4e-13).unwrap();
}

#[test]
fn the_six_digits_stand_in_the_text() {
    lecture::main().unwrap();
    let text = lecture::report(&lecture::lesson().unwrap()).unwrap();
    let digits =
        ["E = 0.590979 before, 0.453299 after", "= −0.426922", "= 0.999848", "= 0.001015", "= 0.537226", "= −0.434983"];
    for number in digits {
        assert!(text.contains(number), "{number} is not in:\n{text}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 90, "{} columns: {line}", line.chars().count());
    }
}
