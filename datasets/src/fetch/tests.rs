//! Downloads from a server on the loopback interface that lies in every way we could think of.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::fetched::Progress;
use crate::manifest::Shape;
use crate::verify::digest;

mod packed;
mod ranges;

const CONTENT: &[u8] = b"5.1,3.5,1.4,0.2,Iris-setosa\n";
const PATIENCE: Patience =
    Patience { silence: Duration::from_millis(200), span: Duration::from_secs(60), bytes: 1 << 16 };

/// A server on the loopback interface; what it does with a request, given its head, is up to the test. Its thread
/// ends with the test program.
fn server(serve: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = String::new();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            while request.read_line(&mut head).is_ok_and(|n| n > 2) {}
            // A client that hangs up early, at the first byte too many, is not the server's concern.
            let _ = serve(&head.to_lowercase(), &mut stream);
        }
    });
    url
}

/// A server that says the same to everybody.
fn says(answer: Vec<u8>) -> String {
    server(move |_, stream| stream.write_all(&answer))
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n").as_bytes(), body].concat()
}

fn whole(body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("Content-Length: {}\r\n", body.len()), body)
}

fn good() -> String {
    says(whole(CONTENT))
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/file", listener.local_addr().unwrap())
}

fn sha256(bytes: &[u8]) -> String {
    digest(bytes).unwrap().1
}

fn file(urls: Vec<String>) -> ManifestFile {
    let (bytes, sha256) = digest(CONTENT).unwrap();
    ManifestFile { name: "iris.data".into(), bytes, sha256: Some(sha256), urls, archive: None }
}

fn set_of(file: ManifestFile) -> ManifestDataset {
    ManifestDataset {
        name: "iris-uci".into(),
        about: String::new(),
        license: String::new(),
        citation: String::new(),
        shape: Shape { rows: 1, test_rows: 0, inputs: 4, classes: 3 },
        classes: Vec::new(),
        table: None,
        files: vec![file],
    }
}

fn entry(urls: Vec<String>) -> ManifestDataset {
    set_of(file(urls))
}

/// An agent that no proxy variable leads away from the loopback interface.
fn agent() -> Agent {
    let silence = Some(PATIENCE.silence);
    let config = Agent::config_builder().proxy(None).timeout_recv_response(silence).timeout_per_read(silence);
    config.accept_encoding("identity").build().new_agent()
}

fn run(set: &ManifestDataset, dir: &Path) -> Result<Vec<Fetched>, FetchError> {
    fetch_by(&agent(), set, dir, &PATIENCE, |_| ())
}

/// Everything in a folder but its lock.
fn names_in(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".bp-lock").collect();
    names.sort();
    names
}

/// The only address fails as expected; nothing has the final name, and a part is left only if it can be continued.
fn check_refused(url: String, expected: &str, left: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let sentence = format!("cannot get `iris.data` of iris-uci: {url}: {expected}");
    let error = run(&entry(vec![url]), dir.path()).unwrap_err();
    assert_eq!(error.to_string(), sentence);
    assert_eq!(names_in(dir.path()), left, "{expected}");
}

#[test]
fn a_right_file_gets_its_name_and_is_fetched_once() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("made").join("for it");
    let mut seen = Vec::new();
    let hear = |event: Event<'_>| {
        if let Event::Progress(Progress { bytes, total, .. }) = event {
            seen.push((bytes, total));
        }
    };
    let fetched = fetch_by(&agent(), &entry(vec![good()]), &dir, &PATIENCE, hear).unwrap();
    let path = dir.join("iris.data");
    assert_eq!(fetched, [Fetched::New(path.clone())]);
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(names_in(&dir), ["iris.data"]);
    let n = CONTENT.len() as u64;
    assert_eq!((seen[0], *seen.last().unwrap()), ((0, n), (n, n)));

    let unreachable = entry(vec![nobody()]);
    let again = fetch_by(&agent(), &unreachable, &dir, &PATIENCE, |_| panic!("nothing is to be fetched")).unwrap();
    assert_eq!(again, [Fetched::AlreadyThere(path)]);
}

#[test]
fn a_length_need_not_be_announced() {
    let dir = tempfile::tempdir().unwrap();
    let set = entry(vec![says(answer("200 OK", "", CONTENT))]);
    assert!(matches!(&run(&set, dir.path()).unwrap()[..], [Fetched::New(_)]));
}

#[test]
fn the_next_address_is_tried_and_a_wrong_file_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("iris.data"), "an error page").unwrap();
    let mut refused = Vec::new();
    let hear = |event: Event<'_>| {
        if let Event::Refused { error, .. } = event {
            refused.push(error.to_string());
        }
    };
    let set = entry(vec![says(answer("404 Not Found", "", b"no")), says(whole(&CONTENT[..9])), good()]);
    fetch_by(&agent(), &set, dir.path(), &PATIENCE, hear).unwrap();
    assert_eq!(fs::read(dir.path().join("iris.data")).unwrap(), CONTENT);
    assert_eq!(names_in(dir.path()), ["iris.data"]);
    assert_eq!(
        refused,
        ["the server does not have it (status 404)", "wrong length: expected 28 bytes, 9 are announced"]
    );
}

#[test]
fn wrong_answers_are_refused() {
    let mut wrong = CONTENT.to_vec();
    wrong[0] ^= 1;
    let (right_sha256, wrong_sha256) = (sha256(CONTENT), sha256(&wrong));
    let content = format!("wrong content: expected sha-256 {right_sha256}, got {wrong_sha256}");
    check_refused(says(whole(&wrong)), &content, &[]);

    let long = [CONTENT, CONTENT].concat();
    check_refused(says(whole(&long)), "wrong length: expected 28 bytes, 56 are announced", &[]);
    check_refused(says(answer("200 OK", "", &long)), "too long: expected 28 bytes, got more", &[]);
    let announced = answer("200 OK", "Content-Length: 1099511627776\r\n", &long);
    check_refused(says(announced), "wrong length: expected 28 bytes, 1099511627776 are announced", &[]);
    check_refused(says(whole(b"")), "wrong length: expected 28 bytes, 0 are announced", &[]);

    let page = b"\n<!DOCTYPE html>\n<html><body>Log in to the network of this hotel</body></html>";
    let html = "Content-Type: text/html\r\n";
    let came = "a web page came instead of the file";
    check_refused(says(answer("200 OK", html, page)), came, &[]);
    check_refused(says(answer("200 OK", &format!("{html}Content-Length: {}\r\n", page.len()), page)), came, &[]);
    check_refused(says(answer("200 OK", "Content-Length: 28\r\n", &page[..28])), came, &[]);

    check_refused(says(answer("404 Not Found", "", b"no")), "the server does not have it (status 404)", &[]);
    check_refused(says(answer("500 Oh", "", CONTENT)), "the server refuses (status 500)", &[]);
    let empty = "the server answers with status 204 instead of the file";
    check_refused(says(answer("204 No Content", "", b"")), empty, &[]);
    check_refused(says(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), "protocol: http parse fail: invalid HTTP version", &[]);
}

/// What is cut off is kept aside, to be continued.
#[test]
fn cut_off_answers_leave_a_part() {
    let part = &["iris.data.part"];
    let cut = answer("200 OK", "Content-Length: 28\r\n", &CONTENT[..9]);
    check_refused(says(cut), "truncated: expected 28 bytes, got 9", part);
    check_refused(says(answer("200 OK", "", &CONTENT[..9])), "truncated: expected 28 bytes, got 9", part);
}

#[test]
fn redirects_end() {
    let url = server(|_, stream| stream.write_all(&answer("302 Found", "Location: /file\r\n", b"")));
    check_refused(url, "it leads from address to address and never to the file", &[]);
    let good = good();
    let moved = server(move |_, stream| stream.write_all(&answer("301 Moved", &format!("Location: {good}\r\n"), b"")));
    let dir = tempfile::tempdir().unwrap();
    run(&entry(vec![moved]), dir.path()).unwrap();
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

/// The server sends until the client hangs up: if it did not, this test would not end.
#[test]
fn an_endless_body_is_not_read_to_its_end() {
    let (ended, hung_up) = mpsc::channel();
    let url = server(move |_, stream| {
        stream.write_all(&answer("200 OK", "", b""))?;
        while stream.write_all(&[b'7'; 4096]).is_ok() {}
        ended.send(()).map_err(io::Error::other)
    });
    check_refused(url, "too long: expected 28 bytes, got more", &[]);
    hung_up.recv().unwrap();
}

/// A server that says a little and then waits for the client to lose its patience.
fn says_and_waits(answer: Vec<u8>) -> String {
    server(move |_, stream| {
        stream.write_all(&answer)?;
        stream.read(&mut [0; 1]).map(drop)
    })
}

#[test]
fn silence_ends() {
    check_refused(says_and_waits(b"HTTP/1.1 200".to_vec()), "nothing came for 0 s", &[]);
    let begun = answer("200 OK", "Content-Length: 28\r\n", &CONTENT[..9]);
    check_refused(says_and_waits(begun), "nothing came for 0 s", &["iris.data.part"]);
}

/// One byte after another never lets a read time out; too few in a span do. Here the span is over at once.
#[test]
fn a_slow_drip_ends() {
    let dir = tempfile::tempdir().unwrap();
    let url = says_and_waits(answer("200 OK", "", &CONTENT[..1]));
    let hurried = Patience { span: Duration::ZERO, bytes: 2, ..PATIENCE };
    let error = fetch_by(&agent(), &entry(vec![url.clone()]), dir.path(), &hurried, |_| ()).unwrap_err();
    let expected = format!("cannot get `iris.data` of iris-uci: {url}: too slow: 1 bytes in 0 s");
    assert_eq!(error.to_string(), expected);
    assert_eq!(names_in(dir.path()), ["iris.data.part"]);
}

#[test]
fn all_addresses_are_in_the_message() {
    let dir = tempfile::tempdir().unwrap();
    let urls = vec![says(answer("404 No", "", b"")), says(answer("503 Later", "", b""))];
    let error = run(&entry(urls.clone()), dir.path()).unwrap_err();
    let (no, later) = ("the server does not have it (status 404)", "the server refuses (status 503)");
    let expected = format!("{}: {no}; {}: {later}", urls[0], urls[1]);
    assert_eq!(error.to_string(), format!("cannot get `iris.data` of iris-uci: {expected}"));
}

#[test]
fn a_failed_download_leaves_an_older_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("iris.data");
    fs::write(&path, "older").unwrap();
    assert!(run(&entry(vec![nobody()]), dir.path()).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "older");
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

/// A second process waits for the first, and finds the file that the first one brought.
#[test]
fn two_processes_do_not_meet() {
    let dir = tempfile::tempdir().unwrap();
    let (waits, waiting) = mpsc::channel();
    let path: PathBuf = dir.path().into();
    let first = Store::open(&entry(vec![good()]), &path, &mut |_| panic!("nobody is there")).map(drop);
    first.unwrap();
    let lock = File::options().write(true).open(path.join(".bp-lock")).unwrap();
    lock.lock().unwrap();
    let second = thread::spawn(move || {
        let hear = |event: Event<'_>| {
            if let Event::Waiting { .. } = event {
                waits.send(()).unwrap();
            }
        };
        fetch_by(&agent(), &entry(vec![nobody()]), &path, &PATIENCE, hear)
    });
    waiting.recv().unwrap();
    fs::write(dir.path().join("iris.data"), CONTENT).unwrap();
    lock.unlock().unwrap();
    assert_eq!(second.join().unwrap().unwrap(), [Fetched::AlreadyThere(dir.path().join("iris.data"))]);
}

#[test]
fn a_folder_that_is_a_file_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = run(&entry(vec![nobody()]), file.path()).unwrap_err();
    assert!(matches!(error, FetchError::Io { path, .. } if path == file.path()));
}

#[cfg(unix)]
#[test]
fn a_fetched_file_has_ordinary_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    run(&entry(vec![good()]), dir.path()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&dir.path().join("iris.data")), mode(&plain));
}
