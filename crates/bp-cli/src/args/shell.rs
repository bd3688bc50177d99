//! What `bp completions` and `bp man` can be told.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Print a script that completes commands and options in a shell
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Write manual pages, one per command
#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub(crate) struct ManArgs {
    /// Into this folder, which is made if need be
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

const COMPLETIONS: &str = "\
Examples:
  bp completions bash > ~/.local/share/bash-completion/completions/bp
  bp completions zsh > ~/.zfunc/_bp
  bp completions fish > ~/.config/fish/completions/bp.fish";

const MAN: &str = "\
Examples:
  bp man ~/.local/share/man/man1    then: man bp, man bp-train";
