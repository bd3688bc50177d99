//! Downloads from a server on the loopback interface.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;

const CONTENT: &[u8] = b"5.1,3.5,1.4,0.2,Iris-setosa\n";

/// A server that gives each connection the same answer; its thread ends with the test program.
fn server(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up early, at the first byte too many, is not the server's concern.
            let _ = serve(stream, &answer);
        }
    });
    url
}

fn serve(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut line = String::new();
    let mut request = BufReader::new(stream.try_clone()?);
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    stream.write_all(answer)
}

fn answer(status: &str, length: Option<usize>, body: &[u8]) -> Vec<u8> {
    let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
    let mut answer = format!("HTTP/1.1 {status}\r\n{length}Connection: close\r\n\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn good() -> String {
    server(answer("200 OK", Some(CONTENT.len()), CONTENT))
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/file", listener.local_addr().unwrap())
}

fn entry(urls: Vec<String>) -> ManifestFile {
    let (bytes, sha256) = digest(CONTENT).unwrap();
    ManifestFile { name: "iris.data".into(), bytes, sha256, urls }
}

/// An agent that no proxy variable leads away from the loopback interface.
fn agent() -> Agent {
    Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(20))).build().new_agent()
}

fn names_in(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Every address fails as expected, and nothing is left behind.
fn check_refused(answer: Vec<u8>, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = entry(vec![server(answer)]);
    let error = fetch_by(&agent(), &file, dir.path(), |_| ()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot download `iris.data`: {}: {expected}", file.urls[0]));
    assert_eq!(names_in(dir.path()), [""; 0]);
}

#[test]
fn a_right_file_gets_its_name_and_is_fetched_once() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("made").join("for it");
    let mut seen = Vec::new();
    let file = entry(vec![good()]);
    let fetched = fetch_by(&agent(), &file, &dir, |progress| seen.push((progress.bytes, progress.total))).unwrap();
    let path = dir.join("iris.data");
    assert_eq!(fetched, Fetched::New(path.clone()));
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(names_in(&dir), ["iris.data"]);
    let n = CONTENT.len() as u64;
    assert_eq!((seen[0], *seen.last().unwrap()), ((0, n), (n, n)));

    let unreachable = entry(vec![nobody()]);
    let again = fetch_by(&agent(), &unreachable, &dir, |_| panic!("nothing is to be fetched")).unwrap();
    assert_eq!(again, Fetched::AlreadyThere(path));
}

#[test]
fn a_length_need_not_be_announced() {
    let dir = tempfile::tempdir().unwrap();
    let file = entry(vec![server(answer("200 OK", None, CONTENT))]);
    assert!(matches!(fetch_by(&agent(), &file, dir.path(), |_| ()), Ok(Fetched::New(_))));
}

#[test]
fn the_next_address_is_tried_and_a_wrong_file_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("iris.data"), "an error page").unwrap();
    let missing = server(answer("404 Not Found", Some(2), b"no"));
    let file = entry(vec![nobody(), missing, good()]);
    fetch_by(&agent(), &file, dir.path(), |_| ()).unwrap();
    assert_eq!(fs::read(dir.path().join("iris.data")).unwrap(), CONTENT);
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

#[test]
fn wrong_answers_are_refused_and_leave_nothing() {
    let n = CONTENT.len();
    let mut wrong = CONTENT.to_vec();
    wrong[0] ^= 1;
    let (_, wrong_sha256) = digest(&wrong[..]).unwrap();
    let right_sha256 = entry(Vec::new()).sha256;
    check_refused(
        answer("200 OK", Some(n), &wrong),
        &format!("wrong content: expected sha-256 {right_sha256}, got {wrong_sha256}"),
    );

    let long = [CONTENT, CONTENT].concat();
    check_refused(answer("200 OK", Some(2 * n), &long), "too long: expected 28 bytes, got more");
    check_refused(answer("200 OK", None, &long), "too long: expected 28 bytes, got more");
    // One announced length, another body.
    check_refused(answer("200 OK", Some(1 << 40), &long), "too long: expected 28 bytes, got more");

    let short = &CONTENT[..9];
    check_refused(answer("200 OK", Some(n), short), "truncated: expected 28 bytes, got 9");
    check_refused(answer("200 OK", None, short), "truncated: expected 28 bytes, got 9");
    check_refused(answer("200 OK", Some(9), short), "truncated: expected 28 bytes, got 9");
    check_refused(answer("200 OK", Some(0), b""), "truncated: expected 28 bytes, got 0");

    check_refused(answer("404 Not Found", Some(9), b"not found"), "http status: 404");
    check_refused(answer("500 Oh", Some(n), CONTENT), "http status: 500");
}

#[test]
fn all_addresses_are_in_the_message() {
    let dir = tempfile::tempdir().unwrap();
    let urls = vec![server(answer("404 No", None, b"")), server(answer("503 Later", None, b""))];
    let error = fetch_by(&agent(), &entry(urls.clone()), dir.path(), |_| ()).unwrap_err();
    let expected = format!("{}: http status: 404; {}: http status: 503", urls[0], urls[1]);
    assert_eq!(error.to_string(), format!("cannot download `iris.data`: {expected}"));
}

#[test]
fn a_failed_download_leaves_an_older_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("iris.data");
    fs::write(&path, "older").unwrap();
    assert!(fetch_by(&agent(), &entry(vec![nobody()]), dir.path(), |_| ()).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "older");
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

#[test]
fn a_folder_that_is_a_file_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = fetch_by(&agent(), &entry(vec![nobody()]), file.path(), |_| ()).unwrap_err();
    assert!(matches!(error, FetchError::Io { path, .. } if path == file.path()));
}

#[cfg(unix)]
#[test]
fn a_fetched_file_has_ordinary_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    fetch_by(&agent(), &entry(vec![good()]), dir.path(), |_| ()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&dir.path().join("iris.data")), mode(&plain));
}
