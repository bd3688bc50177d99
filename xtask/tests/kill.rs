//! A slice of `cargo xtask kill`: counted, not timed.

use std::process::Command;

#[test]
fn killed_twenty_times() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.args(["kill", "--kills", "20", "--seconds", "86400"]).output().expect("a program that starts");
    let [said, complained] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.contains("\n20 kills over "), "{said}");
    println!("{said}");
}
