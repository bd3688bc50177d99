//! The example of a user's own parts: all of them are certified, and what is wrong in it is found.

use bp_verify::RoundingModel;

#[path = "../../examples/own_layer.rs"]
mod own_layer;

#[test]
fn every_part_is_certified() {
    let all = [
        own_layer::weight_norm(false),
        own_layer::snake::<f64>(),
        own_layer::snake::<f32>(),
        own_layer::log_cosh::<f64>(),
        own_layer::log_cosh::<f32>(),
        own_layer::heavy_ball::<f64>(0.9),
        own_layer::heavy_ball::<f32>(0.9),
        own_layer::libm_erf(),
    ];
    for certified in all {
        let certified = certified.unwrap();
        assert!(certified.passed(), "{certified}");
        let single = certified.certificates()[0].scalar == "f32";
        assert!(certified.resolution() <= if single { 5e-5 } else { 1e-12 }, "{certified}");
    }
    own_layer::connections().unwrap().assert_pass();
}

#[test]
fn what_is_wrong_is_found() {
    let wrong = own_layer::weight_norm(true).unwrap();
    let text = wrong.to_string();
    for part in ["FAIL", "worst dv[", "only dv; constant ratio 2.000000", "replay: certify(spec, subject).seeds([0])"] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let momentum = own_layer::heavy_ball::<f64>(-0.9).unwrap();
    assert!(momentum.first_violation().is_some_and(|c| c.verdict() == "FAIL"), "{momentum}");
}

#[test]
fn a_library_that_rounds_more_says_so() {
    let standard = own_layer::libm_tanhf(RoundingModel::standard()).unwrap();
    assert_eq!(standard.first_violation().map(bp_verify::Certificate::verdict), Some("ROUNDING-SIZED"), "{standard}");
    assert!(standard.certificates().iter().all(|c| c.counts.failed == 0), "{standard}");
    let declared = own_layer::libm_tanhf(RoundingModel::times(5.0, "2.2 ulp, not 0.51")).unwrap();
    assert!(declared.passed(), "{declared}");
}

/// The backend is checked there.
#[test]
fn it_prints() {
    own_layer::main().unwrap();
}
