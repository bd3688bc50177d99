//! `cargo xtask scorecard`: every accuracy figure that the README claims, made again and put into its table.
//!
//! What a run measured is kept in docs/scorecard.json, split by split; the README's table is made from that file alone,
//! so that parts can be run one at a time.

mod card;
mod images;
mod page;
mod peers;
mod program;
mod uci;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use card::Card;

/// Measures accuracy and rewrites the table in README.md.
///
/// Without --only it does what the given options allow: scikit-learn's scores need --python, the UCI sets and the
/// images need --data-dir. What is not run keeps its figures and their date.
#[derive(Args)]
pub(crate) struct Options {
    /// Parts to run; all that can be if none is named.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Part>,
    /// Folder with mnist, fashion-mnist and the UCI tables, in folders of any name.
    #[arg(long, value_name = "DIR", env = "BP_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// A Python with scikit-learn, to make the other side's scores again.
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Seeds of the image networks.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Put nothing into README.md.
    #[arg(long)]
    dry: bool,
}

/// A part of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// `bp train` beside scikit-learn's MLP, both with their defaults: five sets, 20 splits
    Peers,
    /// Five UCI regressions, 20 splits, one hidden layer of 50
    Uci,
    /// MNIST 784-800-10
    Mnist800,
    /// MNIST 784-300-100-10
    Mnist300,
    /// Fashion-MNIST
    Fashion,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut card = Card::open()?;
    let wants = |part: Part| match options.only.is_empty() {
        true => part == Part::Peers || options.data_dir.is_some(),
        false => options.only.contains(&part),
    };
    if wants(Part::Peers) {
        peers::run(&mut card, options.python.as_deref())?;
        card.save()?;
    }
    if wants(Part::Uci) {
        uci::run(&mut card, options.data_dir.as_deref())?;
        card.save()?;
    }
    for (part, job) in images::jobs() {
        if wants(part) {
            images::run(&mut card, &job, options.data_dir.as_deref(), options.seeds)?;
            card.save()?;
        }
    }
    let table = page::table(&card);
    println!("{table}");
    if options.dry { Ok(()) } else { page::put_into_readme(&table) }
}
