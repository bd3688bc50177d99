//! `bp data`: a public data set from a folder to answers, and what a user reads when something is wrong.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use common::{Bench, Ran, iris_data};

fn failed(ran: &Ran, code: i32, sentence: &str) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("error: {sentence}")), "expected `{sentence}`, got\n{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn from_a_folder_to_answers() {
    let bench = Bench::new(&[("disk/iris.data", &iris_data())]);
    let missing = "cache/iris-uci: neither `iris.data` nor `iris.data.gz` is here; get iris-uci by `bp data fetch \
                   iris-uci`, without internet by `bp data fetch iris-uci --from FOLDER`";
    let ran = bench.run("train iris-uci");
    assert!(ran.code == 1 && ran.stderr.contains(missing), "{}", ran.stderr);

    let said = bench.ok("data fetch iris-uci --from disk");
    assert!(said.ends_with("cache/iris-uci/iris.data: right, and in its place\n"), "{said}");
    assert!(bench.ok("data fetch iris-uci --from disk").ends_with("iris.data: right, and there already\n"));
    assert!(bench.ok("data list").contains("3 classes; here\n"));
    let verdict = bench.ok("data verify");
    assert!(verdict.contains("iris.data: ok\n1 right, 0 wrong, 22 not here\n"), "{verdict}");

    bench.ok("train iris-uci --epochs 60 --quiet --out iris.bp");
    assert!(bench.ok("eval iris.bp iris-uci").contains("test part of seed 0: accuracy 9"));
    let all = bench.ok("predict iris.bp iris-uci");
    assert_eq!(all.lines().count(), 151);
    assert!(all.lines().nth(1).is_some_and(|line| line.starts_with("Iris-setosa,")), "{all}");
    assert!(all.lines().last().is_some_and(|line| line.starts_with("Iris-virginica,")), "{all}");
    assert_eq!(bench.ok("predict iris.bp iris-uci --part test").lines().count(), 31);
    assert_eq!(bench.ok("predict iris.bp iris-uci --part train --test-fraction 0.5").lines().count(), 76);
    let other = "iris does not have the columns of iris.bp: expected the classes Iris-setosa";
    failed(&bench.run("predict iris.bp iris"), 1, other);
    failed(&bench.run("predict iris.bp disk/iris.data --part test"), 2, "--part is for data sets known by name, but");

    // Elsewhere, and by its path alone.
    bench.ok("data fetch iris-uci --from cache --to own --quiet");
    bench.ok("train iris-uci --data-dir own --epochs 1 --quiet");
    assert_eq!(bench.ok("data path").trim_end(), bench.path("cache").display().to_string());
    // What is wrong afterwards is seen, and put right.
    bench.write("cache/iris-uci/iris.data", &iris_data().into_bytes()[1..]);
    let ran = bench.run("data verify");
    failed(&ran, 1, &format!("1 file in {} is not what it should be", bench.path("cache").display()));
    assert!(ran.stdout.contains("iris.data: wrong: expected 4551 bytes with sha-256 6f608b"), "{}", ran.stdout);
    assert!(bench.ok("data fetch iris-uci --from disk").ends_with("right, and in its place\n"));
}

#[test]
fn names_and_folders_that_are_not_right() {
    let bench = Bench::new(&[("disk/wine.data", "not wine")]);
    let names = "unknown data set `abalon`, did you mean `abalone`? known: iris, digits, ";
    failed(&bench.run("data fetch sonar abalon"), 1, names);
    failed(&bench.run("data list wdbc"), 1, "unknown data set `wdbc`, did you mean `breast-cancer-wdbc`? known: ");
    failed(
        &bench.run("data fetch wine-uci --from disk"),
        1,
        "cannot get `wine.data` of wine-uci: disk/wine.data: truncated: expected 10782 bytes, got 8",
    );
    failed(
        &bench.run("data fetch mnist --from disk"),
        1,
        "cannot get `train-images-idx3-ubyte.gz` of mnist: disk does not have it, nor has a folder mnist in it",
    );
    failed(&bench.run("data fetch mnist --from nowhere"), 1, "nowhere: no such folder");
    failed(&bench.run("data verify nowhere"), 1, "nowhere: no such file");
    failed(&bench.run("data verify disk"), 1, "1 file in disk is not what it should be");
    failed(&bench.run("data verify own"), 1, "own: no such file");
    assert!(bench.ok("data fetch iris").contains("iris: part of this program, there is nothing to fetch"));
    let about = bench.ok("data list energy");
    assert!(about.contains("no checksum is published, so rows and columns are checked"), "{about}");
    assert!(about.contains("target    heating load") && about.contains("licence   CC BY 4.0"), "{about}");
    let list = bench.ok("data list");
    // Said of energy, concrete and power-plant alone.
    assert_eq!(
        list.split_whitespace().collect::<Vec<_>>().join(" ").matches("no checksum is published").count(),
        3,
        "{list}"
    );
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    assert!(bench.ok("data list california-housing").contains("cal_housing.tgz, 441963 bytes, sha-256 aaa5c9a6"));
    assert!(bench.ok("data list iris").starts_with("iris: iris flowers, 150 rows"));
}

/// A proxy that lets nobody through: it is asked, nothing else is, and the message says how to go on.
#[cfg(feature = "download")]
#[test]
fn without_internet() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", proxy.local_addr().expect("its address"));
    let asked = thread::spawn(move || {
        let ask = |_| {
            let (mut stream, _) = proxy.accept().expect("somebody");
            let mut request = BufReader::new(stream.try_clone().expect("two ends"));
            let (mut first, mut line) = (String::new(), String::new());
            request.read_line(&mut first).expect("a request");
            while request.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n").expect("an answer");
            first
        };
        (0..2).map(ask).collect::<Vec<_>>()
    });
    let bench = Bench::new(&[]);
    let mut variables: Vec<(&str, &str)> =
        ["ALL_PROXY", "all_proxy", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"]
            .map(|name| (name, ""))
            .into();
    variables.push(("HTTPS_PROXY", &address));
    let ran = bench.run_with("data fetch abalone", &variables);
    failed(&ran, 1, "cannot get `abalone.data` of abalone: https://archive.ics.uci.edu/");
    let hint = "; without internet, put the files into a folder and say `bp data fetch abalone --from FOLDER`\n";
    assert!(ran.stderr.ends_with(hint), "{}", ran.stderr);
    let asked = asked.join().expect("both addresses");
    assert!(asked[0].starts_with("CONNECT archive.ics.uci.edu:443 "), "{asked:?}");
    assert!(asked[1].starts_with("CONNECT web.archive.org:443 "), "{asked:?}");
    assert!(!bench.path("cache/abalone/abalone.data").exists());

    variables.push(("SSL_CERT_FILE", "no/such.pem"));
    let ran = bench.run_with("data fetch abalone", &variables);
    failed(&ran, 1, "SSL_CERT_FILE: cannot read no/such.pem: ");
}

#[test]
fn shells_and_manual_pages() {
    let bench = Bench::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = bench.ok(&format!("completions {shell}"));
        assert!(script.contains("predict") && script.contains("standardize"), "{shell}");
    }
    bench.ok("man pages/man1");
    let page = String::from_utf8(bench.read("pages/man1/bp-data-fetch.1")).expect("text");
    assert!(page.contains(".TH") && page.contains("no network"), "{page}");
    assert!(bench.path("pages/man1/bp-train.1").exists());
    assert_eq!(bench.names(), ["pages"]);
    let help = bench.ok("help");
    assert!(help.contains("Examples:\n  bp train digits"), "{help}");
    failed(&bench.run("trian digits"), 2, "unrecognized subcommand 'trian'");
    assert!(bench.run("trian digits").stderr.contains("a similar subcommand exists: 'train'"));
}
