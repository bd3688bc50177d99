//! [`Bar`]: what a user sees while files come, a bar on a terminal and a line per file elsewhere.

use std::io::IsTerminal;

use bp_datasets::{Event, Progress};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::output::note;

/// Follows the files of one data set.
pub(super) struct Bar {
    show: Show,
    file: String,
    /// What was wrong with addresses before the right one; if none is right, the error says it.
    refused: Vec<String>,
}

enum Show {
    Nothing,
    Lines,
    Bar(ProgressBar),
}

impl Bar {
    pub(super) fn new(quiet: bool) -> Self {
        let show = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Show::Nothing,
            (false, false) => Show::Lines,
            (false, true) => Show::Bar(bar()),
        };
        Self { show, file: String::new(), refused: Vec::new() }
    }

    pub(super) fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Progress(progress) => self.progress(progress),
            Event::Waiting { dir } => self.say(&format!("waiting for another bp that is at work in {}", dir.display())),
            Event::Refused { url, error } => self.refused.push(format!("note: {url}: {error}")),
            _ => {}
        }
    }

    pub(super) fn finish(self, is_well: bool) {
        match self.show {
            Show::Nothing => return,
            Show::Bar(bar) => bar.finish_and_clear(),
            Show::Lines => {}
        }
        if is_well {
            self.refused.iter().for_each(|text| note(text));
        }
    }

    fn progress(&mut self, &Progress { file, bytes, total }: &Progress<'_>) {
        let is_new = self.file != file;
        if is_new {
            file.clone_into(&mut self.file);
        }
        match &self.show {
            Show::Bar(bar) => {
                if is_new {
                    bar.reset();
                    bar.set_message(file.to_owned());
                }
                bar.set_length(total);
                bar.set_position(bytes);
            }
            Show::Lines if is_new => note(&format!("{file}: {}", HumanBytes(total))),
            _ => {}
        }
    }

    fn say(&self, text: &str) {
        match &self.show {
            Show::Nothing => {}
            Show::Lines => note(text),
            Show::Bar(bar) => bar.suspend(|| note(text)),
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:20} {bytes}/{total_bytes} {bytes_per_sec} {eta} left");
    ProgressBar::new(0).with_style(style.expect("the template is right"))
}
