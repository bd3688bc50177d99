//! The four commands on good input, as one would use them after another.

mod common;

use common::Bench;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().expect("a line")).expect("JSON")
}

/// Every backend and scalar learns iris, states all that `--json` promises, and a passed gradient check.
#[test]
fn train_states_what_it_did() {
    let bench = Bench::new(&[]);
    for backend in ["faer", "ndarray", "reference"] {
        for dtype in ["f32", "f64"] {
            let words = format!("train iris --epochs 60 --seed 1 --backend {backend} --dtype {dtype} --json");
            let summary = json(&bench.ok(&words));
            for (key, want) in [("dataset", "iris"), ("task", "classify"), ("backend", backend), ("dtype", dtype)] {
                assert_eq!(summary[key], want);
            }
            assert_eq!((&summary["seed"], &summary["epochs"]), (&Value::from(1), &Value::from(60)));
            assert_eq!(summary["n_params"], 4 * 64 + 64 + 64 * 3 + 3);
            for key in ["train_loss", "test_loss", "train_accuracy", "test_accuracy", "seconds"] {
                assert!(summary[key].as_f64().is_some_and(f64::is_finite), "{key}: {summary}");
            }
            assert!(summary["test_accuracy"].as_f64().unwrap() >= 0.9, "{summary}");
            assert_eq!(summary["gradient"]["passed"], true, "{summary}");
        }
    }
    let summary = json(&bench.ok("train diabetes --epochs 5 --json --quiet"));
    for key in ["train_rmse", "test_rmse", "test_r2"] {
        assert!(summary[key].as_f64().is_some(), "{key}: {summary}");
    }
}

/// Every optimiser learns iris, and so does every schedule; what was asked for is stated.
#[test]
fn optimizers_and_schedules() {
    let bench = Bench::new(&[]);
    let train = |words: &str| {
        let summary = json(&bench.ok(&format!("train iris --epochs 60 --quiet --json {words}")));
        assert!(summary["train_loss"].as_f64().is_some_and(|loss| loss < 0.4), "{words}: {summary}");
        summary
    };
    for optimizer in [
        "sgd", "adam", "amsgrad", "adamw", "nadam", "radam", "adamax", "adagrad", "rmsprop", "adadelta", "lion",
        "rprop",
    ] {
        assert_eq!(train(&format!("--optimizer {optimizer}"))["optimizer"], optimizer);
    }
    let plain = train("--lr 0.01")["train_loss"].clone();
    for schedule in
        ["step:20", "exponential:0.95", "cosine:0.1", "cosine-restarts:10,2", "one-cycle", "warmup:5+cosine"]
    {
        let summary = train(&format!("--lr 0.01 --schedule {schedule}"));
        assert_eq!(summary["schedule"], schedule);
        assert_ne!(summary["train_loss"], plain, "{schedule}");
    }
    assert_eq!(train("--lr 0.01 --schedule constant")["train_loss"], plain);
    train("--lr 0.01 --schedule warmup:2+plateau:0.5,3 --clip-value 0.5");
    assert_ne!(train("--lr 0.01 --clip-norm 0.1")["train_loss"], plain);
    assert_eq!(train("--optimizer rmsprop --momentum 0.5")["momentum"], 0.5);
}

/// Every way against overfitting is heard of in the summary and changes what is learned.
#[test]
fn regularization() {
    let bench = Bench::new(&[]);
    let train = |words: &str| json(&bench.ok(&format!("train iris --epochs 12 --lr 0.01 --quiet --json {words}")));
    let plain = train("");
    assert_eq!((&plain["dropout"], &plain["class_weight"]), (&Value::from(0.0), &Value::Null));
    for (words, key, want) in [
        ("--dropout 0.5", "dropout", Value::from(0.5)),
        ("--layer-dropout h1=0.25", "layer_dropout", serde_json::json!([["h1", 0.25]])),
        ("--input-dropout 0.25", "input_dropout", Value::from(0.25)),
        ("--noise 0.5", "noise", Value::from(0.5)),
        ("--l1 0.01", "l1", Value::from(0.01)),
        ("--l2 0.01", "l2", Value::from(0.01)),
        ("--decoupled-decay 0.5", "decoupled_decay", Value::from(0.5)),
        ("--max-norm 0.5", "max_norm", Value::from(0.5)),
        ("--label-smoothing 0.1", "label_smoothing", Value::from(0.1)),
        ("--class-weight 1,5,1", "class_weight", Value::from("1,5,1")),
        ("--accumulate 3", "accumulate", Value::from(3)),
        ("--layer-rate h1=0.1", "layer_rate", serde_json::json!([["h1", 0.1]])),
        ("--freeze h1", "freeze", serde_json::json!(["h1"])),
    ] {
        let summary = train(words);
        assert_eq!(summary[key], want, "{words}");
        assert_ne!(summary["train_loss"], plain["train_loss"], "{words}");
    }
    // Other rows are for validation; the training ends early, and what it keeps is stated.
    let summary = json(&bench.ok("train iris --epochs 500 --lr 0.3 --patience 5 --quiet --json"));
    let number = |key: &str| summary[key].as_u64().unwrap_or_else(|| panic!("{key}: {summary}"));
    assert_eq!((number("n_train"), number("n_validation"), number("n_test")), (108, 12, 30));
    assert!(number("epochs_done") < 500 && number("epochs_done") == number("best_epoch") + 6, "{summary}");
    let text = bench.run("train iris --epochs 9 --patience 2 --validation-fraction 0.2 --class-weight balanced");
    assert!(text.stderr.contains(", class weights balanced, patience 2, "), "{}", text.stderr);
    assert!(text.stdout.contains("best      after epoch "), "{}", text.stdout);
}

/// The same command gives the same file, and other threads do not change it.
#[test]
fn a_seed_decides_everything() {
    let bench = Bench::new(&[]);
    let train = |words: &str, out: &str| bench.ok(&format!("train wine --epochs 5 --quiet {words} --out {out}"));
    train("--seed 3", "a.bp");
    train("--seed 3", "b.bp");
    train("--seed 3 --threads 3", "c.bp");
    train("--seed 4", "d.bp");
    assert_eq!(bench.read("a.bp"), bench.read("b.bp"));
    assert_eq!(bench.read("a.bp"), bench.read("c.bp"));
    assert_ne!(bench.read("a.bp"), bench.read("d.bp"));
}

/// Train, look, judge, predict: a table with a column of text, read back with its columns in another order.
#[test]
fn a_table_from_training_to_answers() {
    let rows: Vec<(u32, &str)> = (0..40).map(|n| (n % 10, ["bee", "fly"][n as usize % 2])).collect();
    let weight = |size: u32, kind: &str| 2 * size + if kind == "bee" { 10 } else { 0 };
    let mut table = String::from("size,kind,weight\n");
    rows.iter().for_each(|(size, kind)| table += &format!("{size},{kind},{}.5\n", weight(*size, kind)));
    let bench = Bench::new(&[("insects.csv", &table), ("new.csv", "kind,colour,size\nfly,red,4\nbee,blue,4\n")]);

    bench.ok("train insects.csv --epochs 400 --dtype f64 --out insects.bp --quiet");
    let info = bench.ok("info insects.bp");
    assert!(info.contains("size, kind (bee, fly) (standardized)"), "{info}");
    let verdict = json(&bench.ok("eval insects.bp insects.csv --json"));
    assert!(verdict["r2"].as_f64().unwrap() > 0.99, "{verdict}");
    assert_eq!(verdict["examples"], 40);

    let answers = bench.ok("predict insects.bp new.csv");
    let mut lines = answers.lines();
    assert_eq!(lines.next(), Some("weight"));
    for kind in ["fly", "bee"] {
        let answer: f64 = lines.next().unwrap().parse().unwrap();
        let want = f64::from(weight(4, kind)) + 0.5;
        assert!((answer - want).abs() < 1.5, "{kind}: {answer}, expected about {want}");
    }
    assert_eq!(bench.ok("predict insects.bp new.csv -o answers.csv"), "");
    assert_eq!(bench.read("answers.csv"), answers.as_bytes());
    assert!(!bench.names().iter().any(|name| name.contains("tmp")), "{:?}", bench.names());
}

#[test]
fn classes_are_answered_by_name_with_probabilities() {
    let bench = Bench::new(&[("two.csv", "5.1,3.5,1.4,0.2\n5.9,3,5.1,1.8\n")]);
    bench.ok("train iris --epochs 100 --quiet --out iris.bp");
    let answers = bench.ok("predict iris.bp two.csv");
    let lines: Vec<Vec<&str>> = answers.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["class", "p(setosa)", "p(versicolor)", "p(virginica)"]);
    assert_eq!((lines[1][0], lines[2][0]), ("setosa", "virginica"));
    for line in &lines[1..] {
        let sum: f64 = line[1..].iter().map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() <= 4.0 * f64::from(f32::EPSILON), "{sum}"); // three roundings and the sum's
    }
}

/// Logistic outputs that learn numbers are judged as numbers.
#[test]
fn a_regression_states_distances() {
    let rows: String = (0..40).map(|n| format!("{n},0.{:02}\n", n * 2 + 1)).collect();
    let net = "[[layer]]\nname = \"out\"\nactivation = \"logistic\"\n";
    let bench = Bench::new(&[("share.csv", &("x,share\n".to_owned() + &rows)), ("net.toml", net)]);
    let summary = json(&bench.ok("train share.csv --net net.toml --epochs 5 --quiet --json --out share.bp"));
    assert_eq!(summary["task"], "regress");
    for key in ["train_rmse", "test_rmse", "train_r2", "test_r2"] {
        assert!(summary[key].as_f64().is_some(), "{key}: {summary}");
    }
    assert!(summary.get("train_accuracy").is_none(), "{summary}");
    let verdict = json(&bench.ok("eval share.bp share.csv --json"));
    assert!(verdict["rmse"].as_f64().is_some() && verdict.get("accuracy").is_none(), "{verdict}");
}

/// `--out` writes through links and into devices; it replaces plain files only.
#[cfg(unix)]
#[test]
fn links_and_devices_are_not_replaced() {
    let bench = Bench::new(&[("models/old.bp", "old"), ("models/two.csv", "1,2,3,4\n5,6,7,8\n")]);
    std::os::unix::fs::symlink("models/old.bp", bench.path("link.bp")).expect("a link");
    bench.ok("train iris --epochs 1 --quiet --out link.bp");
    assert_eq!(bench.names(), ["link.bp", "models"]);
    assert!(std::fs::symlink_metadata(bench.path("link.bp")).expect("the link").is_symlink());
    assert_eq!(bench.read("models/old.bp"), bench.read("link.bp"));
    assert!(bench.ok("info link.bp").contains("softmax"));
    bench.ok("train iris --epochs 1 --quiet --out /dev/null");
    assert!(bench.ok("predict link.bp models/two.csv -o /dev/null").is_empty());
}

/// A network file with a skip connection, a masked and a shared one; it says the same about itself when it is loaded.
#[test]
fn network_files() {
    let net = r#"
[[layer]]
name = "h1"
width = 4
activation = "silu"
from = [{ layer = "input", terms = [[0, 0, 0], [1, 1, 0], [2, 2, 1], [3, 3]] }]

[[layer]]
name = "h2"
width = 4
bias = false
from = ["h1", { layer = "h1", kind = "identity" }, "input"]

[[layer]]
name = "out"
from = ["h2", "input"]
"#;
    let bench = Bench::new(&[("net.toml", net)]);
    let summary = json(&bench.ok("train iris --net net.toml --epochs 200 --json --quiet --out net.bp"));
    assert_eq!(summary["n_params"], (2 + 4) + (16 + 16) + (12 + 12 + 3));
    assert_eq!(summary["gradient"]["passed"], true);
    assert!(summary["train_accuracy"].as_f64().unwrap() >= 0.9, "{summary}");
    let info = json(&bench.ok("info net.bp --json"));
    assert_eq!(info["n_params"], summary["n_params"]);
    assert_eq!(info["layers"][0]["sources"][0]["kind"], "4 terms");
    assert_eq!(info["layers"][1]["bias"], false);
    assert_eq!(info["layers"][1]["sources"][1]["kind"], "identity");
}

#[test]
fn alone_it_tells_a_newcomer_what_to_do() {
    let bench = Bench::new(&[]);
    assert!(bench.ok("").contains("bp train digits"));
    assert!(bench.ok("datasets").contains("breast-cancer"));
    assert!(bench.ok("help train").contains("Classes get softmax outputs"));
}

/// A certificate of a saved model and of a network file, in text and as JSON; the exit code is the verdict.
#[test]
fn verify_certifies_models_and_network_files() {
    let net = "[[layer]]\nname = \"h1\"\nwidth = 6\nactivation = \"gelu\"\n\n[[layer]]\nname = \"out\"\nfrom = [\"h1\", \"input\"]\n";
    let bench = Bench::new(&[("net.toml", net)]);
    bench.ok("train wine --epochs 2 --hidden 5 --dtype f64 --quiet --out wine.bp");
    let report = bench.ok("verify wine.bp wine --rows 3");
    for part in
        ["certificate (f64): PASS, ", "3 examples, faer", "would have seen any fault above", "certified means: "]
    {
        assert!(report.contains(part), "{report}");
    }
    for words in [
        "wine.bp wine",
        "net.toml wine",
        "net.toml diabetes --backend ndarray",
        "net.toml iris --directions 8 --groups 8",
    ] {
        let found = json(&bench.ok(&format!("verify {words} --json")));
        assert_eq!((&found["passed"], &found["verdict"]), (&Value::from(true), &Value::from("PASS")), "{found}");
        assert!(found["resolution"].as_f64().is_some_and(|share| share < 1e-10), "{found}");
    }
    // A network that has learned its rows leaves nothing to resolve in single precision: other targets do.
    bench.ok("train wine --epochs 300 --quiet --weight-decay 0 --out learned.bp");
    let found = json(&bench.ok("verify learned.bp wine --json"));
    assert_eq!((&found["verdict"], &found["targets"]), (&Value::from("PASS"), &Value::from("moved")), "{found}");
    assert_eq!(bench.run("verify learned.bp wine --as-given").code, 1);
    // More than single precision can show: undecided, and said so.
    let ran = bench.run("verify net.toml wine --dtype f32 --resolution 1e-9");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("INCONCLUSIVE (too wide)") && ran.stdout.contains("certify in f64"), "{}", ran.stdout);
    assert!(bench.ok("verify net.toml wine --dtype f32").contains("certificate (f32): PASS"));
}
