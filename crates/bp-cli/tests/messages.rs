//! What bad input gets: one sentence that names the place and both values, the right exit code, nothing half-written.

mod common;

use common::{Bench, Ran};

const USAGE: i32 = 2;
const DATA: i32 = 1;

/// Runs what must fail, and fail well: the exit code, no panic, the sentence, and no file that was not there before.
fn check(bench: &Bench, words: &str, code: i32, sentence: &str) {
    let before = bench.names();
    let ran = bench.run(words);
    let Ran { stdout, stderr, .. } = &ran;
    assert_eq!(ran.code, code, "bp {words}\n{stderr}");
    assert!(!stderr.contains("panicked"), "bp {words}\n{stderr}");
    assert!(stderr.contains(sentence), "bp {words}: expected `{sentence}`, got\n{stderr}");
    assert!(stderr.lines().any(|line| line.starts_with("error: ")), "bp {words}\n{stderr}");
    assert!(stdout.is_empty(), "bp {words} wrote to standard output: {stdout}");
    assert_eq!(bench.names(), before, "bp {words}");
}

#[test]
fn data_sets_and_files() {
    let bench = Bench::new(&[]);
    check(&bench, "train irs", DATA, "unknown data set `irs`, did you mean `iris`? known: iris, digits, ");
    check(&bench, "train no/such.csv", DATA, "no/such.csv: no such file");
    check(&bench, "train mnist", DATA, "neither `train-images-idx3-ubyte` nor `train-images-idx3-ubyte.gz` is here");
    check(&bench, "train mnist --data-dir nowhere", DATA, "nowhere: neither");
    check(&bench, "train iris --target 2", USAGE, "--target is for tables, but iris is a data set known by name");
    check(&bench, "train iris --task regress", USAGE, "--task does not fit: the targets of iris are classes");
    check(&bench, "train iris --out nowhere/model.bp", DATA, "cannot write nowhere/model.bp: ");
    check(&bench, "train iris --out .", DATA, "cannot write .: it is a folder");
    let not_images = "--data-dir means nothing here: no files are fetched for iris";
    check(&bench, "train iris --data-dir nowhere", USAGE, not_images);
    check(&bench, "train no/such.csv --data-dir nowhere", USAGE, "--data-dir means nothing here: no files are ");
}

#[test]
fn tables() {
    let bench = Bench::new(&[
        ("empty.csv", ""),
        ("header.csv", "a,b,y\n"),
        ("ragged.csv", "a,b,y\n1,2,0\n1,2\n"),
        ("text.csv", "a,b,y\n1,2,0\n1,x,1\n3,4,0\n"),
        ("class.csv", "a,y\n1,u\n2,u\n3,u\n"),
        ("nan.csv", "a,y\n1,0.5\nNaN,1.5\n"),
        ("inf.csv", "a,y\n1,0.5\n2,inf\n"),
        ("missing.csv", "a,y\n1,0.5\n,1.5\n"),
        ("small.csv", "a,y\n1,0.5\n2,1.5\n4,3.1\n"),
        ("negative.csv", "a,y\n1,0.5\n2,-1.5\n4,3.1\n"),
        ("offset.csv", "a,y\n1000000000,0.5\n1000000001,1.5\n1000000002,2.5\n"),
    ]);
    check(&bench, "train empty.csv", DATA, "empty.csv: the table is empty");
    check(&bench, "train header.csv", DATA, "header.csv: there are no rows below the header");
    check(&bench, "train ragged.csv", DATA, "ragged.csv: line 3: expected 3 columns, got 2");
    check(&bench, "train text.csv", DATA, "text.csv: line 3, column 2 (b): text in a numeric column: `x`");
    check(&bench, "train text.csv --target z", DATA, "text.csv: there is no column `z`; the columns are a, b, y");
    check(
        &bench,
        "train class.csv",
        DATA,
        "class.csv: all rows have the same class `u`, at least 2 classes are needed",
    );
    check(&bench, "train nan.csv", DATA, "nan.csv: line 3, column 1 (a): `NaN` is not a finite number");
    check(&bench, "train inf.csv", DATA, "inf.csv: line 3, column 2 (y): `inf` is not a finite number");
    check(&bench, "train missing.csv", DATA, "missing.csv: line 3, column 1 (a): missing value");
    let batch = "a batch of 100 rows was asked for, but small.csv has 3 for training";
    check(&bench, "train small.csv --batch 100", DATA, batch);
    check(&bench, "train small.csv --delimiter ;;", USAGE, "a delimiter is one character, `tab` or `space`, not `;;`");
    check(
        &bench,
        "train negative.csv --loss poisson",
        DATA,
        "loss poisson needs targets of at least 0, but one is -1.5",
    );
    check(&bench, "train small.csv --loss cross-entropy", DATA, "loss cross-entropy is for classes");
    let merged = "offset.csv: column 1 (a): the numbers 1000000000 and 1000000001 are the same in f32";
    check(&bench, "train offset.csv", DATA, merged);
    bench.ok("train offset.csv --dtype f64 --epochs 1 --quiet");
    let skipped = "small.csv: the column `y` is asked for as the target and left out as well";
    check(&bench, "train small.csv --target y --skip y", DATA, skipped);
}

#[test]
fn settings() {
    let bench = Bench::new(&[]);
    let usage = |words: &str, sentence| check(&bench, &format!("train iris {words}"), USAGE, sentence);
    usage("--hidden 0", "layer `h1` has width 0, expected at least 1");
    usage("--hidden 8,0", "layer `h2` has width 0, expected at least 1");
    usage("--hidden 8,x", "`x` is no width; expected whole numbers as in 64,32, or none");
    usage("--lr nan", "--lr is NaN, expected a finite number of at least 0");
    usage("--lr -1", "--lr is -1, expected a finite number of at least 0");
    usage("--weight-decay inf", "--weight-decay is inf, expected a finite number of at least 0");
    usage("--momentum 1", "--momentum is 1, expected a number from 0 to below 1");
    usage("--momentum 0.9 --optimizer adam", "--momentum is for --optimizer sgd or rmsprop, but adam was asked for");
    let nesterov = "--nesterov is for --optimizer sgd, but rmsprop was asked for";
    usage("--momentum 0.9 --nesterov --optimizer rmsprop", nesterov);
    usage("--clip-norm 0", "--clip-norm is 0, expected a finite number above 0");
    usage("--clip-value -1", "--clip-value is -1, expected a finite number above 0");
    usage("--schedule cosin", "unknown schedule `cosin`, expected one of constant, step:EPOCHS");
    usage("--schedule step", "step needs EPOCHS, a whole number, as in step:5");
    usage("--schedule step:x", "EPOCHS of step is `x`, expected a whole number");
    usage("--schedule cosine:2", "the floor of a cosine schedule is 2, expected a number from 0 to 1");
    usage("--schedule one-cycle:1", "`one-cycle:1` has 1 numbers, expected at most 0");
    usage("--schedule warmup", "warmup needs EPOCHS, a whole number, as in warmup:5");
    usage("--schedule warmup:1,2+cosine", "`warmup:1,2` has 2 numbers, expected 1");
    usage("--schedule step:3+cosine", "only warmup:EPOCHS can stand before a +");
    usage("--epochs 0", "--epochs is 0, expected at least 1");
    usage("--batch 0", "--batch is 0, expected at least 1");
    usage("--test-fraction 1", "--test-fraction is 1, expected a number from 0 to below 1");
    usage("--activation tanhh", "unknown activation `tanhh`, expected one of identity, tanh, logistic");
    usage("--activation tanhh", "did you mean `tanh`?");
    usage("--loss sum-of-sqares", "did you mean `sum-of-squares`?");
    usage("--schedule cosinus", "did you mean `cosine`?");
    usage("--init he-norml", "did you mean `he-normal`?");
    usage("--optimizer adma", "a similar value exists: 'adam'");
    usage("--loss mse", "unknown loss `mse`, expected one of sum-of-squares, cross-entropy");
    usage("--optimizer adma", "invalid value 'adma'");
    usage("--optimizer adma", "possible values: sgd, adam, amsgrad, adamw, nadam, radam, adamax, adagrad, rmsprop");
    usage("--frobnicate", "unexpected argument '--frobnicate'");
}

#[test]
fn regularization() {
    let rows: String = (0..30).map(|n| format!("{n},{}\n", 2 * n)).collect();
    let bench = Bench::new(&[("numbers.csv", &rows)]);
    let usage = |words: &str, sentence| check(&bench, &format!("train iris {words}"), USAGE, sentence);
    usage("--dropout 1", "--dropout is 1, expected a number from 0 to below 1");
    usage("--input-dropout -0.5", "--input-dropout is -0.5, expected a number from 0 to below 1");
    usage("--layer-dropout h1=2", "--layer-dropout is 2, expected a number from 0 to below 1");
    usage("--layer-dropout 0.5", "`0.5` is no LAYER=NUMBER as in h1=0.1");
    usage("--label-smoothing nan", "--label-smoothing is NaN, expected a number from 0 to below 1");
    usage("--noise -1", "--noise is -1, expected a finite number of at least 0");
    usage("--l1 inf", "--l1 is inf, expected a finite number of at least 0");
    usage("--l2 -0.1", "--l2 is -0.1, expected a finite number of at least 0");
    usage("--decoupled-decay -2", "--decoupled-decay is -2, expected a finite number of at least 0");
    usage("--max-norm 0", "--max-norm is 0, expected a finite number above 0");
    usage("--class-weight even", "`even` is no weight; expected balanced, or numbers as in 1,5");
    usage("--class-weight 1,-5,1", "a class has the weight -5, expected a finite number of at least 0");
    usage("--validation-fraction 0.1", "--patience <EPOCHS>");
    usage("--patience 3 --validation-fraction 1", "--validation-fraction is 1, expected a number between 0 and 1");
    usage("--patience x", "invalid value 'x' for '--patience <EPOCHS>'");
    usage("--data-parallel 0", "--data-parallel is 0, expected at least 1");
    usage("--accumulate 0", "--accumulate is 0, expected at least 1");
    usage("--layer-rate h1=-1", "--layer-rate is -1, expected a finite number of at least 0");
    let data = |words: &str, text: &str| check(&bench, &format!("train {words} --quiet"), DATA, text);
    data("iris --freeze h9", "a rate for the layer `h9`, but no layer has this name; there are: h1, out");
    data("iris --layer-rate h9=2", "a rate for the layer `h9`, but no layer has this name; there are: h1, out");
    data(
        "iris --layer-dropout out=0.5",
        "dropout for the layer `out`, but no hidden layer has this name; there are: h1",
    );
    data("iris --class-weight 1,5", "class weights: expected 3 values, got 2");
    let table = "numbers.csv --no-header --task regress";
    let numbers = "is for classes, but the targets are rows of numbers";
    data(&format!("{table} --class-weight balanced"), &format!("a class weight {numbers}"));
    data(&format!("{table} --label-smoothing 0.1"), &format!("label smoothing {numbers}"));
}

#[test]
fn network_files() {
    let layer = |text: &str| format!("[[layer]]\n{text}\n");
    let files = [
        ("none.toml", String::new()),
        ("key.toml", layer("name = \"h1\"\nwidht = 4")),
        ("syntax.toml", layer("name = ")),
        (
            "cycle.toml",
            layer("name = \"h1\"\nwidth = 4\nfrom = [\"h2\"]")
                + &layer("name = \"h2\"\nwidth = 4\nfrom = [\"h1\", \"input\"]")
                + &layer("name = \"out\"\nfrom = [\"h2\"]"),
        ),
        ("unknown.toml", layer("name = \"h1\"\nwidth = 4\nfrom = [\"inputt\"]") + &layer("name = \"out\"")),
        ("width.toml", layer("name = \"h1\"\nwidth = 4") + &layer("name = \"out\"\nwidth = 5")),
        ("zero.toml", layer("name = \"h1\"\nwidth = 0") + &layer("name = \"out\"")),
        ("no-width.toml", layer("name = \"h1\"") + &layer("name = \"out\"")),
        (
            "identity.toml",
            layer("name = \"h1\"\nwidth = 7\nfrom = [{ layer = \"input\", kind = \"identity\" }]")
                + &layer("name = \"out\""),
        ),
        (
            "terms.toml",
            layer("name = \"h1\"\nwidth = 2\nfrom = [{ layer = \"input\", terms = [[0, 9, 0]] }]")
                + &layer("name = \"out\""),
        ),
        ("act.toml", layer("name = \"h1\"\nwidth = 2\nactivation = \"sigmoidd\"") + &layer("name = \"out\"")),
    ];
    let bench = Bench::new(&[]);
    files.iter().for_each(|(name, text)| bench.write(name, text.as_bytes()));
    let data = |file: &str, sentence: &str| {
        check(&bench, &format!("train iris --net {file}"), DATA, &format!("{file}: {sentence}"));
    };
    data("none.toml", "there is no layer, expected at least one `[[layer]]`");
    data("key.toml", "line 3: unknown field `widht`");
    check(&bench, "train iris --net key.toml", DATA, "`from`; did you mean `width`?");
    data("syntax.toml", "line 2: string values must be quoted");
    data("cycle.toml", "the layers h1, h2 form a cycle");
    data("unknown.toml", "layer `h1` takes from `inputt`, but no layer has this name");
    data("width.toml", "output layer `out` has width 5, but the data needs 3");
    data("zero.toml", "layer `h1` has width 0, expected at least 1");
    data("no-width.toml", "layer `h1` has no width");
    data("identity.toml", "identity connection from `input` into `h1` joins width 4 to width 7");
    data("terms.toml", "term 0 from `input` into `h1` joins unit 9 to unit 0, but the widths are 4 and 2");
    data("act.toml", "layer `h1`: unknown activation `sigmoidd`");
    data("missing.toml", "cannot read: ");
    check(&bench, "train iris --net cycle.toml --hidden 4", USAGE, "cannot be used with");
}

#[test]
fn model_files() {
    let bench = Bench::new(&[
        ("text.bp", "hello"),
        ("narrow.csv", "sepal length (cm),petal length (cm)\n1,2\n"),
        ("cell.csv", "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n1,2,3,4\n5,x,2,1\n"),
        ("kinds.csv", "kind,size,y\nbee,1,0.5\nfly,2,1.5\nbee,3,2.5\nfly,4,3.5\n"),
        ("kinds-new.csv", "kind,size\nbee,1\nant,2\n"),
    ]);
    bench.ok("train iris --epochs 2 --quiet --out iris.bp");
    bench.ok("train kinds.csv --task regress --epochs 2 --quiet --out kinds.bp");
    let model = bench.read("iris.bp");
    bench.write("cut.bp", &model[..model.len() - 100]);
    bench.write("long.bp", &[&model[..], b"x"].concat());
    let changed = |at: usize| {
        let mut bytes = model.clone();
        bytes[at] ^= 0x40;
        bytes
    };
    bench.write("version.bp", &changed(9));
    bench.write("damaged.bp", &changed(model.len() - 200));

    let info =
        |file: &str, sentence: &str| check(&bench, &format!("info {file}"), DATA, &format!("{file}: {sentence}"));
    info("text.bp", "not a bp file");
    info("cut.bp", "file cut short: schema needs 183 bytes, 91 are left");
    info("long.bp", "1 bytes after the end");
    info("version.bp", "file version 16385, but this program reads version 1");
    info("damaged.bp", "input.scale is damaged: checksum ");
    check(&bench, "info missing.bp", DATA, "cannot read missing.bp: ");
    check(
        &bench,
        "eval iris.bp wine",
        DATA,
        "wine does not have the columns of iris.bp: expected 4 input columns, got 13",
    );
    check(&bench, "predict iris.bp narrow.csv", DATA, "narrow.csv: the column `sepal width (cm)` is missing");
    let cell = "cell.csv: line 3, column 2 (sepal width (cm)): text in a numeric column: `x`";
    check(&bench, "predict iris.bp cell.csv -o answers.csv", DATA, cell);
    let ant = "kinds-new.csv: line 3, column 1 (kind): unknown category `ant`, known are bee, fly";
    check(&bench, "predict kinds.bp kinds-new.csv", DATA, ant);
    let zz = "kinds.csv: there is no column `zz`; the columns are kind, size, y";
    check(&bench, "predict kinds.bp kinds.csv --target zz", DATA, zz);
    check(&bench, "eval kinds.bp kinds.csv --target zz", DATA, zz);
    let no_test = "--part test was asked for, but no rows of kinds.csv are put aside";
    check(&bench, "eval kinds.bp kinds.csv --part test --test-fraction 0", USAGE, no_test);
}

/// What could not be loaded again is said before any training, and not written.
#[test]
fn models_that_no_file_could_hold() {
    let bench = Bench::new(&[]);
    let name = "n".repeat(1 << 20);
    bench
        .write("long.toml", format!("[[layer]]\nname = \"{name}\"\nwidth = 2\n[[layer]]\nname = \"out\"\n").as_bytes());
    let sentence = "error: long.bp: header is not valid: 2";
    let ran = bench.run("train iris --net long.toml --epochs 1 --out long.bp");
    assert_eq!(ran.code, DATA);
    let error = ran.stderr.lines().last().unwrap_or_default();
    assert!(error.starts_with(sentence) && error.ends_with(" bytes, expected at most 1048576"), "{error}");
    assert!(!ran.stderr.contains("epoch 1/1"), "it was trained");
    assert_eq!(bench.names(), ["long.toml"]);
    bench.ok("train iris --net long.toml --epochs 1 --quiet");
}

/// Numbers whose squares no `f64` holds, and more names than the header of a model file holds.
#[test]
fn models_that_a_file_can_hold() {
    let huge: String = (0..30).map(|n| format!("{n}e200,{n}e200\n")).collect();
    let names = |row: &str| (0..5000).map(|_| row).collect::<Vec<_>>().join(",");
    let wide: Vec<String> = (0..5000).map(|i| format!("{i:a>200}")).collect();
    let wide = [wide.join(","), names("1"), names("2.5")].join("\n");
    let bench = Bench::new(&[("huge.csv", &("a,b\n".to_owned() + &huge)), ("wide.csv", &wide)]);
    for data in ["huge.csv --dtype f64", "wide.csv --hidden none"] {
        bench.ok(&format!("train {data} --epochs 2 --quiet --out model.bp"));
        assert!(bench.ok("info model.bp").contains("model.bp: "));
    }
}

/// IDX files that do not hold what they say.
#[test]
fn images() {
    let images =
        |n: u32, data: usize| [&[0, 0, 8, 3][..], &n.to_be_bytes(), &[0, 0, 0, 2, 0, 0, 0, 2], &vec![7; data]].concat();
    let labels = |values: &[u8]| [&[0, 0, 8, 1][..], &(values.len() as u32).to_be_bytes(), values].concat();
    let bench = Bench::new(&[]);
    let folder = |name: &str, train: &[u8]| {
        bench.write(&format!("{name}/train-images-idx3-ubyte"), train);
        bench.write(&format!("{name}/train-labels-idx1-ubyte"), &labels(&[0, 1, 0, 1]));
        bench.write(&format!("{name}/t10k-images-idx3-ubyte"), &images(2, 8));
        bench.write(&format!("{name}/t10k-labels-idx1-ubyte"), &labels(&[1, 0]));
    };
    folder("cut", &images(4, 15));
    folder("long", &images(4, 17));
    folder("short", &images(3, 12));
    folder("other", &[&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 3][..], &[7; 36]].concat());
    folder("one", &images(4, 16));
    bench.write("one/train-labels-idx1-ubyte", &labels(&[3; 4]));
    folder("text", b"<html>not found</html>");
    let data = |name: &str, sentence: &str| check(&bench, &format!("train mnist --data-dir {name}"), DATA, sentence);
    data("cut", "truncated: expected 16 bytes of data, got 15");
    data("long", "too long: expected 16 bytes of data, got 17");
    data("short", "short/train-images-idx3-ubyte and short/train-labels-idx1-ubyte: 3 images but 4 labels");
    let sizes =
        "other/t10k-images-idx3-ubyte: images of 2x2 pixels, but those of other/train-images-idx3-ubyte have 3x3";
    data("other", sizes);
    data("one", "one/train-labels-idx1-ubyte: all rows have the same label 3, at least 2 are needed");
    let magic = "text/train-images-idx3-ubyte: bad magic number 0x3c68746d: an idx file of bytes starts with 0x000008";
    data("text", magic);
}

/// A rate that breaks training: the place is named, and the last good model is what the file holds.
#[test]
fn a_training_that_breaks_down() {
    let bench = Bench::new(&[]);
    let ran = bench.run("train diabetes --optimizer sgd --activation relu --lr 1e30 --out model.bp");
    assert_eq!(ran.code, DATA, "{}", ran.stderr);
    assert!(ran.stderr.contains("in epoch 1, step 2"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the initial model, the last good one, is saved to model.bp"), "{}", ran.stderr);
    assert!(bench.ok("eval model.bp diabetes").contains("RMSE"));
    let after = |words: &str, place: &str, model: &str| {
        let ran = bench.run(&format!("train diabetes --batch 354 --out later.bp {words}"));
        assert_eq!(ran.code, DATA, "{}", ran.stderr);
        assert!(ran.stderr.contains(place), "{words}: {}", ran.stderr);
        let saved = format!("the model after epoch {model}, the last good one, is saved to later.bp");
        assert!(ran.stderr.contains(&saved), "{words}: {}", ran.stderr);
        let verdict = bench.ok("eval later.bp diabetes --json");
        assert!(!verdict.contains("null"), "{words}: {verdict}");
    };
    // Every step multiplies the weights by the rate; the last model is judged like all others.
    let growing = "--optimizer sgd --activation relu --hidden none --lr 1e7";
    after(&format!("{growing} --epochs 50"), "the error became inf in epoch 4, step 1", "2");
    after(&format!("{growing} --epochs 3"), "the error became inf in epoch 3, step 1", "2");
    // All rows in one batch: nothing but the last judgement sees what the only step has done.
    let ran = bench.run("train diabetes --optimizer sgd --activation relu --lr 1e30 --batch 354 --epochs 1 --out 1.bp");
    assert_eq!(ran.code, DATA, "{}", ran.stderr);
    assert!(ran.stderr.contains("in epoch 1, step 1") && ran.stderr.contains("the initial model"), "{}", ran.stderr);
    assert!(bench.ok("eval 1.bp diabetes").contains("RMSE"));
    // A good model is not replaced by an initial one.
    let before = bench.read("model.bp");
    let ran = bench.run("train diabetes --optimizer sgd --activation relu --lr 1e30 --seed 1 --out model.bp");
    assert!(ran.stderr.contains("model.bp is left as it was"), "{}", ran.stderr);
    assert_eq!(bench.read("model.bp"), before);
}

#[test]
fn verify() {
    let bench = Bench::new(&[("net.toml", "[[layer]]\nname = \"out\"\n"), ("bad.toml", "[[layer]]\n")]);
    bench.ok("train iris --epochs 1 --quiet --out iris.bp");
    check(&bench, "verify iris.bp iris --rows 0", USAGE, "--rows is 0, expected at least 1");
    check(&bench, "verify iris.bp iris --resolution -1", USAGE, "unexpected argument");
    check(&bench, "verify iris.bp iris --resolution 0", USAGE, "--resolution is 0, expected a finite number above 0");
    check(&bench, "verify iris.bp iris --dtype f64", USAGE, "--dtype is f64, but the numbers in iris.bp are f32");
    check(
        &bench,
        "verify iris.bp wine",
        DATA,
        "wine does not have the columns of iris.bp: expected 4 input columns, got 13",
    );
    check(&bench, "verify bad.toml iris", DATA, "bad.toml: line 1: missing field `name`");
    check(&bench, "verify no.bp iris", DATA, "cannot read no.bp: ");
}
