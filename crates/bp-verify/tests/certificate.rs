//! Certificates of the standard nets: no false alarm, and the resolution that is promised.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{
    Act, Architecture, ErrorFunction, Examples, Float, INPUT, Layer, Output, Plan, Reference, Targets, stack,
};
use bp_verify::{Certificate, Certify};

/// 5 inputs, 5 tanh units, 5 outputs, with a connection that skips from the input to the output.
fn skip_net(output: Output) -> Plan {
    let hidden = vec![Layer::new("h1", 5, Act::Tanh).dense(INPUT)];
    Plan::new(Architecture::new(5, hidden, Layer::new("out", 5, output).dense("h1").dense(INPUT))).unwrap()
}

/// Numbers in ±1 with few digits, from a multiplicative generator.
fn numbers(n: usize, seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..n).map(move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 43) as f64 / (1 << 20) as f64) - 1.0
    })
}

fn certify<S: Float>(plan: &Plan, loss: ErrorFunction, scale: f64, rows: usize, seed: u64) -> Certificate {
    let all = |n, seed, scale: f64| -> Vec<S> { numbers(n, seed).map(|x| S::from_f64(scale * x)).collect() };
    let params = all(plan.n_params(), seed, scale);
    let x = all(rows * plan.inputs(), seed + 1000, 1.0);
    let outputs = plan.outputs();
    let classes: Vec<u32> = (0..rows as u32).map(|n| n % outputs as u32).collect();
    let t = all(rows * outputs, seed + 2000, 1.0);
    let targets = match loss {
        ErrorFunction::CrossEntropy => Targets::Classes(&classes),
        _ => Targets::Rows(&t),
    };
    Certify::new().gradient(plan, &loss, &Reference, &params, &Examples::new(&x, targets)).unwrap()
}

/// VERIFICATION's prototype: 160 nets in f64 and 80 in f32, no false alarm, resolution 10⁻¹² and 5 · 10⁻⁵.
#[test]
fn skip_nets_are_certified_with_the_promised_resolution() {
    let pairs = [
        (skip_net(Output::Softmax), ErrorFunction::CrossEntropy),
        (skip_net(Output::Each(Act::Identity)), ErrorFunction::SumOfSquares),
    ];
    let (mut worst, mut used) = ([0.0_f64; 2], [0.0_f64; 2]);
    for (plan, loss) in &pairs {
        for seed in 0..40 {
            for scale in [1.0, 0.1] {
                let double = certify::<f64>(plan, *loss, scale, 7, seed);
                double.assert_pass();
                let single = certify::<f32>(plan, *loss, scale, 7, seed);
                single.assert_pass();
                for (n, certificate) in [&double, &single].into_iter().enumerate() {
                    if scale > 0.5 {
                        worst[n] = worst[n].max(certificate.resolution);
                    }
                    let entry = certificate.worst.as_ref().unwrap();
                    used[n] = used[n].max((entry.got - entry.centre.mid()).abs() / entry.sees());
                }
            }
        }
    }
    println!("resolution {worst:?}, largest share of the radius {used:?}");
    assert!(worst[0] <= 1e-12 && worst[1] <= 5e-5, "{worst:?}");
}

#[test]
fn the_slides_net() {
    let plan = Plan::new(stack(2).hidden(8, Act::Tanh).output(1, Act::Identity)).unwrap();
    let start = std::time::Instant::now();
    let double = certify::<f64>(&plan, ErrorFunction::SumOfSquares, 1.0, 7, 1);
    println!("{:?}\n{double}", start.elapsed());
    double.assert_pass();
    assert!(double.resolution <= 1e-12);
    let single = certify::<f32>(&plan, ErrorFunction::SumOfSquares, 1.0, 7, 1);
    println!("{single}");
    single.assert_pass();
    assert!(single.resolution <= 5e-5);
}

#[test]
fn a_larger_one_and_directions() {
    let plan = Plan::new(stack(64).hidden(32, Act::Tanh).output(10, Output::Softmax)).unwrap();
    let start = std::time::Instant::now();
    let c = certify::<f64>(&plan, ErrorFunction::CrossEntropy, 0.3, 7, 1);
    println!("{:?}\n{c}", start.elapsed());
    let plan = Plan::new(stack(784).hidden(128, Act::Tanh).output(10, Output::Softmax)).unwrap();
    let start = std::time::Instant::now();
    let c = certify::<f32>(&plan, ErrorFunction::CrossEntropy, 0.05, 4, 1);
    println!("{:?}\n{c}", start.elapsed());
}
