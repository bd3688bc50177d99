//! Checkpoints: a training that is broken off anywhere goes on to the bits of one that was not; what was damaged is passed
//! over, what was changed is refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bp_core::{Act, Backend, ErrorFunction, Examples, Float, Output, Reference, Targets, stack};
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::values;
use bp_tests::suite::{bits, scalars};
use bp_train::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Checkpoint, CheckpointError, Checkpoints, EarlyStop, Event, Every,
    FileError, History, Lion, NAdam, Network, Optimizer, Plateau, RAdam, RmsProp, Rprop, Schedule, Sgd, TrainError,
    Trainer,
};

for_every_backend_and_scalar!(
    broken_off_after_any_event,
    broken_off_after_every_event,
    every_optimizer_goes_on,
    early_stopping_goes_on,
    a_failure_is_the_same_failure,
);

const ROWS: usize = 10;
const EPOCHS: usize = 4;
/// Three steps of batches of 4 and the end of the epoch.
const EVENTS: usize = EPOCHS * 4;

/// Ten examples in three classes, one without weight.
struct Data<S>(Vec<S>, Vec<S>);

impl<S: Float> Data<S> {
    fn new() -> Self {
        let weights = [1.0, 2.0, 0.0, 0.5, 1.0, 1.0, 3.0, 1.0, 1.0, 0.25];
        Self(scalars(&values(41, 3 * ROWS)), scalars(&weights))
    }

    fn examples(&self) -> Examples<'_, S> {
        Examples::new(&self.0, Targets::Classes(&[0, 1, 2, 2, 1, 0, 0, 2, 1, 1])).weighted(&self.1)
    }
}

fn network<B: Backend<S> + Default, S: Float>() -> Network<B, S> {
    let mut net = Network::new(stack(3).hidden(5, Act::Tanh).output(3, Output::Softmax), 3).unwrap();
    net.standardize(&Data::new().examples()).unwrap();
    net
}

/// Everything on that has a state or draws numbers: dropout and noise, moments, a schedule that counts steps, a plateau that has fallen.
fn trainer<S: Float>() -> Trainer<S> {
    let schedule = Schedule::warmup(3).then(3, Schedule::cosine(20));
    let plateau = Plateau::new().factor(0.5).patience(0).threshold(0.5);
    let trainer = Trainer::new().optimizer(Adam::new().amsgrad(true)).rate(0.05).schedule(schedule);
    let trainer = trainer.dropout(0.25).input_dropout(0.125).input_noise(0.1);
    trainer.reduce_on_plateau(plateau).clip_norm(0.5).weight_decay(0.01).batch(4).epochs(EPOCHS).seed(9)
}

fn checkpoints(folder: &Path) -> Checkpoints {
    Checkpoints::new(folder).every(Every::Time(Duration::MAX))
}

/// A call of the program: it ends after so many events.
fn call<B: Backend<S> + Default, S: Float>(
    mut trainer: Trainer<S>,
    checkpoints: &mut Checkpoints,
    events: usize,
) -> Result<(Network<B, S>, History), CheckpointError> {
    let (mut net, data, mut count) = (network::<B, S>(), Data::new(), 0);
    let history = trainer.fit_resumable(&mut net, &data.examples(), None, checkpoints, |_, _| {
        count += 1;
        if count >= events { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok((net, history))
}

/// Bits of everything that comes out.
fn outcome<B: Backend<S>, S: Float>((net, history): &(Network<B, S>, History)) -> (Vec<u64>, Vec<(usize, u64)>) {
    (bits(net.params()), history.epochs.iter().map(|record| (record.epoch, record.error.to_bits())).collect())
}

fn uninterrupted<B: Backend<S> + Default, S: Float>(mut trainer: Trainer<S>) -> (Network<B, S>, History) {
    let (mut net, data) = (network(), Data::new());
    let history = trainer.fit(&mut net, &data.examples()).unwrap();
    (net, history)
}

fn broken_off_after_any_event<B: Backend<S> + Default, S: Float>() {
    let want = outcome(&uninterrupted::<B, S>(trainer()));
    for events in 1..=EVENTS {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = checkpoints(folder.path());
        let first = call::<B, S>(trainer(), &mut checkpoints, events).unwrap();
        assert!(first.1.stopped);
        if events < EVENTS - 1 {
            assert_ne!(outcome(&first), want, "{events} events are not all of it");
        }
        let rest = call::<B, S>(trainer(), &mut checkpoints, usize::MAX).unwrap();
        assert!(!rest.1.stopped);
        assert_eq!(outcome(&rest), want, "broken off after {events} events");
        // And again, when all is done.
        assert_eq!(outcome(&call::<B, S>(trainer(), &mut checkpoints, 1).unwrap()), want);
    }
}

fn broken_off_after_every_event<B: Backend<S> + Default, S: Float>() {
    let want = outcome(&uninterrupted::<B, S>(trainer()));
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = checkpoints(folder.path());
    for _ in 1..EVENTS {
        assert!(call::<B, S>(trainer(), &mut checkpoints, 1).unwrap().1.stopped);
    }
    assert_eq!(outcome(&call::<B, S>(trainer(), &mut checkpoints, 2).unwrap()), want);
}

/// Makes an optimiser.
type Make<S> = fn() -> Box<dyn Optimizer<S>>;

fn every_optimizer_goes_on<B: Backend<S> + Default, S: Float>() {
    let all: [Make<S>; 18] = [
        || Box::new(Sgd::new()),
        || Box::new(Sgd::new().momentum(0.9).dampening(0.5)),
        || Box::new(Sgd::new().momentum(0.9).nesterov(true).rate_in_velocity(true)),
        || Box::new(Adam::new()),
        || Box::new(Adam::new().bias_correction(false)),
        || Box::new(AdamW::new().amsgrad(true)),
        || Box::new(NAdam::new()),
        || Box::new(RAdam::new()),
        || Box::new(Adamax::new()),
        || Box::new(Adagrad::new().initial_sum(0.5).rate_decay(0.1)),
        || Box::new(RmsProp::new()),
        || Box::new(RmsProp::new().centered(true)),
        || Box::new(RmsProp::new().momentum(0.9)),
        || Box::new(RmsProp::new().centered(true).momentum(0.9)),
        || Box::new(Adadelta::new()),
        || Box::new(Lion::new()),
        || Box::new(Rprop::new()),
        || Box::new(Rprop::new().backtracking(true)),
    ];
    for (n, optimizer) in all.into_iter().enumerate() {
        let trainer = || Trainer::new().optimizer(optimizer()).rate(0.01).batch(4).epochs(EPOCHS);
        let want = outcome(&uninterrupted::<B, S>(trainer()));
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = checkpoints(folder.path());
        let first = call::<B, S>(trainer(), &mut checkpoints, 6).unwrap();
        assert_ne!(outcome(&first), want, "optimizer {n}");
        let rest = call::<B, S>(trainer(), &mut checkpoints, usize::MAX).unwrap();
        assert_eq!(outcome(&rest), want, "optimizer {n}");
    }
}

/// The best weights and the patience are in the file, and so is the end: one that early stopping has ended stays ended.
fn early_stopping_goes_on<B: Backend<S> + Default, S: Float>() {
    let (data, x) = (Data::<S>::new(), scalars::<S>(&values(42, 9)));
    let validation = Examples::new(&x, Targets::Classes(&[2, 0, 1]));
    let new =
        || Trainer::new().optimizer(Adam::new()).rate(0.2).batch(4).epochs(9).early_stop(EarlyStop::new().patience(1));
    let mut whole = network::<B, S>();
    let history =
        new().fit_validated(&mut whole, &data.examples(), &validation, |_, _| ControlFlow::Continue(())).unwrap();
    let epochs = history.epochs.len();
    assert!(history.stopped && epochs < 9 && history.restored < Some(epochs), "{history:?}");
    for events in 1..=4 * epochs {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = checkpoints(folder.path());
        for most in [events, usize::MAX, 1] {
            let (mut net, mut count) = (network::<B, S>(), 0);
            let got = new()
                .fit_resumable(&mut net, &data.examples(), Some(&validation), &mut checkpoints, |_, _| {
                    count += 1;
                    if count >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })
                .unwrap();
            if most != events {
                assert_eq!(
                    (&got, bits(net.params())),
                    (&history, bits(whole.params())),
                    "broken off after {events} events"
                );
            }
        }
        let outcome = new().fit_resumable(
            &mut network::<B, S>(),
            &data.examples(),
            Some(&data.examples()),
            &mut checkpoints,
            |_, _| ControlFlow::Continue(()),
        );
        assert!(outcome.unwrap_err().to_string().starts_with("the SHA-256 of the validation data is "));
    }
}

/// The good parameters to go back to are older than the checkpoint, and in it.
fn a_failure_is_the_same_failure<B: Backend<S> + Default, S: Float>() {
    let rate = if S::NAME == "f32" { 1e10 } else { 1e80 };
    let (x, t) = ([S::ONE], [S::ZERO]);
    let (examples, trainer) = (Examples::new(&x, Targets::Rows(&t)), || Trainer::new().rate(rate).batch(1).epochs(5));
    let line = || {
        let mut net = Network::<B, S>::new(stack(1).without_bias().output(1, Act::Identity), 1).unwrap();
        net.params_mut()[0] = S::ONE;
        net
    };
    let mut failed = line();
    let want = trainer().fit(&mut failed, &examples).unwrap_err();
    for every in [Every::Steps(1), Every::Epochs(1)] {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoints = Checkpoints::new(folder.path()).every(every);
        for _ in 0..2 {
            let mut net = line();
            let outcome =
                trainer().fit_resumable(&mut net, &examples, None, &mut checkpoints, |_, _| ControlFlow::Continue(()));
            assert!(matches!(outcome, Err(CheckpointError::Train(error)) if error == want));
            assert_eq!(bits(net.params()), bits(failed.params()));
        }
        assert_eq!(checkpoints.steps().unwrap(), [1, 2]);
    }
    assert!(matches!(want, TrainError::NonFinite { last_good: 1, .. }));
}

type Net = Network<Reference, f64>;

/// Files by name, when they are due, and no more of them than asked for.
#[test]
fn files_are_written_when_they_are_due() {
    let check = |every, keep, want: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".bp-Xy.tmp"), "half a file").unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let mut checkpoints = Checkpoints::new(folder.path()).every(every).keep(keep);
        call::<Reference, f64>(trainer(), &mut checkpoints, usize::MAX).unwrap();
        let mut names: Vec<String> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [&["lock", "notes.txt"], want].concat(), "{every:?}");
    };
    let at = |steps: u64| format!("step-{steps:012}.bp");
    let [four, six, eight, nine, ten, eleven, twelve] = [4, 6, 8, 9, 10, 11, 12].map(at);
    check(Every::Steps(4), 9, &[&four, &eight, &twelve]);
    check(Every::Steps(5), 2, &[&ten, &twelve]);
    check(Every::Epochs(2), 9, &[&six, &twelve]);
    check(Every::Epochs(3), 0, &[&twelve]);
    check(Every::Time(Duration::ZERO), 4, &[&nine, &ten, &eleven, &twelve]);
    check(Every::Time(Duration::MAX), 4, &[&twelve]);
}

/// Every damage to the newest file leads to the one before, with one warning; the result is the same.
#[test]
fn a_damaged_checkpoint_is_passed_over() {
    let want = outcome(&uninterrupted::<Reference, f64>(trainer()));
    let folder = tempfile::tempdir().unwrap();
    let path = |steps: u64| folder.path().join(format!("step-{steps:012}.bp"));
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let new = |keep| {
        let heard = Arc::clone(&heard);
        let warn = move |text: &str| heard.lock().unwrap().push(text.into());
        Checkpoints::new(folder.path()).every(Every::Steps(3)).keep(keep).on_warning(warn)
    };
    call::<Reference, f64>(trainer(), &mut new(2), 7).unwrap();
    assert_eq!(new(2).steps().unwrap(), [3, 6]);
    let whole = fs::read(path(6)).unwrap();
    let damages: Vec<Vec<u8>> = (0..whole.len())
        .step_by(97)
        .chain([whole.len() - 1])
        .flat_map(|n| {
            let mut flipped = whole.clone();
            flipped[n] ^= 0x10;
            [flipped, whole[..n].to_vec()]
        })
        .chain([[&whole[..], b"x"].concat()])
        .collect();
    for damaged in &damages {
        fs::write(path(6), damaged).unwrap();
        let newest = new(2).newest::<f64>().unwrap().expect("the one before");
        assert_eq!(newest.place.steps_done, 3);
        assert!(new(2).note_of_newest().is_ok());
    }
    let warnings = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(warnings.len(), damages.len());
    let start = format!("checkpoint passed over: {}: ", path(6).display());
    assert!(warnings.iter().all(|warning| warning.starts_with(&start)), "{warnings:?}");

    // With room for one file only, the damaged one makes way for the next good one.
    assert_eq!(outcome(&call::<Reference, f64>(trainer(), &mut new(1), usize::MAX).unwrap()), want);
    assert_eq!(new(1).steps().unwrap(), [12]);

    for steps in [3, 12] {
        fs::write(path(steps), "no").unwrap();
    }
    let error = call::<Reference, f64>(trainer(), &mut new(2), 1).unwrap_err();
    let sentence = format!(
        "none of the 2 checkpoints in {} can be read; the newest: {}: not a bp file: it does not start with the bp mark",
        folder.path().display(),
        path(12).display()
    );
    assert_eq!(error.to_string(), sentence);
}

/// A model is no checkpoint, and a checkpoint no model.
#[test]
fn kinds_of_files_are_told_apart() {
    let bytes = network::<Reference, f64>().to_bytes().unwrap();
    assert!(matches!(Checkpoint::<f64>::from_bytes(&bytes), Err(FileError::Invalid { .. })));
    let folder = tempfile::tempdir().unwrap();
    call::<Reference, f64>(trainer(), &mut checkpoints(folder.path()), 1).unwrap();
    let bytes = fs::read(folder.path().join("step-000000000001.bp")).unwrap();
    assert!(matches!(Net::from_bytes(&bytes), Err(FileError::Invalid { .. })));
    let checkpoint = Checkpoint::<f64>::from_bytes(&bytes).unwrap();
    assert_eq!(checkpoint.to_bytes().unwrap(), bytes);
    assert_eq!(Net::from_bytes(&checkpoint.model).unwrap().plan().n_params(), 38);
}

/// Every change is refused with one sentence, and the checkpoints stay as they are.
#[test]
fn what_was_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    call::<Reference, f64>(trainer(), &mut checkpoints(folder.path()), 5).unwrap();
    let before = fs::read(folder.path().join("step-000000000004.bp")).unwrap();
    let say = |mut trainer: Trainer<f64>, mut net: Net, examples: &Examples<'_, f64>, want: &str| {
        let error = trainer
            .fit_resumable(&mut net, examples, None, &mut checkpoints(folder.path()), |_, _| ControlFlow::Continue(()))
            .unwrap_err();
        let text = error.to_string();
        let [what, now, then] = {
            let (what, rest) = text.split_once(" is ").unwrap();
            let middle = format!(", but the training in {} was begun with ", folder.path().display());
            let (now, then) = rest.split_once(&middle).unwrap();
            [what, now, then]
        };
        assert_eq!(format!("{what}: {now}, was {then}"), want);
        assert!(matches!(error, CheckpointError::Changed { .. }));
        assert_eq!(fs::read(folder.path().join("step-000000000004.bp")).unwrap(), before);
    };
    let (data, net) = (Data::new(), network::<Reference, f64>);
    for (trainer, want) in [
        (trainer().rate(0.1), "the learning rate: 0.1, was 0.05"),
        (trainer().epochs(9), "the number of epochs: 9, was 4"),
        (trainer().batch(5), "the batch size: 5, was 4"),
        (trainer().seed(1), "the seed: 1, was 9"),
        (trainer().weight_decay(0.0), "the weight decay: 0.0, was 0.01"),
        (trainer().clip_value(1.0), "the value to clip at: 1.0, was none"),
        (trainer().dropout(0.5), "the dropout rate: 0.5, was 0.25"),
        (trainer().layer_dropout("h1", 0.5), "the dropout rate of layer h1: 0.5, was not set"),
        (trainer().optimizer(Adam::new()), "the amsgrad of adam: 0.0, was 1.0"),
        (trainer().optimizer(Sgd::new()), "the optimizer: sgd, was adam"),
        (trainer().freeze("h1"), "the factor on the rate of layer h1: 0.0, was not set"),
        (trainer().loss(ErrorFunction::CrossEntropy), "the loss: the trainer's, was the network's"),
    ] {
        say(trainer, net(), &data.examples(), want);
    }
    let mut other = net();
    other.set_loss(ErrorFunction::SumOfSquares).unwrap();
    say(trainer(), other, &data.examples(), "the loss: sum-of-squares, was cross-entropy");
    let widths = |width| Net::new(stack(3).hidden(width, Act::Tanh).output(3, Output::Softmax), 3).unwrap();
    say(trainer(), widths(6), &data.examples(), "the number of parameters: 45, was 38");
    say(trainer(), widths(5), &data.examples(), "the scaling of the inputs: none, was one");
    let mut relu = Net::new(stack(3).hidden(5, Act::Relu).output(3, Output::Softmax), 3).unwrap();
    relu.standardize(&data.examples()).unwrap();
    say(trainer(), relu, &data.examples(), "the network: one graph of layers, was another");

    let error = |examples: &Examples<'_, f64>| {
        let mut net = net();
        let folder = &mut checkpoints(folder.path());
        let outcome = trainer().fit_resumable(&mut net, examples, None, folder, |_, _| ControlFlow::Continue(()));
        outcome.unwrap_err().to_string()
    };
    for (n, factor) in [(0, 1.0 + f64::EPSILON), (29, -1.0)] {
        let mut x = data.0.clone();
        x[n] *= factor;
        let examples = Examples { x: &x, ..data.examples() };
        assert!(error(&examples).starts_with("the SHA-256 of the training data is "), "{}", error(&examples));
    }
    let mut single = Network::<Reference, f32>::new(stack(3).output(3, Output::Softmax), 3).unwrap();
    let data = Data::<f32>::new();
    let error = Trainer::new()
        .fit_resumable(&mut single, &data.examples(), None, &mut checkpoints(folder.path()), |_, _| {
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert!(error.to_string().starts_with("the type of numbers is f32, but the training in "), "{error}");
}

/// Two trainings cannot share a folder, and the end of one lets the next in.
#[test]
fn one_training_writes_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (mut net, data) = (network::<Reference, f64>(), Data::new());
    let mut seen = None;
    let mut outer = checkpoints(folder.path());
    trainer()
        .fit_resumable(&mut net, &data.examples(), None, &mut outer, |_, _| {
            let inner = call::<Reference, f64>(trainer(), &mut checkpoints(folder.path()), 1);
            seen = Some(inner.unwrap_err().to_string());
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(seen, Some(format!("another training writes to {}", folder.path().display())));
    call::<Reference, f64>(trainer(), &mut checkpoints(folder.path()), 1).unwrap();
}

/// A checkpoint that cannot be written ends the training, and says why.
#[test]
fn a_folder_that_cannot_be_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "in the way").unwrap();
    let error = call::<Reference, f64>(trainer(), &mut checkpoints(&path), 1).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{error}");

    let blocked = folder.path().join("step-000000000002.bp");
    fs::create_dir_all(blocked.join("folder")).unwrap();
    let mut often = Checkpoints::new(folder.path()).every(Every::Steps(2));
    let mut steps = 0;
    let (mut net, data) = (network::<Reference, f64>(), Data::new());
    // A folder in place of the checkpoint: first nothing can be read, then nothing written.
    let error = call::<Reference, f64>(trainer(), &mut often, 1).unwrap_err();
    assert!(matches!(&error, CheckpointError::Unreadable { count: 1, .. }), "{error}");
    fs::rename(&blocked, folder.path().join("away")).unwrap();
    let error = trainer()
        .fit_resumable(&mut net, &data.examples(), None, &mut often, |event, _| {
            if matches!(event, Event::Step { .. }) {
                steps += 1;
                if steps == 2 {
                    fs::rename(folder.path().join("away"), &blocked).unwrap();
                }
            }
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert_eq!(steps, 2);
    assert!(error.to_string().starts_with(&format!("cannot write {}: ", blocked.display())), "{error}");
}
