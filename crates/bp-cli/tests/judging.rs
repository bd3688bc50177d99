//! `bp eval` with all its figures, and `bp cv`.

mod common;

use common::Bench;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().expect("a line")).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The table fits a terminal, and the JSON object has the same figures and more.
#[test]
fn eval_shows_every_figure() {
    let bench = Bench::new(&[]);
    bench.ok("train wine --epochs 30 --quiet --out wine.bp");
    let text = bench.ok("eval wine.bp wine");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for part in ["precision", "macro average", "log loss", "expected calibration error", "right \\ predicted"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let verdict = json(&bench.ok("eval wine.bp wine --json"));
    let figures = &verdict["metrics"]["figures"];
    assert_eq!(figures["accuracy"], verdict["accuracy"]);
    // The engine's error is computed from logits in f32, the log loss from probabilities.
    assert!((number(&figures["log_loss"]) - number(&verdict["loss"])).abs() < 1e-5, "{verdict}");
    let counts: Vec<u64> = serde_json::from_value(figures["confusion"]["counts"].clone()).unwrap();
    assert_eq!(counts.len(), 9);
    assert_eq!(Some(counts.iter().sum()), verdict["examples"].as_u64());
    let right = counts[0] + counts[4] + counts[8];
    assert!((right as f64 / number(&verdict["examples"]) - number(&verdict["accuracy"])).abs() < 1e-12, "{verdict}");
    assert_eq!(verdict["metrics"]["names"].as_array().map(Vec::len), Some(3));
    assert!(number(&figures["auc"]) > 0.9 && number(&figures["classes"][0]["f1"]) > 0.8, "{verdict}");

    bench.ok("train diabetes --epochs 5 --quiet --out diabetes.bp");
    let text = bench.ok("eval diabetes.bp diabetes");
    assert!(text.contains("MAE") && text.lines().skip(1).all(|line| line.chars().count() <= 80));
    let verdict = json(&bench.ok("eval diabetes.bp diabetes --json"));
    let target = &verdict["metrics"]["figures"]["targets"][0];
    assert!((number(&target["r2"]) - number(&verdict["r2"])).abs() < 1e-9, "{verdict}");
    assert!(number(&target["mae"]) < number(&target["rmse"]), "{verdict}");
}

/// The figures are those of the folds, do not depend on threads, and change with the seed.
#[test]
fn cv_is_the_same_for_any_threads() {
    let bench = Bench::new(&[]);
    let cv = |words: &str| {
        let mut outcome = json(&bench.ok(&format!("cv iris --epochs 5 --folds 3 --repeats 2 --quiet --json {words}")));
        outcome.as_object_mut().unwrap().remove("seconds");
        outcome
    };
    let outcome = cv("--threads 1");
    assert_eq!(outcome, cv("--threads 3"));
    assert_ne!(outcome["scores"], cv("--threads 3 --seed 1")["scores"]);
    let scores = outcome["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 6);
    let mean = scores.iter().map(|score| number(&score["accuracy"])).sum::<f64>() / 6.0;
    assert!((mean - number(&outcome["accuracy"]["mean"])).abs() < 1e-12, "{outcome}");
    assert!(scores.iter().all(|score| (&score["n_train"], &score["n_test"]) == (&100.into(), &50.into())));
    assert_eq!(outcome["stratified"], true);

    let text = bench.ok("cv diabetes --epochs 2 --folds 2 --quiet");
    assert!(text.starts_with("RMSE") && text.contains("R²") && text.contains("over 2 folds"), "{text}");
    let shown = bench.run("cv diabetes --epochs 2 --folds 2 --threads 2");
    assert!(shown.stderr.contains("2 trainings of 10 → 64 tanh → 1 identity"), "{}", shown.stderr);
    assert_eq!(shown.stderr.lines().filter(|line| line.contains("repetition 1, fold")).count(), 2, "{}", shown.stderr);
}

#[test]
fn what_cv_cannot_do_is_said() {
    let bench = Bench::new(&[]);
    let cases = [
        ("cv iris --folds 1", 2, "1 folds of 150 rows, expected 2 folds or more and a row in each"),
        ("cv iris --folds 200", 2, "200 folds of 150 rows, expected 2 folds or more and a row in each"),
        ("cv iris --repeats 0", 2, "0 repetitions of 5 folds, expected at least 1"),
        ("cv iris --out iris.bp", 2, "--out means nothing here: no model is kept, and folds are the test parts"),
        ("cv iris --test-fraction 0.5", 2, "--test-fraction means nothing here"),
        ("cv diabetes --optimizer sgd --lr 1e30 --folds 2 --quiet", 1, "repetition 1, fold 1: "),
    ];
    for (words, code, part) in cases {
        let ran = bench.run(words);
        assert_eq!(ran.code, code, "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{words}: {}", ran.stderr);
    }
    let help = bench.ok("help cv");
    assert!(help.starts_with("Cross-validate") && help.contains("bp cv digits"), "{help}");
}

/// Every flag of `bp cv` changes the scores, or is refused in a sentence, or says nothing about them.
#[test]
fn cv_does_what_every_flag_says() {
    let net = "[[layer]]\nname = \"h\"\nwidth = 3\n\n[[layer]]\nname = \"out\"\n";
    let bench = Bench::new(&[("net.toml", net)]);
    let scores = |words: &str| {
        let common = "cv iris --backend reference --folds 2 --quiet --json --threads 1";
        let ran = bench.run(&format!("{common} {words}"));
        let outcome = serde_json::from_str::<Value>(&ran.stdout).map(|mut all| all["scores"].take());
        (ran.code == 0).then(|| outcome.expect("json")).ok_or(ran.stderr)
    };
    let plain = scores("--epochs 12").expect("scores");
    let changes = "--standardize=no --hidden=5 --net=net.toml --activation=relu --loss=sum-of-squares --init=he-normal \
                   --optimizer=rprop --lr=0.01 --schedule=cosine --clip-norm=0.01 --clip-value=0.001 --momentum=0.5 \
                   --weight-decay=0.5 --batch=7 --reduction=sum --seed=1 --dropout=0.4 --layer-dropout=h1=0.4 \
                   --input-dropout=0.4 --noise=0.5 --l1=0.1 --l2=0.1 --decoupled-decay=0.1 --max-norm=0.1 \
                   --label-smoothing=0.2 --class-weight=1,2,3 --patience=0 --accumulate=2 --data-parallel=3 --layer-rate=h1=0.1 \
                   --freeze=h1 --dtype=f64 --repeats=2";
    for flag in changes.split_whitespace() {
        assert_ne!(scores(&format!("--epochs 12 {flag}")).expect(flag), plain, "{flag} changes nothing");
    }
    assert_ne!(scores("--epochs 11").expect("scores"), plain);
    let momentum = scores("--epochs 12 --momentum 0.5").expect("scores");
    assert_ne!(scores("--epochs 12 --momentum 0.5 --nesterov").expect("scores"), momentum);
    let patience = scores("--epochs 12 --patience 3").expect("scores");
    assert_ne!(scores("--epochs 12 --patience 3 --validation-fraction 0.3").expect("scores"), patience);
    assert_eq!(scores("--epochs 12 --paranoid").as_ref(), Ok(&plain));
    assert_eq!(scores("--epochs 12 --task classify").as_ref(), Ok(&plain));
    let saved = "trainings of a cross-validation are not saved while they go on";
    let refused = [
        ("--data-dir=x", "no files are fetched for iris"),
        ("--target=1", "is for tables"),
        ("--delimiter=;", "is for tables"),
        ("--no-header", "is for tables"),
        ("--skip=1", "is for tables"),
        ("--test-fraction=0.5", "no model is kept, and folds are the test parts"),
        ("--out=iris.bp", "no model is kept, and folds are the test parts"),
        ("--run=demo", "no model is kept, and a run is one training"),
        ("--checkpoint-dir=saved", saved),
        ("--checkpoint-every=5s", saved),
        ("--keep=2", saved),
        ("--resume=saved", saved),
        ("--stream", "the rows of all folds are in memory"),
    ];
    for (flag, sentence) in refused {
        let said = scores(&format!("--epochs 12 {flag}")).unwrap_err();
        assert!(said.contains(sentence) && said.lines().count() == 1, "{flag}: {said}");
    }
    assert_eq!(bench.names(), ["net.toml"], "nothing is written");
    let others = "--help --quiet --json --threads --backend --folds --epochs --paranoid --task --nesterov --validation-fraction \
                  --block";
    let known: Vec<&str> =
        changes.split_whitespace().chain(others.split_whitespace()).chain(refused.map(|of| of.0)).collect();
    let help = bench.ok("cv --help");
    let flags = help.lines().filter_map(|line| line.trim_start().trim_start_matches("-h, ").strip_prefix("--"));
    for flag in flags {
        let name = flag.split([' ', '<', '[', '=']).next().expect("a name");
        let is_known = known.iter().any(|known| known.trim_start_matches("--").split('=').next() == Some(name));
        assert!(is_known, "--{name} is a flag of bp cv that no test has heard of");
    }
}
