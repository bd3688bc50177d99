//! Rows that are read block by block: the bits of rows in memory where there is one block, every row once in an epoch
//! where there are more, and no more than one block at a time.

use std::ops::ControlFlow;

use bp_core::{Act, Backend, Examples, Float, Output, Reference, Targets, stack};
use bp_faer::Faer;
use bp_tests::nets::values;
use bp_tests::suite::{bits, scalars};
use bp_train::{
    Adam, Block, BlockError, Checkpoints, ClassWeights, EarlyStop, Event, Network, RowBlocks, Sgd, TrainError, Trainer,
    digest,
};

const ROWS: usize = 23;

/// Rows in memory that are given away in blocks, and what was asked for.
struct Kept<S> {
    x: Vec<S>,
    classes: Vec<u32>,
    values: Vec<S>,
    sizes: Vec<usize>,
    reads: Vec<usize>,
    /// The most numbers that a list had room for when it came.
    room: usize,
}

impl<S: Float> Kept<S> {
    fn new(has_classes: bool, sizes: &[usize]) -> Self {
        let rows: usize = sizes.iter().sum();
        let classes = if has_classes { (0..rows as u32).map(|n| (7 * n + n / 5) % 3).collect() } else { vec![] };
        let values = if has_classes { vec![] } else { scalars(&values(5, 2 * rows)) };
        Self { x: scalars(&self::values(61, 3 * rows)), classes, values, sizes: sizes.into(), reads: vec![], room: 0 }
    }

    fn examples(&self) -> Examples<'_, S> {
        let by_class = !self.classes.is_empty();
        Examples::new(&self.x, if by_class { Targets::Classes(&self.classes) } else { Targets::Rows(&self.values) })
    }
}

impl<S: Float> RowBlocks<S> for Kept<S> {
    fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    fn has_classes(&self) -> bool {
        !self.classes.is_empty()
    }

    fn digest(&self) -> [u8; 32] {
        digest(&self.examples())
    }

    fn read(&mut self, block: usize, into: &mut Block<S>) -> Result<(), BlockError> {
        assert!(into.x.is_empty() && into.classes.is_empty() && into.values.is_empty());
        self.room = self.room.max(into.x.capacity());
        self.reads.push(block);
        let from: usize = self.sizes[..block].iter().sum();
        let to = from + self.sizes[block];
        into.x.extend(&self.x[3 * from..3 * to]);
        match self.has_classes() {
            true => into.classes.extend(&self.classes[from..to]),
            false => into.values.extend(&self.values[2 * from..2 * to]),
        }
        Ok(())
    }
}

type Net<S> = Network<Box<dyn Backend<S>>, S>;

fn net<S: Float>(has_classes: bool, backend: Box<dyn Backend<S>>) -> Net<S> {
    let hidden = stack(3).hidden(6, Act::Tanh);
    let architecture = match has_classes {
        true => hidden.output(3, Output::Softmax),
        false => hidden.output(2, Act::Identity),
    };
    Network::on(backend, architecture, 11).expect("a network")
}

/// Plain descent; everything that draws, weighs and smooths; steps of several batches.
fn trainers<S: Float>(has_classes: bool) -> [Trainer<S>; 3] {
    let start = || Trainer::new().rate(0.05).batch(5).epochs(4).seed(3);
    let noisy = start().optimizer(Adam::new()).dropout(0.2).input_dropout(0.1).input_noise(0.1).weight_decay(0.01);
    let noisy = match has_classes {
        true => noisy.class_weights(ClassWeights::Balanced).label_smoothing(0.1),
        false => noisy,
    };
    [start().optimizer(Sgd::new()), noisy, start().optimizer(Sgd::new().momentum(0.9)).accumulate(2)]
}

fn go_on<S>(_: Event, _: &Net<S>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn one_block_is_memory<S: Float>(backend: impl Fn() -> Box<dyn Backend<S>>) {
    for (has_classes, number) in [(true, 0), (true, 1), (true, 2), (false, 0), (false, 1), (false, 2)] {
        let mut rows = Kept::<S>::new(has_classes, &[ROWS]);
        let (mut whole, mut blocks) = (net(has_classes, backend()), net(has_classes, backend()));
        let [a, b] = [0, 1].map(|_| trainers::<S>(has_classes).into_iter().nth(number).expect("there are three"));
        let (mut a, mut b) = (a.early_stop(EarlyStop::new().patience(9)), b.early_stop(EarlyStop::new().patience(9)));
        whole.standardize(&rows.examples()).expect("shapes fit");
        blocks.standardize_blocks(&mut rows, false).expect("blocks");
        assert_eq!(whole.input_scaling(), blocks.input_scaling());
        assert_eq!(whole.target_scaling(), blocks.target_scaling());
        let known = Kept::<S>::new(has_classes, &[ROWS]);
        let want = a.fit_validated(&mut whole, &known.examples(), &known.examples(), go_on).expect("training");
        let mut seen = Kept::<S>::new(has_classes, &[ROWS]);
        let got = b.fit_blocks(&mut blocks, &mut rows, Some(&mut seen), go_on).expect("training");
        assert_eq!(bits(whole.params()), bits(blocks.params()), "{has_classes} {number}");
        assert_eq!(got, want);
        assert_eq!(whole.evaluate(&known.examples()), blocks.evaluate_blocks(&mut rows));
    }
}

#[test]
fn one_block_has_the_bits_of_memory() {
    one_block_is_memory::<f32>(|| Box::new(Reference));
    one_block_is_memory::<f64>(|| Box::new(Reference));
    one_block_is_memory::<f32>(|| Box::new(Faer::with_threads(2)));
}

/// Standardising has the bits of memory for blocks of any size, columns with one unit included.
#[test]
fn scales_do_not_depend_on_blocks() {
    for sizes in [&[1; ROWS][..], &[10, 10, 3], &[0, 22, 1]] {
        for units in [true, false] {
            let mut rows = Kept::<f32>::new(false, sizes);
            let (mut a, mut b) = (net::<f32>(false, Box::new(Reference)), net::<f32>(false, Box::new(Reference)));
            match units {
                true => a.standardize_units(&rows.examples()).expect("shapes fit"),
                false => a.standardize(&rows.examples()).expect("shapes fit"),
            }
            b.standardize_blocks(&mut rows, units).expect("blocks");
            assert_eq!((a.input_scaling(), a.target_scaling()), (b.input_scaling(), b.target_scaling()));
            let (of_memory, of_blocks) = (a.evaluate(&rows.examples()).expect("rows"), b.evaluate_blocks(&mut rows));
            let (want, got) = (of_memory, of_blocks.expect("rows"));
            // f32 sums of the same 23 terms of size 1, in another order.
            assert!((want.error - got.error).abs() < 1e-5 && (want.r2.unwrap() - got.r2.unwrap()).abs() < 1e-5);
        }
    }
}

/// The same bits for any number of threads and twice, as many steps as in memory, every block once in an epoch and one
/// at a time; a batch may be larger than a block, and blocks may be empty.
#[test]
fn blocks_in_a_fixed_order() {
    for sizes in [&[10, 10, 3][..], &[1; ROWS], &[4, 0, 7, 12], &[22, 1]] {
        let mut known: Option<Vec<u64>> = None;
        for threads in [1, 2, 3, 8, 1] {
            let mut rows = Kept::<f32>::new(true, sizes);
            let mut net = net::<f32>(true, Box::new(Faer::with_threads(threads)));
            let [_, mut trainer, _] = trainers::<f32>(true);
            let mut steps = 0;
            trainer
                .fit_blocks(&mut net, &mut rows, None, |event, _| {
                    steps += usize::from(matches!(event, Event::Step { steps: 5, .. }));
                    ControlFlow::Continue(())
                })
                .expect("training");
            assert_eq!(steps, 4 * ROWS.div_ceil(5));
            let got = bits(net.params());
            assert_eq!(*known.get_or_insert_with(|| got.clone()), got, "{threads} threads");
            assert!(rows.room <= 2 * 3 * sizes.iter().max().unwrap(), "room for {} numbers", rows.room);
        }
    }
    // Nothing learned: an input is what it was, and an epoch's blocks are read in another order than the one before.
    let mut rows = Kept::<f64>::new(false, &[6, 6, 6, 5]);
    let mut net = net::<f64>(false, Box::new(Reference));
    let before = net.params().to_vec();
    let mut trainer = Trainer::new().rate(0.0).batch(4).epochs(30);
    let history = trainer.fit_blocks(&mut net, &mut rows, None, go_on).expect("training");
    assert_eq!(net.params(), before);
    let error = net.evaluate(&rows.examples()).expect("rows").error;
    // 23 terms in f64, each epoch in its own order: 23 roundings of sums below 23 times the mean.
    let bound = 23.0 * 23.0 * f64::EPSILON * error;
    assert!(history.epochs.iter().all(|record| (record.error - error).abs() <= bound), "{history:?}");
    let orders: std::collections::BTreeSet<&[usize]> = rows.reads.windows(4).collect();
    assert!(orders.len() > 12, "{orders:?}");
    let another_seed = |seed| {
        let mut rows = Kept::<f64>::new(false, &[6, 6, 6, 5]);
        let mut net = self::net::<f64>(false, Box::new(Reference));
        Trainer::new().batch(4).epochs(2).seed(seed).fit_blocks(&mut net, &mut rows, None, go_on).expect("training");
        bits(net.params())
    };
    assert_ne!(another_seed(1), another_seed(2));
}

/// Interrupted after every step and gone on with: the bits of the training that was not.
#[test]
fn a_training_goes_on_between_blocks() {
    let trainer = || trainers::<f32>(true).into_iter().nth(1).expect("the second");
    let sizes = [9, 2, 12];
    let mut whole = net::<f32>(true, Box::new(Reference));
    let history = trainer().fit_blocks(&mut whole, &mut Kept::new(true, &sizes), None, go_on).expect("training");
    let folder = tempfile::tempdir().expect("a folder");
    let mut calls = 0;
    let (params, again) = loop {
        calls += 1;
        let mut net = net::<f32>(true, Box::new(Reference));
        let mut checkpoints = Checkpoints::new(folder.path());
        let stop = |event, _: &Net<f32>| match event {
            Event::Step { .. } => ControlFlow::Break(()),
            Event::Epoch(_) => ControlFlow::Continue(()),
        };
        let mut rows = Kept::new(true, &sizes);
        let history =
            trainer().fit_blocks_resumable(&mut net, &mut rows, None, &mut checkpoints, stop).expect("training");
        if !history.stopped {
            break (bits(net.params()), history);
        }
        assert!(calls < 50);
    };
    assert_eq!(calls, 4 * 5 + 1);
    assert_eq!((params, again), (bits(whole.params()), history));
    let mut other = net::<f32>(true, Box::new(Reference));
    let mut rows = Kept::new(true, &[9, 2, 11]);
    let mut checkpoints = Checkpoints::new(folder.path());
    let refused = trainer().fit_blocks_resumable(&mut other, &mut rows, None, &mut checkpoints, go_on);
    assert!(refused.unwrap_err().to_string().contains("the SHA-256 of the training data"));
}

/// A source that breaks in its third read of block 1.
struct Broken(Kept<f64>, fn(&mut Block<f64>) -> Result<(), BlockError>);

impl RowBlocks<f64> for Broken {
    fn sizes(&self) -> &[usize] {
        self.0.sizes()
    }

    fn has_classes(&self) -> bool {
        self.0.has_classes()
    }

    fn digest(&self) -> [u8; 32] {
        self.0.digest()
    }

    fn read(&mut self, block: usize, into: &mut Block<f64>) -> Result<(), BlockError> {
        self.0.read(block, into)?;
        let n = self.0.reads.iter().filter(|&&read| read == 1).count();
        if block == 1 && n == 3 { (self.1)(into) } else { Ok(()) }
    }
}

#[test]
fn a_block_that_is_wrong_ends_the_training() {
    let gone: fn(&mut Block<f64>) -> Result<(), BlockError> = |_| Err(BlockError::Source("t.csv: gone".into()));
    let short: fn(&mut Block<f64>) -> Result<(), BlockError> = |block| {
        block.x.pop();
        Ok(())
    };
    let strange: fn(&mut Block<f64>) -> Result<(), BlockError> = |block| {
        block.classes[2] = 3;
        Ok(())
    };
    let not_finite: fn(&mut Block<f64>) -> Result<(), BlockError> = |block| {
        block.x[4] = f64::NAN;
        Ok(())
    };
    for (fault, sentence) in [
        (gone, "t.csv: gone"),
        (short, "block 1 has 29 inputs, expected 30"),
        (strange, "block 1, row 2 has class 3, but there are 3 outputs"),
        (not_finite, "an input became NaN in epoch "),
    ] {
        let mut rows = Broken(Kept::new(true, &[10, 10, 3]), fault);
        let mut net = net::<f64>(true, Box::new(Reference));
        let mut trainer = Trainer::new().batch(5).epochs(9).seed(1);
        let error = trainer.fit_blocks(&mut net, &mut rows, None, go_on).unwrap_err();
        assert!(error.to_string().starts_with(sentence), "{error}");
        assert!(net.params().iter().all(|w| w.is_finite()));
    }
    let mut net = net::<f64>(true, Box::new(Reference));
    let none = Trainer::new().fit_blocks(&mut net, &mut Kept::new(true, &[]), None, go_on);
    assert_eq!(none, Err(TrainError::NoExamples));
}
