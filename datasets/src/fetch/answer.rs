//! What a server sends, read with suspicion.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use ureq::http::HeaderMap;

use super::{Fetch, Patience, client};
use crate::fetched::{AttemptError, Event, Progress};
use crate::manifest::Incoming;
use crate::store::{Stop, at};

/// Asks one address for what a part lacks and appends it.
pub(super) fn receive(
    fetch: &Fetch<'_>,
    url: &str,
    part: &Path,
    had: u64,
    hear: &mut impl FnMut(Event<'_>),
) -> Result<(), Stop> {
    let wanted = fetch.file.incoming();
    let mut request = fetch.agent.get(url);
    if had > 0 {
        request = request.header("Range", format!("bytes={had}-"));
        if let Some(tag) = tag_of(part, url) {
            request = request.header("If-Range", tag);
        }
    }
    let answer = request.call().map_err(|error| refused(error, had, fetch.patience))?;
    let status = answer.status().as_u16();
    // A server may answer with the whole file where a part was asked for, but not the other way round.
    let had = match status {
        206 => check_range(answer.headers(), had, wanted.bytes).map(|()| had)?,
        200 => 0,
        _ => {
            let message = format!("the server answers with status {status} instead of the file");
            return Err(Stop::Attempt(AttemptError::Http { message }));
        }
    };
    check_length(answer.headers(), had, wanted)?;

    let disk = |error| Stop::Disk(at(part)(error));
    let mut to = fetch.open(part, had).map_err(disk)?;
    if had == 0 {
        note_tag(part, url, answer.headers()).map_err(disk)?;
    }
    let body = answer.into_body().into_reader();
    let copied = copy(body, &mut to, had, wanted, fetch.patience, hear);
    match copied {
        Err(Broken::Disk(error)) => Err(disk(error)),
        // What came so far may be right: the next attempt goes on there, and the checksum has the last word.
        Err(Broken::Attempt(error)) => {
            if matches!(error, AttemptError::WebPage | AttemptError::TooLong { .. }) {
                fetch.forget(part);
            }
            Err(Stop::Attempt(error))
        }
        Ok(()) => Ok(()),
    }
}

enum Broken {
    Attempt(AttemptError),
    Disk(io::Error),
}

fn copy(
    body: impl Read,
    to: &mut File,
    had: u64,
    wanted: Incoming<'_>,
    patience: &Patience,
    hear: &mut impl FnMut(Event<'_>),
) -> Result<(), Broken> {
    let total = wanted.bytes;
    let mut body = body.take((total - had).saturating_add(1));
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = had;
    let mut pace = Pace { since: Instant::now(), bytes: 0 };
    loop {
        hear(Event::Progress(Progress { file: wanted.name, bytes, total }));
        let n = match body.read(&mut buffer) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if is_early_end(&error) => 0,
            Err(error) => return Err(Broken::Attempt(client::of_io(error, patience))),
        };
        if bytes == 0 && is_web_page(&buffer[..n]) {
            return Err(Broken::Attempt(AttemptError::WebPage));
        }
        bytes += n as u64;
        match n {
            0 if bytes < total && wanted.sha256.is_some() => {
                return Err(Broken::Attempt(AttemptError::Truncated { expected: total, got: bytes }));
            }
            0 => return Ok(()),
            _ if bytes > total => return Err(Broken::Attempt(AttemptError::TooLong { expected: total })),
            _ => to.write_all(&buffer[..n]).map_err(Broken::Disk)?,
        }
        if bytes < total {
            pace.check(n as u64, Instant::now(), patience).map_err(Broken::Attempt)?;
        }
    }
}

/// How fast bytes come.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn check(&mut self, n: u64, now: Instant, patience: &Patience) -> Result<(), AttemptError> {
        self.bytes += n;
        let time = now.saturating_duration_since(self.since);
        if time < patience.span {
            return Ok(());
        }
        if self.bytes < patience.bytes {
            return Err(AttemptError::Slow { bytes: self.bytes, seconds: time.as_secs() });
        }
        *self = Self { since: now, bytes: 0 };
        Ok(())
    }
}

/// An error before any answer; 416 says that there is nothing behind what we have.
fn refused(error: ureq::Error, had: u64, patience: &Patience) -> Stop {
    Stop::Attempt(match error {
        ureq::Error::StatusCode(416) if had > 0 => AttemptError::Range { asked: had, got: "status 416".into() },
        error => client::in_words(error, patience),
    })
}

/// Whether a partial answer is exactly what is missing: `bytes had-last/total`.
fn check_range(headers: &HeaderMap, had: u64, total: u64) -> Result<(), Stop> {
    let range = text(headers, "content-range").unwrap_or("nothing in particular");
    let parse = || {
        let (range, of) = range.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let right = first.trim().parse() == Ok(had) && last.trim().parse::<u64>().is_ok_and(|last| last + 1 == total);
        (right && (of == "*" || of.parse() == Ok(total))).then_some(())
    };
    match parse() {
        Some(()) if had > 0 => Ok(()),
        _ => Err(Stop::Attempt(AttemptError::Range { asked: had, got: range.into() })),
    }
}

fn check_length(headers: &HeaderMap, had: u64, wanted: Incoming<'_>) -> Result<(), Stop> {
    let Some(announced) = text(headers, "content-length").and_then(|length| length.parse::<u64>().ok()) else {
        return Ok(());
    };
    let expected = wanted.bytes - had;
    Err(Stop::Attempt(match wanted.sha256 {
        Some(_) if announced == expected => return Ok(()),
        None if announced <= expected => return Ok(()),
        _ if text(headers, "content-type").is_some_and(|kind| kind.starts_with("text/html")) => AttemptError::WebPage,
        Some(_) => AttemptError::Length { expected, announced },
        None => AttemptError::TooLong { expected },
    }))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether this is how HTML begins, which no file of data does.
fn is_web_page(start: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&start[..start.len().min(200)]).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    ["<!doctype html", "<html", "<head", "<?xml"].iter().any(|tag| start.starts_with(tag))
}

fn is_early_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

/// Where it is noted which version of a file a part is of: the address, then a strong entity tag.
pub(super) fn tag_path(part: &Path) -> PathBuf {
    part.with_added_extension("tag")
}

fn note_tag(part: &Path, url: &str, headers: &HeaderMap) -> io::Result<()> {
    match text(headers, "etag").filter(|tag| tag.starts_with('"')) {
        Some(tag) => fs::write(tag_path(part), format!("{url}\n{tag}\n")),
        None => match fs::remove_file(tag_path(part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

fn tag_of(part: &Path, url: &str) -> Option<String> {
    let note = fs::read_to_string(tag_path(part)).ok()?;
    let (from, tag) = note.trim_end().split_once('\n')?;
    (from == url).then(|| tag.to_owned())
}
