//! A folder of its own for every test, and `bp` run in it.
#![allow(dead_code)] // no test file uses all of it

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with files, in which `bp` runs.
pub(crate) struct Bench {
    folder: TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self { folder: tempfile::tempdir().expect("a folder") };
        files.iter().for_each(|(name, text)| bench.write(name, text.as_bytes()));
        bench
    }

    /// Where something in the folder is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file in the folder")).expect("a folder in it");
        fs::write(path, bytes).expect("a file in it");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect(name)
    }

    /// Names of everything in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("an entry").file_name().into_string().expect("a name of ours")).collect();
        names.sort();
        names
    }

    /// Runs `bp` with words separated by spaces; `'` quotes a word that holds some.
    pub(crate) fn run(&self, words: &str) -> Ran {
        self.run_with(words, &[])
    }

    /// The same with environment variables set, or removed where the value is empty.
    pub(crate) fn run_with(&self, words: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(words);
        for (name, value) in variables {
            match value.is_empty() {
                true => command.env_remove(name),
                false => command.env(name, value),
            };
        }
        let Output { status, stdout, stderr } = command.output().expect("a program that starts");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ran { code: status.code().expect("an exit code"), stdout: text(stdout), stderr: text(stderr) }
    }

    /// The same, not yet started.
    pub(crate) fn command(&self, words: &str) -> Command {
        let args = words.split('\'').enumerate().flat_map(|(i, part)| match i % 2 {
            0 => part.split_whitespace().collect::<Vec<_>>(),
            _ => vec![part],
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_bp"));
        // A cache folder of the machine's user must not be found.
        command.args(args).current_dir(self.folder.path()).env("BP_DATA_DIR", self.folder.path().join("cache"));
        command
    }

    /// Runs what must succeed and returns its standard output.
    pub(crate) fn ok(&self, words: &str) -> String {
        let Ran { code, stdout, stderr } = self.run(words);
        assert_eq!(code, 0, "bp {words}\n{stderr}");
        stdout
    }
}
