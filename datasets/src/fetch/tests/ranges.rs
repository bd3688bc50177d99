//! Parts of an earlier attempt, continued where the server confirms it.

use super::*;

/// A server with the right file that answers to ranges, and tells of each request.
fn with_ranges(tag: &'static str) -> (String, mpsc::Receiver<String>) {
    let (tell, requests) = mpsc::channel();
    let url = server(move |head, stream| {
        tell.send(head.to_owned()).map_err(io::Error::other)?;
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let from = header("range: bytes=").and_then(|range| range.trim_end_matches('-').parse::<usize>().ok());
        let n = CONTENT.len();
        stream.write_all(&match from {
            Some(from) if header("if-range:").is_none_or(|wanted| wanted == tag) => {
                let range = format!("Content-Range: bytes {from}-{}/{n}\r\nETag: {tag}\r\n", n - 1);
                answer("206 Partial Content", &range, &CONTENT[from..])
            }
            _ => answer("200 OK", &format!("Content-Length: {n}\r\nETag: {tag}\r\n"), CONTENT),
        })
    });
    (url, requests)
}

fn check_resumed(part: &[u8], tag: Option<&str>, url: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("iris.data.part"), part).unwrap();
    if let Some(tag) = tag {
        fs::write(dir.path().join("iris.data.part.tag"), format!("{url}\n{tag}\n")).unwrap();
    }
    run(&entry(vec![url.into()]), dir.path()).unwrap();
    assert_eq!(fs::read(dir.path().join("iris.data")).unwrap(), CONTENT);
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

#[test]
fn a_part_is_continued_if_the_server_confirms() {
    let (url, requests) = with_ranges("\"v1\"");
    let asked = |wanted: &str| {
        let head = requests.recv().unwrap();
        assert!(head.contains(wanted), "expected {wanted:?} in {head}");
        head
    };
    check_resumed(&CONTENT[..9], None, &url);
    assert!(!asked("range: bytes=9-\r\n").contains("if-range"));
    check_resumed(&CONTENT[..9], Some("\"v1\""), &url);
    asked("if-range: \"v1\"\r\n");
    // Another version: the server sends all of it.
    check_resumed(b"old stuff", Some("\"v0\""), &url);
    asked("if-range: \"v0\"\r\n");
    // A part that is not of this file: the checksum says so, and it is begun again.
    check_resumed(b"old stuff", None, &url);
    asked("range: bytes=9-\r\n");
    assert!(!asked("get /file").contains("range"));
    // All of it was there, only the last step was missing; or more than all of it.
    check_resumed(CONTENT, None, &url);
    assert!(requests.try_recv().is_err());
    check_resumed(&[CONTENT, b"x"].concat(), None, &url);
    assert!(!asked("get /file").contains("range"));
}

#[test]
fn a_second_address_continues_what_the_first_began() {
    let dir = tempfile::tempdir().unwrap();
    let first = says(answer("200 OK", "ETag: \"a\"\r\nContent-Length: 28\r\n", &CONTENT[..20]));
    let (second, requests) = with_ranges("\"b\"");
    run(&entry(vec![first, second]), dir.path()).unwrap();
    let head = requests.recv().unwrap();
    // The tag is the first server's: the second would not know it.
    assert!(head.contains("range: bytes=20-\r\n") && !head.contains("if-range"), "{head}");
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

#[test]
fn a_wrong_range_is_not_appended() {
    let ranges =
        ["bytes 0-27/28", "bytes 10-27/28", "bytes 9-26/28", "bytes 9-27/29", "bytes */28", "9-27", "bytes 9-x/28"];
    for range in ranges {
        let lies = server(move |head, stream| {
            let partial = answer("206 Partial Content", &format!("Content-Range: {range}\r\n"), &CONTENT[9..]);
            stream.write_all(if head.contains("range: ") { &partial } else { &partial[..0] })
        });
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("iris.data.part"), &CONTENT[..9]).unwrap();
        let error = run(&entry(vec![lies]), dir.path()).unwrap_err();
        // It was asked again, for the whole file, and hung up.
        assert!(matches!(&error, FetchError::Failed { attempts, .. } if attempts.len() == 1), "{error}");
        assert_eq!(names_in(dir.path()), [""; 0], "{range}");
    }
    let unasked = answer("206 Partial Content", "Content-Range: bytes 0-27/28\r\n", CONTENT);
    let expected = "wrong range: asked for the bytes from 0 on, the answer is for `bytes 0-27/28`";
    check_refused(says(unasked), expected, &[]);
    // A server that has nothing behind what we have gives the whole file when it is asked afresh.
    let whole = server(|head, stream| {
        stream.write_all(&if head.contains("range: ") { answer("416 No", "", b"") } else { whole(CONTENT) })
    });
    check_resumed(&CONTENT[..9], None, &whole);
}
