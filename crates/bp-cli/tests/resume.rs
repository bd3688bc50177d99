//! Trainings that are saved while they go on: broken off, gone on with, refused.

mod common;

use std::fs;

use common::{Bench, Ran};

/// The files of a folder of checkpoints, the oldest first.
fn steps(bench: &Bench, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(bench.path(folder)).expect("the folder");
    let names = entries.map(|e| e.expect("an entry").file_name().into_string().expect("a name of ours"));
    let mut names: Vec<_> = names.filter(|name| name.starts_with("step-")).collect();
    names.sort();
    names
}

/// A training that lost its last files goes on from an earlier one to the same model, and needs no word but the folder.
#[test]
fn goes_on_to_the_same_file() {
    let bench = Bench::new(&[]);
    let train = "train wine --epochs 6 --seed 3 --schedule cosine --dtype f64 --quiet";
    bench.ok(&format!("{train} --out whole.bp"));
    bench.ok(&format!("{train} --out saved.bp --checkpoint-dir run --checkpoint-every 7steps --keep 9"));
    assert_eq!(bench.read("saved.bp"), bench.read("whole.bp"));
    let all = steps(&bench, "run");
    assert_eq!(all[..2], ["step-000000000007.bp", "step-000000000014.bp"]);
    all[2..].iter().for_each(|name| fs::remove_file(bench.path("run").join(name)).expect("a file of ours"));
    bench.write("run/step-000000000014.bp", b"damaged");
    fs::remove_file(bench.path("saved.bp")).expect("a file of ours");

    let Ran { code, stderr, .. } = bench.run("train --resume run");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(bench.read("saved.bp"), bench.read("whole.bp"));
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(lines.contains(&"going on with the training in run, after 14 steps"), "{stderr}");
    let warning = "warning: checkpoint passed over: run/step-000000000014.bp: not a bp file: ";
    assert!(lines.iter().any(|line| line.starts_with(warning)), "{stderr}");
    assert_eq!(steps(&bench, "run"), all);

    // What the result does not depend on may be another, and what is the same may be said again.
    bench.ok("train wine --resume run --seed 3 --threads 3 --keep 1 --checkpoint-every 1epoch --out again.bp --quiet");
    assert_eq!(bench.read("again.bp"), bench.read("whole.bp"));
    assert_eq!(bench.names(), ["again.bp", "run", "saved.bp", "whole.bp"]);
}

/// Early stopping counts its epochs and keeps its best weights over a break, wherever it falls: before the best epoch,
/// while patience runs, and after the last step; with dropout and two threads.
#[test]
fn stops_early_at_the_same_epoch() {
    let bench = Bench::new(&[]);
    let train =
        "train wine --epochs 60 --lr 0.02 --patience 1 --dropout 0.3 --seed 3 --schedule cosine --threads 2 --quiet";
    let json = |words: &str| {
        let summary: serde_json::Value = serde_json::from_str(&bench.ok(&format!("{words} --json"))).expect("JSON");
        ["epochs_done", "best_epoch", "n_validation"].map(|key| summary[key].as_u64().expect(key))
    };
    let whole = json(&format!("{train} --out whole.bp"));
    let [done, best, _] = whole;
    assert!(best < done && done < 60, "{whole:?}: this is to stop early, after its best epoch");
    assert_eq!(
        json(&format!("{train} --out saved.bp --checkpoint-dir run --checkpoint-every 4steps --keep 99")),
        whole
    );
    assert_eq!(bench.read("saved.bp"), bench.read("whole.bp"));
    let mut all = steps(&bench, "run");
    while let Some(last) = all.pop() {
        fs::remove_file(bench.path("saved.bp")).expect("a file of ours");
        assert_eq!(json("train --resume run --quiet --checkpoint-every 1000epochs"), whole, "{last} is the last one");
        assert_eq!(bench.read("saved.bp"), bench.read("whole.bp"), "{last} is the last one");
        // The end is saved anew; every third checkpoint is enough.
        all.truncate(all.len().saturating_sub(2));
        let is_left = |name: &String| all.contains(name);
        for name in steps(&bench, "run").iter().filter(|name| !is_left(name)) {
            fs::remove_file(bench.path("run").join(name)).expect("a file of ours");
        }
    }
}

/// One sentence each, and nothing is written.
#[test]
fn what_does_not_go_together_is_refused() {
    let table =
        |last: &str| format!("x,y\n{}{last}\n", (0..30).map(|n| format!("{n},{}\n", 2 * n)).collect::<String>());
    let bench = Bench::new(&[("line.csv", &table("30,60"))]);
    bench.ok("train line.csv --task regress --epochs 3 --lr 0.01 --checkpoint-dir run --quiet");
    let before = steps(&bench, "run");
    let check = |words: &str, code: i32, sentence: &str| {
        let ran = bench.run(words);
        let last = ran.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert_eq!((ran.code, &last[..last.len().min(7 + sentence.len())]), (code, &*format!("error: {sentence}")));
        assert_eq!(ran.stdout, "");
        assert_eq!(steps(&bench, "run"), before);
    };
    check("train --resume run --lr 0.5", 1, "run: --lr is 0.5, but its training was begun with 0.01");
    check("train --resume run --seed 5", 1, "run: --seed is 5, but its training was begun without it");
    check(
        "train --resume run --backend ndarray",
        1,
        "run: --backend is ndarray, but its training was begun without it",
    );
    check(
        "train --resume run --momentum 0.5 --nesterov",
        1,
        "run: --momentum is 0.5, but its training was begun without it",
    );
    check("train --resume walk", 1, "walk: there is no checkpoint");
    check("train iris --checkpoint-dir run", 1, "run: a training of ");
    check("train --resume line.csv", 1, "cannot read line.csv: ");
    check("train iris --keep 2", 2, "--keep means nothing without --checkpoint-dir, --run or --resume");
    check(
        "train iris --checkpoint-every 5s",
        2,
        "--checkpoint-every means nothing without --checkpoint-dir, --run or --resume",
    );
    check(
        "train iris --checkpoint-dir run --resume run",
        2,
        "the argument '--checkpoint-dir <DIR>' cannot be used with",
    );
    check(
        "train iris --checkpoint-dir walk --checkpoint-every 5",
        2,
        "invalid value '5' for '--checkpoint-every <EVERY>': `5` has no unit",
    );
    check("train iris --checkpoint-dir walk --keep 0", 2, "invalid value '0' for '--keep <K>'");
    check("train", 2, "the following required arguments were not provided");
    bench.write("line.csv", table("30,61").as_bytes());
    check("train --resume run", 1, "the SHA-256 of the training data is ");
    bench.write("line.csv", table("30,60").as_bytes());
    bench.ok("train --resume run --quiet");
}

/// What a signal does; `kill` sends it.
#[cfg(unix)]
mod signals {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Starts what would go on for years, and waits for a line that starts with some text.
    fn start(bench: &Bench, words: &str, line: &str) -> (Child, BufReader<impl Read + use<>>) {
        let mut child = bench.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a start");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        while !said.lines().last().is_some_and(|last| last.starts_with(line)) {
            assert_ne!(stderr.read_line(&mut said).expect("text"), 0, "{said}");
        }
        (child, stderr)
    }

    fn send(signal: &str, child: &Child) {
        let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("a program `kill`");
        assert!(status.success(), "{signal}");
    }

    /// The exit code, and what was said after the signal.
    fn end((mut child, mut stderr): (Child, BufReader<impl Read>), signal: &str) -> (Option<i32>, String) {
        send(signal, &child);
        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("text");
        let mut stdout = String::new();
        child.stdout.take().expect("a pipe").read_to_string(&mut stdout).expect("text");
        assert_eq!(stdout, "");
        (child.wait().expect("an end").code(), said)
    }

    const YEARS: &str = "train iris --epochs 1000000000";

    #[test]
    fn ctrl_c_saves_and_says_how_to_go_on() {
        let bench = Bench::new(&[]);
        let far = "--checkpoint-every 1000000000epochs";
        let first = start(&bench, &format!("{YEARS} --checkpoint-dir run {far} --out iris.bp"), "epoch ");
        let (code, said) = end(first, "-INT");
        assert_eq!(code, Some(130), "{said}");
        assert!(said.contains("interrupted ") && said.ends_with("; go on with: bp train --resume run\n"), "{said}");
        let [saved] = &steps(&bench, "run")[..] else { panic!("one checkpoint") };

        let second = start(&bench, "train --resume run", "going on with the training in run, after ");
        let (code, said) = end(second, "-TERM");
        assert_eq!(code, Some(130), "{said}");
        let after = steps(&bench, "run");
        assert!(after.last() > Some(saved), "{saved}, {after:?}");
        // The model is written when the training is done.
        assert!(!bench.path("iris.bp").exists());
    }

    #[test]
    fn without_a_folder_the_model_is_saved() {
        let bench = Bench::new(&[]);
        let (code, said) = end(start(&bench, &format!("{YEARS} --out iris.bp"), "epoch "), "-INT");
        assert_eq!(code, Some(130), "{said}");
        assert!(said.contains("; the model so far is saved to iris.bp (--checkpoint-dir would keep"), "{said}");
        bench.ok("eval iris.bp iris");
        let (code, said) = end(start(&bench, YEARS, "epoch "), "-INT");
        assert_eq!(code, Some(130), "{said}");
        assert!(
            said.contains("; nothing is saved (--checkpoint-dir would keep the training, --out the model)"),
            "{said}"
        );
    }

    /// A step of many seconds, in the middle of which a second signal ends the program.
    #[test]
    fn a_second_signal_ends_at_once() {
        let bench = Bench::new(&[]);
        let slow = "train digits --backend reference --hidden 2048,2048 --batch 1438 --checkpoint-dir run";
        let (mut child, mut stderr) = start(&bench, slow, "training: ");
        while child.try_wait().expect("a child").is_none() {
            send("-INT", &child);
        }
        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("text");
        assert_eq!((child.wait().expect("an end").code(), said.as_str()), (Some(130), ""));
        // Not even a checkpoint, if there was time to make the folder.
        assert!(!bench.path("run").exists() || steps(&bench, "run").is_empty());
    }
}
