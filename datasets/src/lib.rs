//! Data sets for bp networks: small real ones that are built in, generators, public ones that are fetched and checked
//! once, and readers for tables and IDX files that say exactly what is wrong with a file and where.
//!
//! ```
//! use bp_datasets::{LoadOptions, load};
//!
//! let iris = load::<f32>("iris", &LoadOptions::default())?;
//! let parts = iris.split(0.2, 7)?;
//! assert_eq!((parts.train.rows(), parts.test.rows()), (120, 30));
//! assert_eq!(parts.train.schema().columns[0].name, "sepal length (cm)");
//! # Ok::<(), bp_datasets::DatasetError>(())
//! ```
//!
//! Every number in a [`Dataset`] is finite, every label has its class, every row is complete: what cannot be made
//! so is an error, never a guess. Nothing is scaled; standardizing belongs to training, which must remember how.
//! Splits and generated data come from `bp_train`'s counter-based generator and are the same on every machine.
//!
//! What this crate is not: a data frame. There are no missing values, dates or joins. It opens no network
//! connection either, unless the feature `download` is on and `fetch_dataset` is called.
//!
//! Where to go next: [`load`] for a name or a file, [`read_csv`] for tables. In the book's notation a [`Dataset`] holds the inputs
//! x_n and targets t_n of examples n; the whole table is on the front page of `bp_core`. The guide says
//! [what to do with columns of different sizes](https://github.com/bp-rs/bp/blob/main/docs/guide/scaling.md).
//!
//! Read `dataset.rs` first, then `table.rs` for tables, `table/blocks.rs` for those larger than memory, `idx.rs` for
//! images, and `load.rs` for the front door.
//! `manifest.rs` says which files make a public set; they get into its folder only through `store.rs`.

mod blocks;
mod cache;
mod dataset;
mod embedded;
mod error;
#[cfg(feature = "download")]
mod fetch;
mod fetched;
pub mod generate;
mod gzip;
mod idx;
mod idx_blocks;
mod images;
mod install;
mod known_tables;
mod load;
mod manifest;
mod nearest;
mod split;
mod store;
mod table;
mod unpack;
mod verify;

pub use cache::cache_dir;
pub use dataset::{Dataset, TargetData};
pub use error::{DataError, DatasetError};
#[cfg(feature = "download")]
pub use fetch::{Patience, fetch_dataset};
pub use fetched::{AttemptError, Event, FetchError, Fetched, Progress};
pub use idx::{Idx, IdxError, MAX_IDX_BYTES, read_idx, read_idx_file};
pub use idx_blocks::IdxBlocks;
pub use images::{images_and_labels, load_image_folder, read_image_files};
pub use install::install_dataset;
pub use load::{LoadOptions, Loaded, Named, load, names};
pub use manifest::{Archive, Manifest, ManifestDataset, ManifestError, ManifestFile, Shape, TableFormat};
pub use nearest::nearest;
pub use split::Split;
pub use table::{
    CsvBlocks, CsvError, CsvOptions, Delimiter, DelimiterError, Inputs, MAX_CATEGORIES, MAX_COLUMNS, MAX_LINE_BYTES,
    MAX_NAME_BYTES, Place, Task, read_csv, read_csv_file, read_inputs, read_inputs_file, read_with_schema,
    read_with_schema_file,
};
pub use verify::{FileCheck, FileStatus, verify};
