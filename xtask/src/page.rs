//! `cargo xtask page`: opens a page in headless Chromium, as wide as a phone, and looks at what it does there.
//!
//! The page is served from this program under a policy that forbids every request; the browser reports each one that it
//! had to stop. A frame of 360 pixels around it measures how wide its content is.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Names of browsers, the first that starts is taken.
const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Pixels of a narrow phone.
const WIDTH: usize = 360;
const PATIENCE: Duration = Duration::from_secs(60);
/// Styles and pictures in the page itself are all that it may use.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; report-uri /stopped";

/// Which page.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The page, as `bp train --run` writes it.
    page: PathBuf,
    /// The browser [default: chromium or chrome on the path].
    #[arg(long, env = "CHROMIUM")]
    browser: Option<PathBuf>,
}

/// What the browser asks of this program.
enum Heard {
    /// The width of the content.
    Width(String),
    /// A request that the policy stopped.
    Stopped(String),
    /// A request for something that is not there.
    Missing(String),
}

/// Opens the page and fails with everything that is wrong with it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let page = fs::read_to_string(&options.page).with_context(|| format!("cannot read {}", options.page.display()))?;
    let browser = options.browser.clone().map_or_else(find, Ok)?;
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen on this machine")?;
    let address = listener.local_addr()?;
    let (tell, hear) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tell, page) = (tell.clone(), page.clone());
            // A browser opens connections that it may never use.
            thread::spawn(move || answer(&stream, &page, &tell));
        }
    });
    let profile = tempfile::tempdir().context("cannot make a folder for the browser")?;
    let mut child = Command::new(&browser)
        // No sandbox, which does not start as root: the policy lets the page do nothing.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr"])
        .args(["--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{address}/"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", browser.display()))?;
    let stderr = child.stderr.take().context("no pipe")?;
    let console = thread::spawn(move || {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.filter(|line| line.contains(":CONSOLE")).collect::<Vec<_>>()
    });
    let (mut wrong, mut width) = (vec![], None);
    while width.is_none() {
        match hear.recv_timeout(PATIENCE) {
            Ok(Heard::Width(text)) => width = Some(text),
            Ok(Heard::Stopped(what)) => wrong.push(format!("a request that must not be: {what}")),
            Ok(Heard::Missing(what)) => wrong.push(format!("a request for what is not in the page: {what}")),
            Err(_) => break,
        }
    }
    child.kill().context("cannot end the browser")?;
    child.wait()?;
    wrong.extend(hear.try_iter().filter_map(|heard| match heard {
        Heard::Width(_) => None,
        Heard::Stopped(what) | Heard::Missing(what) => Some(format!("a request: {what}")),
    }));
    wrong.extend(console.join().unwrap_or_default().into_iter().map(|line| format!("on the console: {line}")));
    match width.as_deref().map(str::parse::<usize>) {
        Some(Ok(width)) if (1..=WIDTH).contains(&width) => {}
        Some(width) => wrong.push(format!("the content is {width:?} pixels wide in a window of {WIDTH}")),
        None => wrong.push(format!("{} did not open the page in {} s", browser.display(), PATIENCE.as_secs())),
    }
    if wrong.is_empty() {
        println!("{}: no console message, no request, fits {WIDTH} pixels", options.page.display());
        return Ok(());
    }
    bail!("{}: {}", options.page.display(), wrong.join("\n  "))
}

fn find() -> Result<PathBuf> {
    let starts = |name: &&&str| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    let found = BROWSERS.iter().find(starts).map(PathBuf::from);
    found.with_context(|| {
        format!(
            "no browser was found (looked for {}); get one with `apt-get install chromium` or `npx playwright install \
             --with-deps chromium`, and name it by --browser if it is not on the path",
            BROWSERS.join(", ")
        )
    })
}

/// One request: the frame, the page in it, and what both report.
fn answer(stream: &TcpStream, page: &str, tell: &Sender<Heard>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    if reader.read_line(&mut line).is_err() {
        return;
    }
    for header in reader.by_ref().lines().map_while(Result::ok).take_while(|header| !header.is_empty()) {
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, policy, body) = match path.as_str() {
        "" => return,
        "/" => ("200 OK", "", frame()),
        "/page" => ("200 OK", POLICY, page.to_owned()),
        "/stopped" => {
            let mut what = String::new();
            // What cannot be read is told of all the same.
            let _ = reader.take(length).read_to_string(&mut what);
            let _ = tell.send(Heard::Stopped(what));
            ("204 No Content", "", String::new())
        }
        path => match path.strip_prefix("/width/") {
            Some(width) => {
                let _ = tell.send(Heard::Width(width.into()));
                ("204 No Content", "", String::new())
            }
            None => {
                let _ = tell.send(Heard::Missing(path.into()));
                ("404 Not Found", "", String::new())
            }
        },
    };
    let policy = if policy.is_empty() { String::new() } else { format!("Content-Security-Policy: {policy}\r\n") };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n{policy}Connection: \
         close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    // A browser that has gone away needs no answer.
    let _ = stream.write_all((head + &body).as_bytes());
}

/// Measures when the page has been laid out, and so after all that it asks for at once.
fn frame() -> String {
    format!(
        "<!DOCTYPE html><meta charset=utf-8><link rel=icon href=\"data:,\"><iframe src=/page width={WIDTH} height=800 \
         style=\"border:0\" onload=\"setTimeout(() => fetch('/width/' + \
         this.contentDocument.documentElement.scrollWidth), 500)\"></iframe>"
    )
}
