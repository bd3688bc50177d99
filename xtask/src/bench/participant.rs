//! [`find`]: who takes part in `bench --peers`, and [`Child`], a participant that runs.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{self, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Options;
use crate::tidy;

/// How to start a participant.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) threads: usize,
    /// In double precision: only bp's own rows.
    pub(super) double: bool,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Spec {
    fn new(name: &str, threads: usize, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let threads_word = threads.to_string();
        let arguments = arguments.iter().chain([&threads_word.as_str()]).map(|word| (*word).to_owned()).collect();
        Self { name: name.into(), threads, double: false, program: program.into(), arguments }
    }
}

/// A running participant; it ends with its standard input.
pub(super) struct Child {
    pub(super) spec: Spec,
    /// Name and version as it says them.
    pub(super) about: String,
    process: process::Child,
    answers: BufReader<process::ChildStdout>,
}

impl Child {
    /// Starts the process; [`hello`](Self::hello) waits until it is ready, so that many can make ready together.
    pub(super) fn start(spec: &Spec) -> Result<Self> {
        let mut command = Command::new(&spec.program);
        command.args(&spec.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for variable in ["OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, spec.threads.to_string());
        }
        let mut process = command.spawn().with_context(|| format!("cannot start {}", spec.program.display()))?;
        let answers = BufReader::new(process.stdout.take().context("a child without standard output")?);
        Ok(Self { spec: spec.clone(), about: String::new(), process, answers })
    }

    /// Asks for name and version.
    pub(super) fn hello(mut self) -> Result<Self> {
        self.about = self.ask("about")?;
        Ok(self)
    }

    /// Sends a line and waits for the answer.
    pub(super) fn ask(&mut self, request: &str) -> Result<String> {
        let input = self.process.stdin.as_mut().context("a child without standard input")?;
        writeln!(input, "{request}").with_context(|| format!("{} ended early", self.spec.name))?;
        input.flush()?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            bail!("{} ended after `{request}`", self.spec.name);
        }
        Ok(answer.trim().to_owned())
    }

    /// Microseconds per step.
    pub(super) fn sample(&mut self) -> Result<f64> {
        let answer = self.ask("sample")?;
        answer.parse().with_context(|| format!("{} answered `{answer}` to `sample`", self.spec.name))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It may be in the middle of something long.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Everyone who can be started on this machine, and what to do about everyone else.
pub(super) fn find(options: &Options) -> Result<(Vec<Spec>, Vec<String>)> {
    let wanted = |name: &str| options.who.is_empty() || options.who.iter().any(|who| name.starts_with(who.as_str()));
    let (mut specs, mut missing) = (vec![], vec![]);
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    for part in ["limit-products", "limit-elementwise"] {
        specs.push(Spec::new(part, 1, &own, &["bench-child", part]));
    }
    for (backend, double) in [("faer", false), ("faer", true), ("ndarray", false)] {
        let name = format!("bp-{backend}");
        for threads in [1, 2].into_iter().filter(|_| wanted(&name)) {
            specs.push(Spec { double, ..Spec::new(&name, threads, &own, &["bench-child", backend]) });
        }
    }
    let peers = tidy::root().join("benches/peers");
    let rust = [
        ("candle", "candle", ""),
        ("burn-flex", "burn", "flex"),
        ("burn-ndarray", "burn", "ndarray"),
        ("dfdx", "dfdx", ""),
    ];
    // Together they share what they depend on; one by one only to find out which of them does not build.
    let together =
        rust.iter().any(|(name, ..)| wanted(name)) && build_rust(&["candle", "burn", "dfdx"], options.burn_cpu).is_ok();
    for (name, package, argument) in rust.into_iter().filter(|(name, ..)| wanted(name)) {
        let built = if together {
            Ok(program(package))
        } else {
            build_rust(&[package], options.burn_cpu).map(|()| program(package))
        };
        match built {
            Ok(program) if argument.is_empty() => specs.extend([1, 2].map(|n| Spec::new(name, n, &program, &[]))),
            Ok(program) => specs.extend([1, 2].map(|n| Spec::new(name, n, &program, &[argument]))),
            Err(error) => missing.push(format!("{name}: {error:#}")),
        }
    }
    if wanted("burn-cpu") && options.burn_cpu {
        specs.extend([1, 2].map(|n| Spec::new("burn-cpu", n, program("burn"), &["cpu"])));
    } else if wanted("burn-cpu") {
        missing
            .push("burn-cpu: its build script downloads LLVM; run again with --burn-cpu where that is allowed".into());
    }
    let script = peers.join("peers.py");
    let script = script.to_string_lossy();
    let known = python(options, &["torch-eager", "torch-compile", "torch-hand", "jax", "sklearn"], &script);
    for (name, here) in known.into_iter().filter(|(name, _)| wanted(name)) {
        match here {
            Ok(()) => specs.extend([1, 2].map(|n| Spec::new(name, n, &options.python, &[&script, name]))),
            Err(why) => missing.push(format!("{name}: {why}")),
        }
    }
    if wanted("fann") {
        match build_fann() {
            // FANN computes on one thread.
            Ok(program) => specs.push(Spec::new("fann", 1, program, &[])),
            Err(error) => missing.push(format!("fann: {error:#}")),
        }
    }
    Ok((specs, missing))
}

/// Where programs of other libraries are built.
pub(super) fn build_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| tidy::root().join("target"), PathBuf::from);
    target.join("peers")
}

/// The program of a package in benches/peers.
fn program(package: &str) -> PathBuf {
    build_folder().join("release").join(format!("peer-{package}{}", std::env::consts::EXE_SUFFIX))
}

fn build_rust(packages: &[&str], burn_cpu: bool) -> Result<()> {
    let (cargo, manifest) = (std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), "benches/peers/Cargo.toml");
    eprintln!("building {} (the first time takes minutes)", packages.join(", "));
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--release", "--locked", "--manifest-path"]);
    command.arg(tidy::root().join(manifest)).arg("--target-dir").arg(build_folder());
    let names: Vec<String> = packages.iter().map(|package| format!("peer-{package}")).collect();
    command.args(names.iter().flat_map(|name| ["--package", name]));
    if packages.contains(&"burn") && burn_cpu {
        command.args(["--features", "peer-burn/cpu"]);
    }
    // Other libraries in Rust choose many of their loops when they are compiled; give them this machine's.
    let status = command.env("RUSTFLAGS", "-C target-cpu=native").status().context("cannot start cargo")?;
    if !status.success() {
        bail!(
            "it does not build here, `cargo build --release -p {} --manifest-path {manifest}` says why",
            names.join(" -p ")
        );
    }
    Ok(())
}

fn build_fann() -> Result<PathBuf> {
    let program = build_folder().join("peer-fann");
    std::fs::create_dir_all(build_folder())?;
    let mut command = Command::new("cc");
    command.args(["-O3", "-march=native"]).arg(tidy::root().join("benches/peers/fann/fann.c"));
    command.args(["-lfloatfann", "-lm", "-o"]).arg(&program).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(program),
        Ok(_) => bail!("its header is not installed; on Debian `apt install libfann-dev`"),
        Err(_) => bail!("there is no C compiler called cc; on Debian `apt install gcc libfann-dev`"),
    }
}

/// Each name, and `Ok` if the chosen Python can import its library.
fn python<'a>(options: &Options, names: &[&'a str], script: &str) -> Vec<(&'a str, Result<(), String>)> {
    let listed = Command::new(&options.python).args([script, "--list"]).stderr(Stdio::null()).output();
    let text =
        listed.ok().filter(|out| out.status.success()).map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let here = |name: &'a str| match &text {
        None => Err(format!("there is no `{}` that runs; name one with --python or BP_PEERS_PYTHON", options.python)),
        Some(text) if text.lines().any(|line| line == name) => Ok(()),
        Some(_) => {
            let package = match name.split('-').next().unwrap_or(name) {
                "sklearn" => "scikit-learn",
                other => other,
            };
            Err(format!("`{} -m pip install {package}`, or name another Python with --python", options.python))
        }
    };
    names.iter().map(|name| (*name, here(name))).collect()
}
