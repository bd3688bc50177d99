//! `bp completions` and `bp man`: what a shell and `man` want to know, from the same source as `bp help`.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::failure::Failure;
use crate::output::{note, print};

/// Prints the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bp", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Writes the manual pages.
pub(crate) fn man(args: &ManArgs, quiet: bool) -> Result<(), Failure> {
    let failed = |error| Failure::Write { path: args.dir.clone(), error };
    std::fs::create_dir_all(&args.dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(failed)?;
    if !quiet {
        note(&format!("manual pages in {}", args.dir.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command can be explained and completed; clap checks that names and flags do not clash.
    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
