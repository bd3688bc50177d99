//! `bp train --stream`: the same model as from memory where one block holds everything, and sentences for what does not
//! go with it.

mod common;

use std::fmt::Write;

use common::{Bench, Ran};

/// `rows` rows of two numbers, a text and a target.
fn table(rows: usize, target: impl Fn(usize) -> String) -> String {
    (0..rows).fold("a,b,kind,target\n".into(), |mut text, n| {
        let (a, b) = ((n * 37 % 101) as f64 / 10.0, (n * 53 % 89) as f64);
        writeln!(text, "{a},{b},{},{}", ["x", "y"][n % 2], target(n)).expect("a string");
        text
    })
}

fn failed(ran: &Ran, code: i32, sentence: &str) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(ran.stderr.contains(sentence), "expected `{sentence}`, got\n{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn one_block_makes_the_model_that_memory_makes() {
    let value = table(150, |n| format!("{}.25", n * n % 97));
    let class = table(150, |n| ["no", "yes", "perhaps"][n * n % 3].into());
    let bench = Bench::new(&[("value.csv", &value), ("class.csv", &class.replace('\n', "\r\n"))]);
    for (data, words) in [
        ("value.csv", "--dropout 0.1 --schedule cosine --batch 16"),
        ("value.csv", "--standardize yes --dtype f64 --backend reference --target b --task regress"),
        ("class.csv", "--class-weight balanced --label-smoothing 0.1 --threads 2"),
        ("class.csv", "--target kind --standardize no --accumulate 2"),
    ] {
        let common = format!("train {data} {words} --test-fraction 0 --epochs 3 --quiet --json");
        let [memory, stream] = ["--out memory.bp", "--stream --out stream.bp"].map(|how| {
            let mut outcome: serde_json::Value =
                serde_json::from_str(&bench.ok(&format!("{common} {how}"))).expect("json");
            for changing in ["out", "seconds", "examples_per_second"] {
                outcome[changing].take();
            }
            outcome
        });
        assert_eq!(memory, stream, "{common}");
        assert!(bench.read("memory.bp") == bench.read("stream.bp"), "{common}");
    }
}

#[test]
fn blocks_parts_and_a_folder() {
    let text = table(400, |n| format!("{}.5", n % 50));
    let bench = Bench::new(&[("t.csv", &text)]);
    let (head, rows) = text.split_once('\n').expect("a header");
    let lines: Vec<&str> = rows.lines().collect();
    let part = |lines: &[&str]| format!("{head}\n{}\n", lines.join("\n"));
    bench.write("parts/2.csv", part(&lines[170..]).as_bytes());
    bench.write("parts/1.csv", part(&lines[..170]).as_bytes());
    bench.write("parts/notes.txt", b"nothing");
    let words = "--stream --block 64 --epochs 4 --patience 2 --validation-fraction 0.25 --threads";
    let ran = bench.run(&format!("train t.csv {words} 1 --out one.bp"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("240 rows for training, 80 for testing"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("reading: 7 blocks of up to 64 rows, one of them in memory at a time"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("epoch 4/4  error"), "{}", ran.stderr);
    assert!(ran.stdout.contains("by the error on 80 rows"), "{}", ran.stdout);
    bench.ok(&format!("train t.csv {words} 3 --out two.bp --quiet"));
    assert!(bench.read("one.bp") == bench.read("two.bp"));
    bench.ok("train parts/ --stream --block 100 --epochs 2 --test-fraction 0 --quiet --out parts.bp");
    assert!(bench.ok("eval parts.bp t.csv --test-fraction 0").contains("400 rows"));

    // Stopped and gone on with.
    let words = "--stream --block 64 --epochs 4 --quiet --out";
    bench.ok(&format!("train t.csv {words} whole.bp"));
    bench.ok(&format!("train t.csv {words} saved.bp --checkpoint-dir saved --checkpoint-every 3steps --keep 5"));
    assert!(bench.read("whole.bp") == bench.read("saved.bp"));
    for newest in bench_newest(&bench, "saved", 3) {
        std::fs::remove_file(newest).expect("a checkpoint");
    }
    bench.ok("train --resume saved --quiet --out again.bp");
    assert!(bench.read("whole.bp") == bench.read("again.bp"));
    bench.write("t.csv", text.replace("49.5", "48.5").as_bytes());
    for newest in bench_newest(&bench, "saved", 1) {
        std::fs::remove_file(newest).expect("a checkpoint");
    }
    failed(&bench.run("train --resume saved --quiet --out again.bp"), 1, "the SHA-256 of the training data");
}

/// The newest checkpoints of a folder.
fn bench_newest(bench: &Bench, folder: &str, n: usize) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(bench.path(folder)).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "bpc") || path.to_string_lossy().contains("step"));
    paths.sort();
    assert!(paths.len() > n, "{paths:?}");
    paths.split_off(paths.len() - n)
}

#[test]
fn what_does_not_go_with_it() {
    let good = table(40, |n| format!("{n}.5"));
    let bad = good.replace(",12.5\n", ",?\n");
    let minus = good.replace(",12.5\n", ",-12.5\n");
    let bench = Bench::new(&[("t.csv", &good), ("minus.csv", &minus), ("bad.csv", &bad), ("empty/readme", "")]);
    bench.write("t.csv.gz", &[0x1f, 0x8b, 8, 0]);
    for (words, code, sentence) in [
        ("iris --stream", 2, "--stream is for tables on disk, but iris is a data set known by name"),
        ("t.csv --stream --run demo", 2, "--run does not go with --stream: its pictures are made of rows in memory"),
        ("t.csv --stream --block 0", 2, "--block is 0, expected at least 1"),
        ("t.csv --block 5", 2, "--stream"),
        ("t.csv --stream --data-dir x", 2, "--data-dir means nothing here"),
        ("t.csv --stream --test-fraction 1", 2, "--test-fraction is 1, expected a number from 0 to below 1"),
        ("no.csv --stream", 1, "no.csv: no such file"),
        ("empty/ --stream", 1, "no .csv file is in this folder"),
        ("t.csv.gz --stream", 1, "t.csv.gz: is gzip, of which blocks cannot be read by themselves; unpack it first"),
        ("minus.csv --stream --loss poisson", 1, "loss poisson needs targets of at least 0, but one is -12.5"),
        ("t.csv --stream --batch 41 --test-fraction 0", 1, "a batch of 41 rows was asked for, but t.csv has 40"),
    ] {
        failed(&bench.run(&format!("train {words} --quiet")), code, sentence);
    }
    failed(&bench.run("train bad.csv --stream"), 1, "bad.csv: line 14, column 4 (target): missing value `?`");
}
