//! Error messages word for word: each names what is wrong, what was found, and what would do.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::ops::ControlFlow;

use bp_core::{
    Accum, Act, Architecture, ErrorFunction, Examples, Gradient, Layer, Output, Plan, Reference, ShapeError, Targets,
    Term, stack,
};
use bp_train::{FileError, Network, Schema, TargetKind, TrainError, Trainer};

/// Asserts a table of (error, message).
fn check(cases: &[(String, &str)]) {
    for (got, want) in cases {
        assert_eq!(got, want);
    }
}

fn tanh(name: &str) -> Layer<Act> {
    Layer::new(name, 2, Act::Tanh)
}

/// The error of a network with given hidden layers on 3 inputs and an output `out` of width 2 that takes from `h`.
fn plan_error(hidden: Vec<Layer<Act>>) -> String {
    plan_error_at(hidden, Layer::new("out", 2, Act::Identity).dense("h"))
}

fn plan_error_at(hidden: Vec<Layer<Act>>, out: Layer<Act>) -> String {
    Plan::new(Architecture::new(3, hidden, out)).unwrap_err().to_string()
}

#[test]
fn architectures() {
    let out = || Layer::new("out", 2, Act::Identity);
    let huge = 1 << 40;
    check(&[
        (
            plan_error(vec![
                tanh("h").dense("h2"),
                tanh("h2").dense("h3"),
                tanh("h3").dense("h"),
                tanh("h4").dense("input"),
            ]),
            "layer `h4` feeds no other layer, expected only the output to be last",
        ),
        (
            plan_error(vec![tanh("h").dense("h2"), tanh("h2").dense("h3"), tanh("h3").dense("h")]),
            "the layers h, h2, h3 form a cycle, expected a feed-forward network",
        ),
        (plan_error(vec![tanh("h").dense("h")]), "the layers h form a cycle, expected a feed-forward network"),
        (
            plan_error(vec![tanh("h").dense("inputs")]),
            "layer `h` takes from `inputs`, but no layer has this name; there are: input",
        ),
        (
            plan_error_at(vec![tanh("h").dense("input")], out().dense("h").dense("g")),
            "layer `out` takes from `g`, but no layer has this name; there are: input, h",
        ),
        (
            plan_error(vec![tanh("h").dense("out")]),
            "layer `h` takes from the output layer `out`, which must be the last",
        ),
        (
            plan_error(vec![tanh("h").dense("input"), tanh("h").dense("input")]),
            "two layers are named `h` (the input's name is `input`)",
        ),
        (plan_error(vec![tanh("input").dense("input")]), "two layers are named `input` (the input's name is `input`)"),
        (plan_error(vec![tanh("h")]), "layer `h` has no source, expected at least one connection into it"),
        (plan_error(vec![Layer::new("h", 0, Act::Tanh).dense("input")]), "layer `h` has width 0, expected at least 1"),
        (
            Plan::new(stack(0).output(1, Act::Identity)).unwrap_err().to_string(),
            "layer `input` has width 0, expected at least 1",
        ),
        (
            plan_error(vec![tanh("h").identity("input")]),
            "identity connection from `input` into `h` joins width 3 to width 2",
        ),
        (
            plan_error(vec![tanh("h").terms("input", vec![Term::fixed(1, 2), Term::weighted(2, 1, 0)])]),
            "term 1 from `input` into `h` joins unit 1 to unit 2, but the widths are 3 and 2",
        ),
        (
            plan_error_at(
                vec![Layer::new("h", 1, Act::Tanh).dense("input")],
                Layer::new("out", huge, Act::Tanh).dense("h"),
            ),
            "layer `out` takes the number of units to 1099511627777, expected at most 16777216",
        ),
    ]);
}

/// What `gradient` says to a 2-3-2 network with a workspace of 4 examples; the gradient must not have been touched.
fn gradient_error(
    n_params: usize,
    x: usize,
    t: Targets<'_, f64>,
    weights: Option<&[f64]>,
    [dw, dx]: [usize; 2],
) -> String {
    let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Output::Softmax)).unwrap();
    let x = vec![0.5; x];
    let examples = Examples { x: &x, t, weights };
    let (mut dw, mut dx) = (vec![7.0; dw], vec![7.0; dx]);
    let into = Gradient { dw: &mut dw, accum: Accum::Replace, dx: Some(&mut dx) };
    let params = vec![0.1; n_params];
    let loss = ErrorFunction::CrossEntropy;
    let error = plan.gradient(&Reference, &loss, &params, &examples, &mut plan.workspace(4), into).unwrap_err();
    assert!(dw.iter().chain(&dx).all(|x: &f64| x.to_bits() == 7.0_f64.to_bits()), "{error}: the gradient was touched");
    error.to_string()
}

#[test]
fn shapes() {
    let two = Targets::Classes(&[0, 1]);
    check(&[
        (gradient_error(16, 4, two, None, [17, 4]), "parameters: expected 17 values, got 16"),
        (gradient_error(17, 4, two, None, [18, 4]), "gradient: expected 17 values, got 18"),
        (gradient_error(17, 4, two, None, [17, 3]), "gradient of x: expected 4 values, got 3"),
        (gradient_error(17, 5, two, None, [17, 5]), "layer `input`: expected a multiple of its width 2, got 5 values"),
        (gradient_error(17, 10, two, None, [17, 10]), "workspace: made for at most 4 examples, got 5"),
        (gradient_error(17, 6, two, None, [17, 6]), "targets: expected 3 examples, got 2"),
        (gradient_error(17, 4, Targets::Rows(&[0.0; 6]), None, [17, 4]), "targets: expected 2 examples, got 3"),
        (
            gradient_error(17, 4, Targets::Rows(&[0.0; 3]), None, [17, 4]),
            "layer `out`: expected a multiple of its width 2, got 3 values",
        ),
        (
            gradient_error(17, 4, Targets::Classes(&[1, 2]), None, [17, 4]),
            "example 1: class 2, but layer `out` has 2 units",
        ),
        (gradient_error(17, 4, two, Some(&[1.0; 3]), [17, 4]), "weights of examples: expected 2 examples, got 3"),
    ]);
}

/// After six examples of two values: lengths that are 6 / 2, 6 − 2 and 6 + 2 and the like say nothing about examples.
#[test]
fn another_length_than_last_time() {
    let plan = Plan::new(stack(2).output(2, Act::Identity)).unwrap();
    let (mut ws, params, x) = (plan.workspace::<f64>(6), [0.5; 6], [0.25; 16]);
    plan.forward(&Reference, &params, &x[..12], &mut ws).unwrap();
    for n in [3, 5, 7, 9, 11, 13] {
        let error = plan.forward(&Reference, &params, &x[..n], &mut ws).unwrap_err().to_string();
        assert_eq!(error, format!("layer `input`: expected a multiple of its width 2, got {n} values"));
        assert_eq!(ws.rows(), 6);
    }
    for (n_x, n_t, message) in [
        (3, 12, "layer `input`: expected a multiple of its width 2, got 3 values"),
        (8, 12, "x: expected 6 examples, got 4"),
        (12, 3, "layer `out`: expected a multiple of its width 2, got 3 values"),
        (12, 8, "targets: expected 6 examples, got 4"),
    ] {
        let examples = Examples::new(&x[..n_x], Targets::Rows(&x[..n_t]));
        assert_eq!(plan.error(&ErrorFunction::SumOfSquares, &examples, &ws).unwrap_err().to_string(), message);
    }
    let error = plan.forward(&Reference, &params, &x[..14], &mut ws).unwrap_err().to_string();
    assert_eq!(error, "workspace: made for at most 6 examples, got 7");
    for rows in [4, 2, 6, 1] {
        plan.forward(&Reference, &params, &x[..2 * rows], &mut ws).unwrap();
        assert_eq!((ws.rows(), ws.y().rows()), (rows, rows));
    }
}

#[test]
fn workspaces_and_names() {
    let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Act::Identity)).unwrap();
    let twin = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Act::Identity)).unwrap();
    let (mut ws, mut other) = (plan.workspace::<f64>(2), twin.workspace::<f64>(2));
    let (params, x) = (vec![0.1; 17], [0.5; 4]);
    plan.forward(&Reference, &params, &x, &mut ws).unwrap();
    let mut dw = vec![0.0; 17];
    let mut from = |delta: &[f64], x: &[f64]| {
        plan.backward_from(&Reference, delta, &params, x, &mut ws, Gradient::replace(&mut dw)).unwrap_err().to_string()
    };
    let [outputs, examples] = [from(&[1.0; 2], &x), from(&[1.0; 2], &x[..2])];
    let say = |e: ShapeError| e.to_string();
    let foreign = "workspace: made by another plan (of 5 units), expected this plan's (of 5 units)";
    let squares = ErrorFunction::SumOfSquares;
    let two = Examples::new(&x, Targets::Rows(&x));
    check(&[
        (outputs, "output errors: expected 4 values, got 2"),
        (examples, "last forward pass: expected 1 examples, got 2"),
        (say(plan.forward(&Reference, &params, &x, &mut other).unwrap_err()), foreign),
        (say(plan.error(&squares, &two, &other).unwrap_err()), foreign),
        (say(ws.z("h2").unwrap_err()), "`h2` is not in the network; there are: h1, out"),
        (say(ws.delta("input").unwrap_err()), "`input` is not in the network; there are: h1, out"),
        (say(ws.a("h1").unwrap_err()), "a of layer `h1` is not kept in a lean workspace, expected a traced one"),
        (
            say(plan.weights(&params, "out", "input").unwrap_err()),
            "`out.weight.input` is not in the network; there are: h1.weight.input, h1.bias, out.weight.h1, out.bias",
        ),
        (say(plan.bias(&params[1..], "out").unwrap_err()), "parameters: expected 17 values, got 16"),
    ]);
}

fn train_error(trainer: Trainer<f64>, x: &[f64], t: &[f64], weights: Option<&[f64]>) -> String {
    let mut trainer = trainer;
    let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1).unwrap();
    net.params_mut().copy_from_slice(&[1.0, 0.0]);
    let examples = Examples { x, t: Targets::Rows(t), weights };
    trainer.fit_with(&mut net, &examples, |_, _| ControlFlow::Continue(())).unwrap_err().to_string()
}

#[test]
fn training() {
    let new = Trainer::new;
    check(&[
        (train_error(new(), &[], &[], None), "no examples to train on"),
        (train_error(new().batch(0), &[1.0], &[1.0], None), "batch size is 0, expected at least 1"),
        (
            train_error(new().rate(-0.5), &[1.0], &[1.0], None),
            "the learning rate is -0.5, expected a finite number of at least 0",
        ),
        (
            train_error(new().weight_decay(f64::NAN), &[1.0], &[1.0], None),
            "the weight decay is NaN, expected a finite number of at least 0",
        ),
        (
            train_error(new(), &[1.0, 2.0], &[1.0, 2.0], Some(&[1.0, -1.0])),
            "the weights of 2 examples sum to 0, expected more than 0",
        ),
        (train_error(new(), &[1.0, 2.0], &[1.0], None), "targets: expected 2 examples, got 1"),
        (
            train_error(new(), &[1.0], &[f64::NAN], None),
            "the error became NaN in epoch 1, step 1; a smaller learning rate may help",
        ),
        (
            train_error(new().batch(1).rate(1e200), &[1.0, 1.0], &[0.0, 0.0], None),
            "the error became inf in epoch 1, step 2; a smaller learning rate may help",
        ),
        (
            train_error(new().rate(1e308), &[1e100], &[0.0], None),
            "out.weight.input[0][0] became -inf in epoch 1, step 1; a smaller learning rate may help",
        ),
        (
            train_error(new().batch(1), &[1.0, 2.0], &[1.0, 2.0], Some(&[3.0, -1.0])),
            "the weights of 1 examples sum to -1, expected more than 0",
        ),
    ]);
    let shape = TrainError::from(ShapeError::Batch { capacity: 1, got: 2 });
    assert_eq!(shape.to_string(), "workspace: made for at most 1 examples, got 2");
    let mut net = Network::<Reference>::new(stack(2).output(3, Output::Softmax), 1).unwrap();
    let names = |n: usize| TargetKind::Classes((0..n).map(|k| k.to_string()).collect());
    check(&[
        (
            net.set_schema(Schema::unnamed(1, names(3))).unwrap_err().to_string(),
            "inputs of the schema: expected 2 values, got 1",
        ),
        (
            net.set_schema(Schema::unnamed(2, names(2))).unwrap_err().to_string(),
            "outputs of the schema: expected 3 values, got 2",
        ),
        (
            net.predict_into(&[0.0; 6], &mut net.scratch(2)).unwrap_err().to_string(),
            "workspace: made for at most 2 examples, got 3",
        ),
        (
            net.predict(&[0.0; 3]).unwrap_err().to_string(),
            "layer `input`: expected a multiple of its width 2, got 3 values",
        ),
        (
            net.evaluate(&Examples::new(&[0.0; 2], Targets::Classes(&[3]))).unwrap_err().to_string(),
            "example 0: class 3, but layer `out` has 3 units",
        ),
        (net.evaluate(&Examples::new(&[], Targets::Classes(&[]))).unwrap_err().to_string(), "no examples to evaluate"),
        (
            net.evaluate(&Examples::new(&[0.0; 4], Targets::Classes(&[1, 2])).weighted(&[0.0; 2]))
                .unwrap_err()
                .to_string(),
            "the weights of 2 examples sum to 0, expected more than 0",
        ),
        (
            net.set_loss(ErrorFunction::Huber { threshold: f64::NAN }).unwrap_err().to_string(),
            "the threshold of huber is NaN, expected a finite number above 0",
        ),
    ]);
}

/// What reading says to a small model after `change`.
fn file_error(change: impl Fn(&mut Vec<u8>)) -> FileError {
    let mut net = Network::<Reference, f32>::new(stack(1).output(1, Act::Identity), 1).unwrap();
    net.params_mut().copy_from_slice(&[1.0, 0.5]);
    let mut bytes = net.to_bytes().unwrap();
    change(&mut bytes);
    Network::<Reference, f32>::from_bytes(&bytes).unwrap_err()
}

#[test]
fn files() {
    let say = |change: fn(&mut Vec<u8>)| file_error(change).to_string();
    check(&[
        (say(Vec::clear), "not a bp file: it does not start with the bp mark"),
        (say(|b| b[8] = 2), "file version 2, but this program reads version 1"),
        (say(|b| b.truncate(9)), "file cut short: version needs 2 bytes, 1 are left"),
        (say(|b| b.truncate(b.len() - 3)), "file cut short: end mark needs 8 bytes, 5 are left"),
        (say(|b| b.truncate(b.len() - 9)), "file cut short: params needs 8 bytes, 7 are left"),
        (say(|b| b.extend([0, 0])), "2 bytes after the end of the file's content, expected none"),
        (
            say(|b| b[10..14].copy_from_slice(&u32::MAX.to_le_bytes())),
            "header is not valid: 4294967295 bytes, expected at most 1048576",
        ),
        (say(|b| *b.last_mut().unwrap() = 0), "end mark is not valid: other bytes stand there"),
    ]);
    let checksum = file_error(|b| b[20] ^= 1);
    assert!(matches!(&checksum, FileError::Checksum { part, .. } if part == "header"), "{checksum}");
    let at_params = |b: &mut Vec<u8>| {
        let at = b.len() - 9;
        b[at] ^= 1;
    };
    let checksum = file_error(at_params).to_string();
    assert!(checksum.starts_with("params is damaged: checksum ") && checksum.contains(", expected "), "{checksum}");
    let bytes = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1).unwrap().to_bytes().unwrap();
    let error = Network::<Reference, f32>::from_bytes(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "the file holds f64 numbers, but f32 was asked for");
}
