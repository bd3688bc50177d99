//! Folders of runs: what is in them, what is refused, and what a training that was broken off leaves.

mod common;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use common::{Bench, Ran};
use serde_json::Value;

/// The lines of a file of JSON Lines.
fn lines(bench: &Bench, name: &str) -> Vec<Value> {
    let text = String::from_utf8(bench.read(name)).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn json(bench: &Bench, name: &str) -> Value {
    serde_json::from_slice(&bench.read(name)).expect(name)
}

/// Tags are closed in order, nothing is asked for elsewhere, and the numbers are there. Returns how many tags opened.
fn check_page(page: &str, numbers: &[&str]) -> usize {
    for resource in ["http://", "https://", "src=", "@import", "url(", "<script"] {
        assert!(!page.contains(resource), "{resource}");
    }
    for number in numbers {
        assert!(page.contains(number), "{number} in {page}");
    }
    let (mut open, mut tags) = (vec![], 0);
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect(part);
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().expect("a name");
        match tag {
            _ if tag.starts_with('!') || tag.ends_with('/') || ["meta", "link"].contains(&name) => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{tag}"),
            _ => {
                open.push(name);
                tags += 1;
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    tags
}

#[test]
fn a_run_has_a_folder() {
    let bench = Bench::new(&[]);
    let stdout =
        bench.ok("train wine --epochs 5 --seed 3 --schedule step:2,0.5 --lr 0.01 --run 'a & b' --out w.bp --quiet");
    let feature = cfg!(feature = "plots");
    let last = stdout.lines().last().expect("a line");
    let ending = if feature { "" } else { ", without pictures: bp was built without --features plots" };
    assert_eq!(last, format!("run kept in runs/a & b; see runs/a & b/report.html{ending}"));
    assert_eq!(bench.read("w.bp"), bench.read("runs/a & b/model.bp"));

    let config = json(&bench, "runs/a & b/config.json");
    assert_eq!((config["seed"].as_u64(), config["version"].as_str()), (Some(3), Some(env!("CARGO_PKG_VERSION"))));
    assert_eq!(config["data"].as_str().map(str::len), Some(64));
    assert_eq!(config["command"][0], "bp");
    let history = lines(&bench, "runs/a & b/history.jsonl");
    assert_eq!(
        history.iter().map(|line| line["epoch"].as_u64()).collect::<Vec<_>>(),
        (1..=5).map(Some).collect::<Vec<_>>()
    );
    // The rate of an epoch's last step.
    assert_eq!(
        history.iter().filter_map(|line| line["rate"].as_f64()).collect::<Vec<_>>(),
        [0.01, 0.01, 0.005, 0.005, 0.0025]
    );
    assert!(
        history.iter().all(|line| line["error"].is_f64() && line["accuracy"].is_f64() && line["unix_time"].is_u64())
    );
    let layers = lines(&bench, "runs/a & b/layers.jsonl");
    assert_eq!(layers.len(), 5);
    let count = |of: &Value| of["counts"].as_array().expect("bins").iter().filter_map(Value::as_u64).sum::<u64>();
    let hidden = &layers[0]["layers"][0];
    assert_eq!((count(&hidden["a"]), count(&hidden["z"])), (64 * 64, 64 * 64));
    assert_eq!(count(&hidden["gradient"]) + hidden["gradient"]["zeros"].as_u64().expect("a count"), 13 * 64 + 64);
    let results = json(&bench, "runs/a & b/results.json");
    assert_eq!(results["test_accuracy"], history[4]["accuracy"]);
    assert!(results.get("seconds").is_none());
    let figures = json(&bench, "runs/a & b/figures.json");
    assert_eq!(figures["roc"].as_array().map(Vec::len), Some(3));

    let page = String::from_utf8(bench.read("runs/a & b/report.html")).expect("text");
    let accuracy = format!("<td>{:.6}</td>", results["test_accuracy"].as_f64().expect("a share"));
    let sha = config["data"].as_str().expect("text");
    let tags = check_page(&page, &[&accuracy, sha, "gradient PASS: ", "'--run=a &amp; b'", "--lr=0.01"]);
    assert!(tags > 50, "{tags}");
    assert_eq!(page.contains("--features plots"), !feature);
    assert_eq!(page.matches("<svg ").count() > 3, feature);

    // The same again gives the same files, clock values apart, which are in the history alone.
    bench.ok("train wine --epochs 5 --seed 3 --schedule step:2,0.5 --lr 0.01 --run other/twin --quiet");
    for name in ["model.bp", "results.json", "figures.json", "layers.jsonl"] {
        let (one, two) = (bench.read(&format!("runs/a & b/{name}")), bench.read(&format!("other/twin/{name}")));
        let (one, two) = (String::from_utf8_lossy(&one), String::from_utf8_lossy(&two));
        assert_eq!(one.replace("\"w.bp\"", "null"), two, "{name}");
    }
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let bench = Bench::new(&[("runs/old/note.txt", "mine"), ("plain", "a file"), ("runs/odd/config.json", "{")]);
    let check = |words: &str, sentence: &str| {
        let Ran { code, stdout, stderr } = bench.run(words);
        assert_eq!((code, stdout.as_str(), stderr.trim_end()), (1, "", &*format!("error: {sentence}")), "{words}");
    };
    let there = "there is a run or something else already; choose another --run or take it away";
    check("train iris --run old", &format!("runs/old: {there}"));
    check("train iris --run ./plain", &format!("./plain: {there}"));
    check("plot nowhere", "runs/nowhere: no run is here: there is no config.json, which `bp train --run` writes");
    let wrong = "cannot be read as part of a run: EOF while parsing an object at line 1 column 1";
    check("plot odd", &format!("runs/odd/config.json: {wrong}"));
    assert_eq!(bench.names(), ["plain", "runs"]);
    assert_eq!(bench.read("runs/old/note.txt"), b"mine");
    let Ran { code, stderr, .. } = bench.run("train iris --run plain/x");
    assert!(code == 1 && stderr.contains("error: cannot write plain/x: "), "{stderr}");
}

/// An error that becomes infinite ends a training; a program that is killed ends anywhere. What was said before is kept.
#[test]
fn what_is_broken_off_can_be_read() {
    let bench = Bench::new(&[]);
    let Ran { code, stderr, .. } = bench.run(
        "train wine --optimizer sgd --lr 1e6 --activation relu --schedule warmup:20 --epochs 50 --run far --quiet",
    );
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("the history and the model so far are kept in runs/far\n"), "{stderr}");
    bench.ok("info runs/far/model.bp");

    let mut child =
        bench.command("train iris --epochs 1000000000 --run killed").stderr(Stdio::piped()).spawn().expect("a start");
    let said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let first = said.map(|line| line.expect("text")).find(|line| line.starts_with("epoch "));
    child.kill().expect("a child");
    child.wait().expect("an end");
    assert!(first.is_some_and(|line| line.contains("epoch          1/")));
    let text = String::from_utf8(bench.read("runs/killed/history.jsonl")).expect("text");
    let first = text.lines().next().expect("a line that was written before it was told of");
    let first: Value = serde_json::from_str(first).expect("JSON");
    assert_eq!(first["epoch"], 1);
    let ran = bench.run("plot killed -o killed.svg");
    match cfg!(feature = "plots") {
        true => assert_eq!((ran.code, ran.stdout.as_str()), (0, "the curves of 1 run are in killed.svg\n")),
        false => assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (2, "error: bp was built without pictures; build it with --features plots\n")
        ),
    }
}

/// A training that lost its last checkpoints does some epochs again; each has one line, with the same figures.
#[test]
fn checkpoints_stand_in_the_folder_of_the_run() {
    let bench = Bench::new(&[]);
    let said = "train wine --epochs 9 --lr 0.01 --test-fraction 0.5 --schedule plateau:0.5,1 --quiet";
    bench.ok(&format!("{said} --run whole"));
    bench.ok(&format!("{said} --run saved --checkpoint-every 1epochs --keep 9"));
    let names = std::fs::read_dir(bench.path("runs/saved/checkpoints")).expect("a folder");
    let mut names: Vec<_> = names.map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    assert!(names.len() > 5, "{names:?}");
    names[4..].iter().for_each(|path| std::fs::remove_file(path).expect("a file of ours"));
    bench.ok("train --resume runs/saved/checkpoints --quiet");
    let figures = |name: &str| {
        let mut all = lines(&bench, &format!("runs/{name}/history.jsonl"));
        for line in &mut all {
            let line = line.as_object_mut().expect("an object");
            line.retain(|key, _| key != "seconds" && key != "unix_time");
        }
        all
    };
    assert_eq!(figures("saved"), figures("whole"));
    assert_eq!(figures("whole").len(), 9);
    assert_eq!(bench.read("runs/saved/model.bp"), bench.read("runs/whole/model.bp"));
    assert_eq!(bench.read("runs/saved/layers.jsonl"), bench.read("runs/whole/layers.jsonl"));
}

/// What a picture is drawn from is there without the feature; with it, each row is one dot.
#[test]
fn each_task_has_its_pictures() {
    let table: String = (0..40).map(|n| format!("{n},{}\n", n * n)).collect();
    let bench = Bench::new(&[("square.csv", &format!("x,y\n{table}"))]);
    let check = |words: &str, run: &str, key: &str, picture: &str, dots: usize| {
        bench.ok(&format!("train {words} --epochs 2 --quiet --run {run}"));
        let figures = json(&bench, &format!("runs/{run}/figures.json"));
        assert!(figures[key].is_object(), "{figures}");
        let path = bench.path(&format!("runs/{run}/{picture}.svg"));
        assert_eq!(path.exists(), cfg!(feature = "plots"));
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(before.matches("<circle").count(), if cfg!(feature = "plots") { dots } else { 0 });
        // Drawn again, from the folder alone.
        let _ = std::fs::remove_file(&path);
        bench.ok(&format!("plot {run}"));
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), before);
    };
    check("spirals --hidden 3", "plane", "boundary", "boundary", 38);
    check("square.csv --task regress", "line", "fit", "fit", 8);
    check("digits --hidden 5", "image", "weights", "weights", 0);
    check("iris", "rows", "confusion", "confusion", 0);
    assert!(json(&bench, "runs/rows/figures.json")["boundary"].is_null());
}

/// Runs that differ in their seed alone are one line with a band; another network is another line.
#[test]
#[cfg(feature = "plots")]
fn runs_are_compared() {
    let bench = Bench::new(&[]);
    for (run, rest) in [("a", "--seed 1"), ("b", "--seed 2"), ("c", "--seed 3"), ("wide", "--hidden 90")] {
        bench.ok(&format!("train iris --epochs 3 --quiet --run {run} {rest}"));
    }
    let check = |runs: &str, lines: usize, bands: usize| {
        bench.ok(&format!("plot {runs} -o out.svg"));
        let svg = String::from_utf8(bench.read("out.svg")).expect("text");
        // A thick line is a curve; a legend tells several apart.
        let found = (svg.matches("stroke-width=\"2\"").count(), svg.matches("<polygon").count());
        assert_eq!(found, (lines, bands), "{svg}");
        assert_eq!(svg.contains("a and 2 more"), bands == 1 && lines > 1);
    };
    check("a b c", 1, 1);
    check("a wide", 2, 0);
    check("a b wide c", 2, 1);
}
